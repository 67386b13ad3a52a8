// What functions of rules compute for a target that is being declared, and the outputs it names.
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/attribute_function.h"
#include "engine/loading/package_builder.h"
#include "engine/loading/select.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Thread;
using starlark::Value;

absl::Status PackageBuilder::ComputeDefaults(Thread& thread, Target& target) {
  const std::vector<Attribute>& attributes = target.rule_class().attributes();
  for (size_t i = 0; i < attributes.size(); ++i) {
    if (attributes[i].computed_default.IsUnset() || target.explicit_[i]) continue;
    auto lookup = [&](std::string_view name) { return target.Attr(name); };
    // With a select among its parameters the default is known only in analysis.
    bool has_select = false;
    for (std::string_view name : FunctionParameters(attributes[i].computed_default)) {
      has_select |= target.Attr(name).As<SelectValue>() != nullptr;
    }
    if (has_select) continue;
    ConversionContext context{.heap = &thread.heap(), .files = inputs_.files, .base = target.rule_class().definition().package};
    COW_ASSIGN_OR_RETURN(target.values_[i],
                         ComputeDefault(thread, attributes[i], target.rule_class().name(), lookup, std::move(context)));
  }
  return absl::OkStatus();
}

absl::Status PackageBuilder::AddOutputs(Thread& thread, Target& target) {
  const RuleClass& rule_class = target.rule_class();
  for (const Attribute& attribute : rule_class.attributes()) {
    if (!IsOutputType(attribute.type)) continue;
    for (const Label& label : LabelsOf(target.Attr(attribute.name))) AddOutput(thread, target, attribute.name, label);
  }
  const RuleClass::Definition& definition = rule_class.definition();
  for (const auto& [key, pattern] : definition.implicit_outputs) {
    COW_RETURN_IF_ERROR(AddTemplateOutput(thread, target, key, pattern));
  }
  if (definition.outputs_function.IsUnset()) return absl::OkStatus();
  auto lookup = [&](std::string_view name) { return target.Attr(name); };
  COW_ASSIGN_OR_RETURN(Value made, CallWithAttributes(thread, definition.outputs_function, lookup));
  const auto* dict = made.As<starlark::Dict>();
  if (dict == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("the 'outputs' function of rule '", rule_class.name(),
                                                   "' returned a value of type '", starlark::TypeName(made),
                                                   "', want 'dict'"));
  }
  for (const auto& entry : *dict) {
    COW_RETURN_IF_ERROR(AddTemplateOutput(thread, target, StringOf(entry.key), StringOf(entry.value)));
  }
  return absl::OkStatus();
}

namespace {

// What %{name} stands for in the pattern of an output.
std::optional<std::string> PlaceholderText(const Target& target, std::string_view name) {
  if (name == "dirname") {
    std::string directory(PathDirname(target.name()));
    return directory.empty() ? directory : directory + "/";
  }
  if (name == "basename") return std::string(PathBasename(target.name()));
  Value value = target.Attr(name);
  if (value.Is(starlark::Kind::kString)) return StringOf(value);
  return std::nullopt;
}

}  // namespace

absl::Status PackageBuilder::AddTemplateOutput(Thread& thread, Target& target, std::string_view key,
                                               std::string_view pattern) {
  std::string name;
  std::string_view rest = pattern;
  for (size_t at = rest.find("%{"); at != std::string_view::npos; at = rest.find("%{")) {
    size_t end = rest.find('}', at);
    if (end == std::string_view::npos) break;
    std::string_view placeholder = rest.substr(at + 2, end - at - 2);
    std::optional<std::string> text = PlaceholderText(target, placeholder);
    if (!text) {
      AddError(thread, absl::StrCat(target.label().ToString(), ": the output pattern '", pattern, "' refers to '",
                                    placeholder, "', which is no attribute with a plain string"));
      return absl::OkStatus();
    }
    absl::StrAppend(&name, rest.substr(0, at), *text);
    rest.remove_prefix(end + 1);
  }
  absl::StrAppend(&name, rest);
  absl::StatusOr<Label> label = Label::Create(inputs_.id, name);
  if (label.ok()) {
    AddOutput(thread, target, std::string(key), *std::move(label));
  } else {
    AddError(thread, absl::StrCat(target.label().ToString(), ": output '", key, "': ", label.status().message()));
  }
  return absl::OkStatus();
}

void PackageBuilder::AddOutput(const Thread& thread, Target& target, std::string key, Label label) {
  const std::string name = label.name();
  if (const Target* existing = Find(name)) {
    AddError(thread, Conflict(absl::StrCat("generated file '", name, "' in rule '", target.name(), "'"), *existing));
    return;
  }
  if (std::string subpackage = SubpackageOf(name); !subpackage.empty()) {
    AddError(thread, absl::StrCat(target.label().ToString(), ": output '", name, "' lies in package '", subpackage, "'"));
    return;
  }
  target.outputs_.push_back({std::move(key), label});
  // A file of the rule's own name is reached through the rule.
  if (name == target.name()) return;
  Target output = NewTarget(thread, Target::Kind::kOutputFile, std::move(label));
  output.generating_rule_ = target.label();
  package_->targets_.emplace(name, std::move(output));
}

}  // namespace cow::loading
