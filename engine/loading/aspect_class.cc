#include "engine/loading/aspect_class.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/definition_parameters.h"
#include "engine/loading/module_context.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Noneable;
using starlark::Thread;
using starlark::Value;

namespace {

constexpr std::array<std::string_view, 5> kUnsupported = {"toolchains_aspects", "propagation_predicate", "exec_groups",
                                                          "subrules", "exec_compatible_with"};

absl::Status RejectUnsupported(const std::vector<starlark::NamedValue>& rest) {
  for (const starlark::NamedValue& given : rest) {
    std::string_view name = given.name->view();
    if (std::find(kUnsupported.begin(), kUnsupported.end(), name) == kUnsupported.end()) {
      return absl::InvalidArgumentError(absl::StrCat("aspect() got unexpected keyword argument: ", name));
    }
    if (!given.value.IsNone() && starlark::Length(given.value) != 0) {
      return absl::InvalidArgumentError(absl::StrCat("aspect(): parameter '", name, "' is not supported"));
    }
  }
  return absl::OkStatus();
}

bool IsParameterType(AttributeType type) {
  return type == AttributeType::kBool || type == AttributeType::kInt || type == AttributeType::kString;
}

absl::Status CheckParameter(const Attribute& attribute) {
  if (!attribute.computed_default.IsUnset()) {
    return absl::InvalidArgumentError(absl::StrCat("aspect attribute '", attribute.name,
                                                   "' has a computed default, which only attributes of rules can have"));
  }
  if (attribute.is_private()) {
    bool has_default = !IsDependencyType(attribute.type) || !attribute.default_value.IsUnset();
    if (has_default) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("aspect attribute '", attribute.name, "' has no default value"));
  }
  if (!IsParameterType(attribute.type)) {
    return absl::InvalidArgumentError(absl::StrCat("aspect parameter attribute '", attribute.name,
                                                   "' must have type 'bool', 'int' or 'string'"));
  }
  if (attribute.values.empty() || attribute.mandatory) return absl::OkStatus();
  for (Value value : attribute.values) {
    if (starlark::Equals(value, attribute.default_value).value_or(false)) return absl::OkStatus();
  }
  // A string with values and no default takes its value from the rule.
  if (attribute.type == AttributeType::kString && starlark::Length(attribute.default_value) == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("aspect parameter attribute '", attribute.name,
                                                 "' has a bad default value: ",
                                                 starlark::Repr(attribute.default_value), " is not among its values"));
}

absl::Status ReadAttributes(starlark::Dict* attrs, std::vector<Attribute>& attributes) {
  if (attrs == nullptr) return absl::OkStatus();
  for (const auto& entry : *attrs) {
    const auto* name = entry.key.As<starlark::String>();
    if (name == nullptr) return absl::InvalidArgumentError("keys of 'attrs' must be strings");
    COW_RETURN_IF_ERROR(AddDeclaredAttribute(name->view(), entry.value, attributes));
  }
  for (const Attribute& attribute : attributes) COW_RETURN_IF_ERROR(CheckParameter(attribute));
  return absl::OkStatus();
}

}  // namespace

std::string AspectClass::DisplayName() const {
  return absl::StrCat(definition_.file.ToString(), "%", definition_.name.empty() ? "<anonymous>" : definition_.name);
}

bool AspectClass::GoesAlong(std::string_view attribute) const {
  return std::any_of(definition_.attr_aspects.begin(), definition_.attr_aspects.end(),
                     [&](const std::string& name) { return name == "*" || name == attribute; });
}

void AspectClass::Export(std::string_view name) {
  if (definition_.name.empty()) definition_.name = std::string(name);
}

void AspectClass::Repr(std::string& out) const { absl::StrAppend(&out, "<aspect ", DisplayName(), ">"); }

