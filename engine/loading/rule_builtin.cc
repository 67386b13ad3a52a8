#include "engine/loading/rule_builtin.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/definition_parameters.h"
#include "engine/loading/exec_group.h"
#include "engine/loading/module_context.h"
#include "engine/loading/native_rules.h"
#include "engine/loading/rule_class.h"
#include "engine/loading/transition.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Noneable;
using starlark::Thread;
using starlark::Value;

namespace {

// Bazel has these parameters of rule(); a value other than the one that means "nothing" would change what is built.
constexpr std::array<std::string_view, 7> kUnsupported = {
    "analysis_test",
    "subrules",      "materializer",  "executable_outputs", "_skylark_testable",
    "dependency_resolution_rule", "exec_compatible_with_groups"};

bool MeansNothing(Value value) { return value.IsNone() || value.IsFalse() || starlark::Length(value) == 0; }

absl::Status RejectUnsupported(const std::vector<starlark::NamedValue>& rest) {
  for (const starlark::NamedValue& given : rest) {
    std::string_view name = given.name->view();
    if (name == "incompatible_use_toolchain_transition") continue;  // what it asks for is always so
    bool known = std::find(kUnsupported.begin(), kUnsupported.end(), name) != kUnsupported.end();
    if (!known) return absl::InvalidArgumentError(absl::StrCat("rule() got unexpected keyword argument '", name, "'"));
    if (!MeansNothing(given.value)) {
      return absl::InvalidArgumentError(absl::StrCat("rule(): parameter '", name, "' is not supported"));
    }
  }
  return absl::OkStatus();
}

// What a rule with a parent has of it: attributes it does not declare anew, and whether it is a test.
absl::Status InheritAttributes(RuleClass::Definition& definition) {
  std::vector<Attribute> own = std::exchange(definition.attributes, {});
  for (const Attribute& attribute : definition.parent->attributes()) {
    if (attribute.implicit || attribute.name == "build_setting_default") continue;
    auto override = std::find_if(own.begin(), own.end(), [&](const Attribute& o) { return o.name == attribute.name; });
    if (override == own.end()) {
      definition.attributes.push_back(attribute);
      continue;
    }
    if (override->type != attribute.type || attribute.is_private()) {
      return absl::InvalidArgumentError(absl::StrCat("attribute '", attribute.name, "' of the parent rule '",
                                                     definition.parent->name(),
                                                     "' can only get another default, with the same type"));
    }
    Attribute merged = attribute;
    merged.default_value = override->default_value;
    merged.computed_default = override->computed_default;
    definition.attributes.push_back(std::move(merged));
    own.erase(override);
  }
  for (Attribute& attribute : own) definition.attributes.push_back(std::move(attribute));
  return absl::OkStatus();
}

absl::Status InheritDefinition(RuleClass::Definition& definition) {
  const RuleClass::Definition& parent = definition.parent->definition();
  if (definition.parent->is_native() || !parent.extendable) {
    return absl::InvalidArgumentError(absl::StrCat("rule '", parent.name, "' is not extendable"));
  }
  if (definition.build_setting != nullptr || parent.build_setting != nullptr) {
    return absl::InvalidArgumentError("a rule with 'parent' and 'build_setting' is not supported");
  }
  definition.test |= parent.test;
  definition.executable |= parent.executable;
  for (const auto& output : parent.implicit_outputs) definition.implicit_outputs.push_back(output);
  if (definition.outputs_function.IsUnset()) definition.outputs_function = parent.outputs_function;
  definition.fragments.insert(definition.fragments.end(), parent.fragments.begin(), parent.fragments.end());
  definition.toolchains.insert(definition.toolchains.end(), parent.toolchains.begin(), parent.toolchains.end());
  definition.exec_groups.insert(definition.exec_groups.end(), parent.exec_groups.begin(), parent.exec_groups.end());
  if (definition.cfg == nullptr) definition.cfg = parent.cfg;
  definition.provides.insert(definition.provides.end(), parent.provides.begin(), parent.provides.end());
  definition.exec_compatible_with.insert(definition.exec_compatible_with.end(), parent.exec_compatible_with.begin(),
                                         parent.exec_compatible_with.end());
  return absl::OkStatus();
}

absl::Status AddAttributes(starlark::Dict* attrs, Thread& thread, RuleClass::Definition& definition) {
  std::vector<Attribute> implicit = ImplicitAttributes(thread.heap(), definition.executable, definition.test);
  if (attrs != nullptr) {
    for (const auto& entry : *attrs) {
      const auto* name = entry.key.As<starlark::String>();
      if (name == nullptr) return absl::InvalidArgumentError("keys of 'attrs' must be strings");
      for (const Attribute& attribute : implicit) {
        if (attribute.name == name->view()) {
          return absl::InvalidArgumentError(
              absl::StrCat("attribute '", name->view(), "' is one that every rule has; it cannot be declared again"));
        }
      }
      COW_RETURN_IF_ERROR(AddDeclaredAttribute(name->view(), entry.value, definition.attributes));
    }
  }
  if (definition.parent != nullptr) COW_RETURN_IF_ERROR(InheritAttributes(definition));
  if (definition.build_setting != nullptr) {
    definition.attributes.push_back({.name = "build_setting_default",
                                     .type = definition.build_setting->default_type(),
                                     .mandatory = true,
                                     .configurable = false});
  }
  for (Attribute& attribute : implicit) definition.attributes.push_back(std::move(attribute));
  return absl::OkStatus();
}

absl::Status AddImplicitOutputs(Value outputs, RuleClass::Definition& definition) {
  if (outputs.IsUnset() || outputs.IsNone()) return absl::OkStatus();
  if (outputs.As<starlark::Function>() != nullptr) {
    definition.outputs_function = outputs;
    return absl::OkStatus();
  }
  auto* dict = outputs.As<starlark::Dict>();
  if (dict == nullptr) {
    return absl::InvalidArgumentError("rule(): parameter 'outputs' must be a dict of templates or a function");
  }
  for (const auto& entry : *dict) {
    const auto* key = entry.key.As<starlark::String>();
    const auto* pattern = entry.value.As<starlark::String>();
    if (key == nullptr || pattern == nullptr) {
      return absl::InvalidArgumentError("rule(): parameter 'outputs' must map strings to strings");
    }
    definition.implicit_outputs.emplace_back(key->str(), pattern->str());
  }
  return absl::OkStatus();
}

// config.bool, config.int.
template <BuildSetting::Type kType>
absl::StatusOr<Value> MakeBuildSetting(Thread& thread, const Arguments& args) {
  bool flag = false;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwOptional("flag", &flag)}));
  return thread.heap().New<BuildSetting>(kType, flag, false);
}

