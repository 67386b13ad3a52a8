// The builtin macro().
#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/definition_parameters.h"
#include "engine/loading/macro_class.h"
#include "engine/loading/module_context.h"
#include "engine/loading/native_rules.h"
#include "engine/loading/rule_class.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::KwOptional;
using starlark::Noneable;
using starlark::Thread;
using starlark::Value;

namespace {

constexpr std::string_view kReserved[] = {"name", "visibility"};

bool IsReserved(std::string_view name) {
  return std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved);
}

// The attributes of a rule, a macro or "common". What is not mandatory has no default here: None is passed on, and
// the rule puts in its own.
absl::StatusOr<std::vector<Attribute>> InheritedAttributes(Thread& thread, Value source) {
  std::vector<Attribute> from;
  if (const auto* rule = source.As<RuleClass>()) {
    from = rule->attributes();
  } else if (const auto* macro = source.As<MacroClass>()) {
    from = macro->definition().attributes;
  } else if (const auto* text = source.As<starlark::String>(); text != nullptr && text->view() == "common") {
    from = ImplicitAttributes(thread.heap(), false, false);
  } else {
    return absl::InvalidArgumentError(absl::StrCat("macro(): invalid 'inherit_attrs' value ", starlark::Repr(source),
                                                   "; expected a rule, a macro, or \"common\""));
  }
  std::vector<Attribute> inherited;
  for (Attribute& attribute : from) {
    if (attribute.is_private() || IsReserved(attribute.name)) continue;
    attribute.default_value = Value();
    attribute.computed_default = Value();
    attribute.implicit = false;
    inherited.push_back(std::move(attribute));
  }
  return inherited;
}

// Adds one entry of `attrs`; None takes an inherited attribute away.
absl::Status AddAttribute(std::string_view name, Value value, std::vector<Attribute>& attributes) {
  if (IsReserved(name)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot declare a macro attribute named '", name, "'"));
  }
  std::erase_if(attributes, [&](const Attribute& attribute) { return attribute.name == name; });
  const auto* spec = value.As<AttributeSpec>();
  if (spec != nullptr && !spec->attribute().computed_default.IsUnset()) {
    return absl::InvalidArgumentError(absl::StrCat("macro attribute '", name,
                                                   "' has a computed default, which only attributes of rules can have"));
  }
  return AddDeclaredAttribute(name, value, attributes);
}

}  // namespace

absl::StatusOr<Value> MakeMacro(Thread& thread, const starlark::Arguments& args) {
  COW_ASSIGN_OR_RETURN(ModuleContext * module, RequireModule(thread, "macro"));
  MacroClass::Definition definition;
  starlark::Callable implementation;
  starlark::Dict* attrs = nullptr;
  Value inherit;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {starlark::KwRequired("implementation", &implementation), Noneable(KwOptional("attrs", &attrs)),
             KwOptional("inherit_attrs", &inherit), KwOptional("finalizer", &definition.finalizer),
             Noneable(KwOptional("doc", &definition.doc))}));
  definition.implementation = implementation.value;
  definition.location = thread.CallerLocation();
  definition.package = module->files->Find(definition.location.file).value_or(module->label.package());
  if (!inherit.IsUnset() && !inherit.IsNone()) {
    const auto* function = implementation.value.As<starlark::Function>();
    if (function != nullptr && !function->HasRestNamed()) {
      return absl::InvalidArgumentError(
          "macro(): if 'inherit_attrs' is set, the implementation function must have a **kwargs parameter");
    }
    COW_ASSIGN_OR_RETURN(definition.attributes, InheritedAttributes(thread, inherit));
  }
  if (attrs != nullptr) {
    for (const auto& entry : *attrs) {
      const auto* name = entry.key.As<starlark::String>();
      if (name == nullptr) return absl::InvalidArgumentError("keys of 'attrs' must be strings");
      COW_RETURN_IF_ERROR(AddAttribute(name->view(), entry.value, definition.attributes));
    }
  }
  return thread.heap().New<MacroClass>(std::move(definition));
}

}  // namespace cow::loading
