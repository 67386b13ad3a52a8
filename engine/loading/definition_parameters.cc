#include "engine/loading/definition_parameters.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Value;

namespace {

bool IsIdentifier(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (char c : name) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!letter) return false;
  }
  return true;
}

absl::Status Invalid(std::string_view function, std::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat("in call to ", function, "(), ", message));
}

absl::StatusOr<std::vector<Value>> ElementsOf(std::string_view function, std::string_view parameter, Value value) {
  if (value.IsUnset() || value.IsNone()) return std::vector<Value>();
  if (!starlark::IsIterable(value)) {
    return Invalid(function, absl::StrCat("parameter '", parameter, "' got value of type '",
                                          starlark::TypeName(value), "', want 'list'"));
  }
  return starlark::Elements(value);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> StringsParameter(const ParameterPlace& place, std::string_view parameter,
                                                          Value value) {
  std::vector<std::string> strings;
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, ElementsOf(place.function, parameter, value));
  for (Value element : elements) {
    const auto* text = element.As<starlark::String>();
    if (text == nullptr) {
      return Invalid(place.function, absl::StrCat("parameter '", parameter, "' got ", starlark::Repr(element),
                                                  ", want a string"));
    }
    strings.push_back(text->str());
  }
  return strings;
}

absl::StatusOr<Label> LabelParameter(const ParameterPlace& place, std::string_view parameter, Value value) {
  if (const auto* label = value.As<LabelValue>()) return label->label();
  if (const auto* text = value.As<starlark::String>()) return place.files->Parse(text->view(), place.base);
  return Invalid(place.function, absl::StrCat("parameter '", parameter, "' got ", starlark::Repr(value), " (",
                                              starlark::TypeName(value), "), want a label"));
}

absl::StatusOr<std::vector<ToolchainRequirement>> ToolchainsParameter(const ParameterPlace& place, Value value) {
  std::vector<ToolchainRequirement> requirements;
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, ElementsOf(place.function, "toolchains", value));
  for (Value element : elements) {
    if (const auto* given = element.As<ToolchainRequirementValue>()) {
      requirements.push_back(given->requirement());
      continue;
    }
    COW_ASSIGN_OR_RETURN(Label type, LabelParameter(place, "toolchains", element));
    requirements.push_back({.type = std::move(type)});
  }
  return requirements;
}

absl::StatusOr<std::vector<Label>> LabelsParameter(const ParameterPlace& place, std::string_view parameter,
                                                   Value value) {
  std::vector<Label> labels;
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, ElementsOf(place.function, parameter, value));
  for (Value element : elements) {
    COW_ASSIGN_OR_RETURN(Label label, LabelParameter(place, parameter, element));
    labels.push_back(std::move(label));
  }
  return labels;
}

absl::StatusOr<std::vector<std::vector<Value>>> ProvidersParameter(std::string_view function,
                                                                   std::string_view parameter, Value value) {
  std::vector<std::vector<Value>> alternatives;
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, ElementsOf(function, parameter, value));
  bool nested = !elements.empty() && starlark::IsIterable(elements[0]);
  if (!nested && !elements.empty()) alternatives.emplace_back();
  for (Value element : elements) {
    if (nested != starlark::IsIterable(element)) {
      return Invalid(function, absl::StrCat("parameter '", parameter, "' mixes providers and lists of providers"));
    }
    if (nested) {
      COW_ASSIGN_OR_RETURN(std::vector<Value> set, starlark::Elements(element));
      alternatives.push_back(std::move(set));
    } else {
      alternatives[0].push_back(element);
    }
  }
  for (const std::vector<Value>& set : alternatives) {
    for (Value provider : set) {
      bool legacy = provider.Is(starlark::Kind::kString) && function != "aspect";
      if (provider.kind() != starlark::Kind::kHost && !legacy) {
        return Invalid(function, absl::StrCat("parameter '", parameter, "': ", starlark::Repr(provider),
                                              " is not a provider"));
      }
    }
  }
  return alternatives;
}

absl::Status AddDeclaredAttribute(std::string_view name, Value value, std::vector<Attribute>& attributes) {
  if (value.IsNone()) return absl::OkStatus();
  const auto* spec = value.As<AttributeSpec>();
  if (spec == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("attribute '", name, "' is ", starlark::Repr(value), " (",
                                                   starlark::TypeName(value),
                                                   "), want a value of attr.string() or the like"));
  }
  if (!IsIdentifier(name)) {
    return absl::InvalidArgumentError(absl::StrCat("attribute name '", name, "' is not a valid identifier"));
  }
  Attribute attribute = spec->attribute();
  attribute.name = std::string(name);
  if (attribute.is_private() && attribute.mandatory) {
    return absl::InvalidArgumentError(absl::StrCat("private attribute '", name, "' cannot be mandatory"));
  }
  if (attribute.is_private() && IsOutputType(attribute.type)) {
    return absl::InvalidArgumentError(absl::StrCat("private attribute '", name, "' cannot be an output"));
  }
  attributes.push_back(std::move(attribute));
  return absl::OkStatus();
}

}  // namespace cow::loading