absl::StatusOr<Value> MakeStringSetting(Thread& thread, const Arguments& args) {
  bool flag = false;
  bool allow_multiple = false;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwOptional("flag", &flag), KwOptional("allow_multiple", &allow_multiple)}));
  return thread.heap().New<BuildSetting>(BuildSetting::Type::kString, flag, allow_multiple);
}

// config.string_list, config.string_set.
template <BuildSetting::Type kType>
absl::StatusOr<Value> MakeStringsSetting(Thread& thread, const Arguments& args) {
  bool flag = false;
  bool repeatable = false;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwOptional("flag", &flag), KwOptional("repeatable", &repeatable)}));
  if (repeatable && !flag) {
    return absl::InvalidArgumentError(
        absl::StrCat(args.function_name(), "(): 'repeatable' can only be set for a setting with 'flag = True'"));
  }
  return thread.heap().New<BuildSetting>(kType, flag, repeatable);
}

absl::StatusOr<Value> MakeToolchainType(Thread& thread, const Arguments& args) {
  Value name;
  bool mandatory = true;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {starlark::Required("name", &name), KwOptional("mandatory", &mandatory)}));
  COW_ASSIGN_OR_RETURN(ModuleContext * module, RequireModule(thread, args.function_name()));
  COW_ASSIGN_OR_RETURN(Label type, LabelParameter({args.function_name(), module->files, module->label.package()},
                                                  "name", name));
  return thread.heap().New<ToolchainRequirementValue>(ToolchainRequirement{std::move(type), mandatory});
}

Value Function(starlark::Heap& heap, std::string_view name, starlark::BuiltinFunction function) {
  return heap.New<starlark::Builtin>(starlark::Intern(name), function);
}

}  // namespace

