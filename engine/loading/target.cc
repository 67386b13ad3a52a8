#include "engine/loading/target.h"

#include <algorithm>

#include "engine/loading/label_value.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/sequence_value.h"

namespace cow::loading {

using starlark::Value;

absl::Status Target::Error(std::string_view message) const {
  return DiagnosticError({.location = location_, .message = std::string(message), .source_line = source_line_});
}

Value Target::Attr(std::string_view name) const {
  int index = rule_class_ == nullptr ? -1 : rule_class_->IndexOf(name);
  return index < 0 ? Value() : AttrAt(index);
}

bool Target::IsExplicit(std::string_view name) const {
  int index = rule_class_ == nullptr ? -1 : rule_class_->IndexOf(name);
  return index >= 0 && explicit_[static_cast<size_t>(index)];
}

bool Target::has_tag(std::string_view tag) const { return std::find(tags_.begin(), tags_.end(), tag) != tags_.end(); }

std::string Target::StringAttr(std::string_view name) const { return StringOf(Attr(name)); }

bool Target::BoolAttr(std::string_view name) const { return Attr(name).IsTrue(); }

int64_t Target::IntAttr(std::string_view name) const { return Attr(name).ToInt64().value_or(0); }

std::vector<std::string> Target::StringListAttr(std::string_view name) const { return StringsOf(Attr(name)); }

std::optional<Label> Target::LabelAttr(std::string_view name) const {
  const Label* label = LabelOf(Attr(name));
  return label == nullptr ? std::nullopt : std::optional<Label>(*label);
}

std::vector<Label> Target::LabelListAttr(std::string_view name) const { return LabelsOf(Attr(name)); }

std::vector<std::pair<std::string, std::string>> Target::StringDictAttr(std::string_view name) const {
  std::vector<std::pair<std::string, std::string>> entries;
  if (const auto* dict = Attr(name).As<starlark::Dict>()) {
    for (const auto& entry : *dict) entries.emplace_back(starlark::Str(entry.key), starlark::Str(entry.value));
  }
  return entries;
}

std::string StringOf(Value value) {
  const auto* text = value.As<starlark::String>();
  return text == nullptr ? std::string() : text->str();
}

std::vector<std::string> StringsOf(Value list) {
  std::vector<std::string> strings;
  auto add = [&](Value element) {
    if (element.Is(starlark::Kind::kString)) strings.push_back(StringOf(element));
  };
  if (const auto* elements = list.As<starlark::List>()) std::for_each(elements->begin(), elements->end(), add);
  if (const auto* elements = list.As<starlark::Tuple>()) std::for_each(elements->begin(), elements->end(), add);
  return strings;
}

const Label* LabelOf(Value value) {
  const auto* label = value.As<LabelValue>();
  return label == nullptr ? nullptr : &label->label();
}

std::vector<Label> LabelsOf(Value value) {
  std::vector<Label> labels;
  auto add = [&](Value element) {
    if (const Label* label = LabelOf(element)) labels.push_back(*label);
  };
  add(value);
  auto add_list = [&](Value element) {
    if (const auto* list = element.As<starlark::List>()) std::for_each(list->begin(), list->end(), add);
  };
  add_list(value);
  if (const auto* dict = value.As<starlark::Dict>()) {
    for (const auto& entry : *dict) {
      add(entry.key);
      add(entry.value);
      add_list(entry.value);
    }
  }
  return labels;
}

}  // namespace cow::loading
