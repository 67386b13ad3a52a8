#include "engine/analysis/action_comparison.h"

#include "engine/analysis/args_expansion.h"
#include "engine/analysis/file_value.h"

namespace cow::analysis {

namespace {

// The arguments as one text; nothing if a map_each fails.
std::optional<std::string> ArgumentText(const ActionRecord& record) {
  ArgsExpander expander([](ArtifactId id) { return id; });
  std::string text;
  auto add = [&](const ArgValue& value) {
    const auto* word = std::get_if<std::string>(&value);
    text +=
        word != nullptr ? "s" + *word : "a" + std::to_string(std::get<ArtifactId>(value).value());
    text += '\0';
  };
  for (const auto& spec : record.arguments) {
    absl::StatusOr<ArgList> list = expander.Expand(*spec);
    if (!list.ok()) return std::nullopt;
    text += list->param_file_flag.value_or("") + '\1';
    for (const ArgItem& item : list->items) {
      if (const auto* value = std::get_if<ArgValue>(&item)) {
        add(*value);
        continue;
      }
      const auto& expansion = *std::get<Boxed<ArgExpansion>>(item);
      text += expansion.flag + '\2' + expansion.format_each.value_or("") + '\2' +
              expansion.before_each.value_or("") + '\2' + expansion.join_with.value_or("") + '\2' +
              expansion.format_joined.value_or("") + '\2' + expansion.terminate_with.value_or("") +
              '\2';
      for (const ArgValue& value : expansion.values.ToList()) add(value);
    }
  }
  return text;
}

std::vector<ArtifactId> InputIds(const ActionRecord& record) {
  std::vector<ArtifactId> ids;
  for (const DepsetElement& element : record.inputs.ToList())
    ids.push_back(element.value.As<FileValue>()->id());
  return ids;
}

}  // namespace

bool SameAction(const ActionRecord& a, const ActionRecord& b) {
  const Action& x = a.action;
  const Action& y = b.action;
  if (x.kind != y.kind || x.mnemonic != y.mnemonic || x.outputs != y.outputs || x.env != y.env ||
      x.execution_requirements != y.execution_requirements || x.exec_properties != y.exec_properties || x.content != y.content ||
      x.executable != y.executable || x.substitutions != y.substitutions || !(x.fetch == y.fetch) ||
      !a.computed_substitutions.empty() || !b.computed_substitutions.empty() ||
      x.timeout_seconds != y.timeout_seconds || x.unused_inputs_list != y.unused_inputs_list ||
      a.host_tree != b.host_tree || x.root_tree != y.root_tree) {
    return false;
  }
  if (InputIds(a) != InputIds(b)) return false;
  std::optional<std::string> text = ArgumentText(a);
  return text && text == ArgumentText(b);
}

}  // namespace cow::analysis