absl::StatusOr<Value> MakeRule(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(ModuleContext * module, RequireModule(thread, "rule"));
  RuleClass::Definition definition;
  starlark::Callable implementation;
  starlark::Dict* attrs = nullptr;
  BuildSetting* build_setting = nullptr;
  bool output_to_genfiles = false;
  Value outputs, toolchains, provides, fragments, host_fragments, exec_compatible_with, cfg, exec_groups;
  Value extendable;
  std::optional<starlark::Callable> initializer;
  RuleClass* parent = nullptr;
  std::vector<starlark::NamedValue> rest;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {starlark::Required("implementation", &implementation), KwOptional("test", &definition.test),
             Noneable(KwOptional("attrs", &attrs)), KwOptional("outputs", &outputs),
             KwOptional("executable", &definition.executable), KwOptional("output_to_genfiles", &output_to_genfiles),
             KwOptional("fragments", &fragments), KwOptional("host_fragments", &host_fragments),
             KwOptional("toolchains", &toolchains), Noneable(KwOptional("doc", &definition.doc)),
             KwOptional("provides", &provides), KwOptional("exec_compatible_with", &exec_compatible_with),
             KwOptional("cfg", &cfg), KwOptional("exec_groups", &exec_groups),
             Noneable(KwOptional("build_setting", &build_setting)), KwOptional("initializer", &initializer),
             Noneable(KwOptional("parent", &parent)), KwOptional("extendable", &extendable),
             starlark::KwRest(&rest)}));
  COW_RETURN_IF_ERROR(RejectUnsupported(rest));
  definition.implementation = implementation.value;
  definition.executable |= definition.test;
  definition.build_setting = build_setting;
  if (initializer) definition.initializer = initializer->value;
  definition.parent = parent;
  // A label is an allowlist of the packages that may extend the rule; those checks are the author's business.
  definition.extendable = !extendable.IsUnset() && starlark::Truth(extendable);
  definition.location = thread.CallerLocation();
  definition.package = module->files->Find(definition.location.file).value_or(module->label.package());
  ParameterPlace place{"rule", module->files, definition.package};
  COW_ASSIGN_OR_RETURN(definition.fragments, StringsParameter(place, "fragments", fragments));
  COW_ASSIGN_OR_RETURN(definition.host_fragments, StringsParameter(place, "host_fragments", host_fragments));
  COW_ASSIGN_OR_RETURN(definition.toolchains, ToolchainsParameter(place, toolchains));
  COW_ASSIGN_OR_RETURN(definition.exec_groups, ExecGroupsParameter(exec_groups));
  COW_ASSIGN_OR_RETURN(definition.cfg, TransitionParameter(thread, "rule", cfg));
  COW_ASSIGN_OR_RETURN(definition.exec_compatible_with,
                       LabelsParameter(place, "exec_compatible_with", exec_compatible_with));
  COW_RETURN_IF_ERROR(AddImplicitOutputs(outputs, definition));
  if (!provides.IsUnset() && !provides.IsNone()) {
    COW_ASSIGN_OR_RETURN(definition.provides, starlark::Elements(provides));
  }
  if (parent != nullptr) COW_RETURN_IF_ERROR(InheritDefinition(definition));
  COW_RETURN_IF_ERROR(AddAttributes(attrs, thread, definition));
  return thread.heap().New<RuleClass>(std::move(definition));
}

Value MakeConfigNamespace(starlark::Heap& heap) {
  using starlark::Intern;
  const starlark::NamedValue fields[] = {
      {Intern("bool"), Function(heap, "config.bool", &MakeBuildSetting<BuildSetting::Type::kBool>)},
      {Intern("exec"), Function(heap, "config.exec", &MakeExecTransition)},
      {Intern("none"), Function(heap, "config.none", &MakeNoneTransition)},
      {Intern("target"), Function(heap, "config.target", &MakeTargetTransition)},
      {Intern("int"), Function(heap, "config.int", &MakeBuildSetting<BuildSetting::Type::kInt>)},
      {Intern("string"), Function(heap, "config.string", &MakeStringSetting)},
      {Intern("string_list"), Function(heap, "config.string_list", &MakeStringsSetting<BuildSetting::Type::kStringList>)},
      {Intern("string_set"), Function(heap, "config.string_set", &MakeStringsSetting<BuildSetting::Type::kStringSet>)},
  };
  return heap.NewStruct(fields);
}

Value MakeConfigCommonNamespace(starlark::Heap& heap) {
  const starlark::NamedValue fields[] = {
      {starlark::Intern("toolchain_type"), Function(heap, "config_common.toolchain_type", &MakeToolchainType)}};
  return heap.NewStruct(fields);
}

absl::StatusOr<Value> SetLoadVisibility(Thread& thread, const Arguments& args) {
  Value value;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("value", &value)}));
  COW_ASSIGN_OR_RETURN(ModuleContext * module, RequireModule(thread, "visibility"));
  if (thread.CallStack().size() > 1 && thread.CallerLocation().file != thread.OutermostLocation().file) {
    return absl::InvalidArgumentError("visibility() can only be called at the top level of the file it is about");
  }
  if (module->visibility) return absl::InvalidArgumentError("visibility() may be called only once per file");
  std::vector<Value> texts = {value};
  if (!value.Is(starlark::Kind::kString)) {
    COW_ASSIGN_OR_RETURN(texts, starlark::Elements(value));
  }
  module->visibility.emplace();
  for (Value text : texts) {
    const auto* spec = text.As<starlark::String>();
    if (spec == nullptr) return absl::InvalidArgumentError("visibility() wants \"public\", \"private\" or a list of packages");
    COW_ASSIGN_OR_RETURN(PackageSpec parsed, PackageSpec::Parse(spec->view(), module->label.package()));
    module->visibility->push_back(std::move(parsed));
  }
  return Value::None();
}

}  // namespace cow::loading