absl::StatusOr<std::vector<Value>> AspectsParameter(std::string_view function, std::string_view parameter,
                                                    Value value) {
  std::vector<Value> aspects;
  if (value.IsUnset() || value.IsNone()) return aspects;
  if (!value.Is(starlark::Kind::kList) && !value.Is(starlark::Kind::kTuple)) {
    return absl::InvalidArgumentError(absl::StrCat("in call to ", function, "(), parameter '", parameter,
                                                   "' got value of type '", starlark::TypeName(value),
                                                   "', want 'list'"));
  }
  COW_ASSIGN_OR_RETURN(aspects, starlark::Elements(value));
  for (size_t i = 0; i < aspects.size(); ++i) {
    if (aspects[i].As<AspectClass>() == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("at index ", i, " of ", parameter, ", got element of type '",
                                                     starlark::TypeName(aspects[i]), "', want 'Aspect'"));
    }
    for (size_t j = 0; j < i; ++j) {
      if (!aspects[i].IsSame(aspects[j])) continue;
      return absl::InvalidArgumentError(absl::StrCat("aspect ", aspects[i].As<AspectClass>()->DisplayName(),
                                                     " added more than once"));
    }
  }
  return aspects;
}

absl::StatusOr<Value> MakeAspect(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(ModuleContext * module, RequireModule(thread, "aspect"));
  AspectClass::Definition definition;
  starlark::Callable implementation;
  starlark::Dict* attrs = nullptr;
  Value attr_aspects, required_providers, required_aspect_providers, provides, required_aspects, fragments;
  Value host_fragments, toolchains;
  std::vector<starlark::NamedValue> rest;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {starlark::Required("implementation", &implementation),
             starlark::Optional("attr_aspects", &attr_aspects), KwOptional("attrs", &attrs),
             KwOptional("required_providers", &required_providers),
             KwOptional("required_aspect_providers", &required_aspect_providers), KwOptional("provides", &provides),
             KwOptional("requires", &required_aspects), KwOptional("fragments", &fragments),
             KwOptional("host_fragments", &host_fragments), KwOptional("toolchains", &toolchains),
             Noneable(KwOptional("doc", &definition.doc)),
             KwOptional("apply_to_generating_rules", &definition.apply_to_generating_rules),
             starlark::KwRest(&rest)}));
  COW_RETURN_IF_ERROR(RejectUnsupported(rest));
  if (attr_aspects.As<starlark::Function>() != nullptr) {
    return absl::InvalidArgumentError("aspect(): 'attr_aspects' as a function is not supported; give a list of names");
  }
  definition.implementation = implementation.value;
  definition.location = thread.CallerLocation();
  definition.file = module->label;
  definition.package = module->files->Find(definition.location.file).value_or(module->label.package());
  ParameterPlace place{"aspect", module->files, definition.package};
  COW_ASSIGN_OR_RETURN(definition.attr_aspects, StringsParameter(place, "attr_aspects", attr_aspects));
  COW_RETURN_IF_ERROR(StringsParameter(place, "fragments", fragments).status());
  COW_RETURN_IF_ERROR(ReadAttributes(attrs, definition.attributes));
  COW_ASSIGN_OR_RETURN(definition.required_providers,
                       ProvidersParameter("aspect", "required_providers", required_providers));
  COW_ASSIGN_OR_RETURN(definition.required_aspect_providers,
                       ProvidersParameter("aspect", "required_aspect_providers", required_aspect_providers));
  COW_ASSIGN_OR_RETURN(AspectClass::ProviderSets promised, ProvidersParameter("aspect", "provides", provides));
  if (!promised.empty()) definition.provides = std::move(promised[0]);
  COW_ASSIGN_OR_RETURN(definition.required_aspects, AspectsParameter("aspect", "requires", required_aspects));
  COW_ASSIGN_OR_RETURN(definition.toolchains, ToolchainsParameter(place, toolchains));
  return thread.heap().New<AspectClass>(std::move(definition));
}

}  // namespace cow::loading
