#include "engine/analysis/ctx_value.h"

#include <algorithm>
#include <utility>

#include "engine/analysis/actions_value.h"
#include "engine/analysis/configuration_table.h"
#include "engine/analysis/ctx_methods.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/sequence_value.h"
#include "engine/starlark/struct_value.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

using starlark::Heap;
using starlark::Intern;
using starlark::Value;

namespace {

// A function without parameters that always returns the same.
Value Constant(Heap& heap, std::string_view name, Value value) {
  return heap.New<starlark::Builtin>(
      Intern(name),
      [](starlark::Thread&, const starlark::Arguments& args) -> absl::StatusOr<Value> {
        COW_RETURN_IF_ERROR(UnpackArgs(args, {}));
        return args.receiver();
      },
      value);
}

absl::StatusOr<Value> DictOf(Heap& heap, const std::map<std::string, std::string>& entries) {
  starlark::Dict* dict = heap.NewDict();
  for (const auto& [name, value] : entries) {
    COW_RETURN_IF_ERROR(dict->SetString(name, heap.NewString(value)));
  }
  return Value(dict);
}

absl::StatusOr<Value> ConfigurationStruct(Heap& heap, const Configuration& configuration) {
  COW_ASSIGN_OR_RETURN(Value shell_environment, DictOf(heap, configuration.action_env));
  COW_ASSIGN_OR_RETURN(Value test_environment, DictOf(heap, configuration.test_env));
  Value is_tool = Value::Bool(configuration.is_exec);
  starlark::NamedValue fields[] = {
      {Intern("compilation_mode"), heap.NewString(configuration.compilation_mode)},
      {Intern("conlyopts"), heap.NewStringList(configuration.conlyopts)},
      {Intern("copts"), heap.NewStringList(configuration.copts)},
      {Intern("coverage_enabled"), Value::Bool(false)},
      {Intern("cpu"), heap.NewString(configuration.cpu)},
      {Intern("cxxopts"), heap.NewStringList(configuration.cxxopts)},
      {Intern("default_shell_env"), shell_environment},
      {Intern("features"), heap.NewStringList(configuration.features)},
      {Intern("has_separate_genfiles_directory"),
       Constant(heap, "has_separate_genfiles_directory", Value::Bool(false))},
      {Intern("host_path_separator"), heap.NewString(":")},
      {Intern("is_tool"), is_tool},
      {Intern("is_tool_configuration"), Constant(heap, "is_tool_configuration", is_tool)},
      {Intern("linkopts"), heap.NewStringList(configuration.linkopts)},
      {Intern("platform"), heap.New<loading::LabelValue>(configuration.platform.label)},
      {Intern("short_id"), heap.NewString(configuration.short_name())},
      {Intern("short_name"), heap.NewString(configuration.short_name())},
      {Intern("stamp_binaries"), Constant(heap, "stamp_binaries", Value::Bool(false))},
      {Intern("test_env"), test_environment},
  };
  return Value(heap.NewStruct(fields));
}

// What --fission says, word by word.
bool SplitsDebugInfo(const std::vector<std::string>& words, const std::string& compilation_mode) {
  bool splits = false;
  for (const std::string& word : words) {
    if (word == "yes" || word == "no") {
      splits = word == "yes";
    } else {
      splits |= word == compilation_mode;
    }
  }
  return splits;
}

Value FragmentsStruct(Heap& heap, const Configuration& configuration) {
  auto none = [&](std::string_view name) { return Constant(heap, name, Value::None()); };
  auto option = [&](std::string_view name) { return NativeValue(configuration.options, *FindNativeOption(name)); };
  const bool force_pic = std::get<bool>(option("force_pic"));
  const std::string strip = std::get<std::string>(option("strip"));
  const bool strips = strip == "always" || (strip == "sometimes" && configuration.compilation_mode == "fastbuild");
  const bool fission =
      SplitsDebugInfo(std::get<std::vector<std::string>>(option("fission")), configuration.compilation_mode);
  const OptionValue& host =
      NativeValue(configuration.options, *FindNativeOption("host_platform"));
  starlark::NamedValue cpp[] = {
      {Intern("apple_generate_dsym"), Value::Bool(false)},
      {Intern("compilation_mode"),
       Constant(heap, "compilation_mode", heap.NewString(configuration.compilation_mode))},
      {Intern("conlyopts"), heap.NewStringList(configuration.conlyopts)},
      {Intern("copts"), heap.NewStringList(configuration.copts)},
      {Intern("custom_malloc"), Value::None()},
      {Intern("cxxopts"), heap.NewStringList(configuration.cxxopts)},
      {Intern("fission_active_for_current_compilation_mode"),
       Constant(heap, "fission_active_for_current_compilation_mode", Value::Bool(fission))},
      {Intern("force_pic"), Constant(heap, "force_pic", Value::Bool(force_pic))},
      {Intern("linkopts"), heap.NewStringList(configuration.linkopts)},
      {Intern("minimum_os_version"), none("minimum_os_version")},
      {Intern("should_strip_binaries"), Constant(heap, "should_strip_binaries", Value::Bool(strips))},
  };
  starlark::NamedValue platform[] = {
      {Intern("host_platform"), ToStarlark(heap, host)},
      {Intern("platform"), heap.New<loading::LabelValue>(configuration.platform.label)},
  };
  starlark::NamedValue fields[] = {{Intern("cpp"), heap.NewStruct(cpp)},
                                   {Intern("platform"), heap.NewStruct(platform)}};
  return heap.NewStruct(fields);
}

absl::StatusOr<Value> VariableDict(Heap& heap, const RuleContext& context) {
  starlark::Dict* dict = heap.NewDict();
  for (const auto& [name, value] : context.variables()) {
    COW_RETURN_IF_ERROR(dict->SetString(name, heap.NewString(value)));
  }
  return Value(dict);
}

// Those of the package, the target and the command line; "-x" anywhere switches x off.
Value Features(Heap& heap, const RuleContext& context, bool enabled) {
  std::vector<std::string> on;
  std::vector<std::string> off = context.configuration().disabled_features;
  auto add = [&](const std::string& feature) {
    if (!feature.empty() && feature[0] == '-') {
      off.push_back(feature.substr(1));
    } else {
      on.push_back(feature);
    }
  };
  for (const std::string& feature : context.package().features()) add(feature);
  const RuleAttributes::Entry* own = context.rule_attributes().Find("features");
  if (own != nullptr) {
    for (const std::string& feature : loading::StringsOf(own->raw)) add(feature);
  }
  for (const std::string& feature : context.configuration().features) add(feature);
  if (!enabled) return heap.NewStringList(off);
  std::erase_if(on, [&](const std::string& name) {
    return std::find(off.begin(), off.end(), name) != off.end();
  });
  return heap.NewStringList(on);
}

absl::StatusOr<Value> BuildSettingValue(Heap& heap, const RuleContext& context) {
  const loading::BuildSetting* setting = context.target().rule_class().definition().build_setting;
  if (setting == nullptr || !context.setting_value()) {
    return UserError("ctx.build_setting_value is only there in rules with build_setting");
  }
  Value value = ToStarlark(heap, *context.setting_value());
  if (setting->type() != loading::BuildSetting::Type::kStringSet) return value;
  starlark::Set* set = heap.NewSet();
  COW_RETURN_IF_ERROR(
      starlark::ForEach(value, [&](Value element) { return set->Add(element); }));
  return Value(set);
}

constexpr std::string_view kNames[] = {"actions",
                                       "attr",
                                       "bin_dir",
                                       "build_file_path",
                                       "build_setting_value",
                                       "configuration",
                                       "disabled_features",
                                       "exec_groups",
                                       "executable",
                                       "features",
                                       "file",
                                       "files",
                                       "fragments",
                                       "genfiles_dir",
                                       "label",
                                       "outputs",
                                       "rule",
                                       "split_attr",
                                       "toolchains",
                                       "var",
                                       "workspace_name"};

}  // namespace

void CtxValue::Repr(std::string& out) const {
  std::shared_ptr<RuleContext> context = context_.lock();
  absl::StrAppend(&out, "<rule context", context ? " for " : "",
                  context ? context->label().ToString() : "", ">");
}

std::vector<std::string> CtxValue::AttrNames() const {
  return {std::begin(kNames), std::end(kNames)};
}

absl::StatusOr<Value> CtxValue::GetAttr(starlark::Thread& thread,
                                        const starlark::String* name) const {
  std::shared_ptr<RuleContext> context = context_.lock();
  if (context == nullptr)
    return UserError("ctx cannot be used after the rule function has returned");
  using View = AttributeView::Kind;
  Heap& heap = thread.heap();
  std::string_view attr = name->view();
  auto view = [&](View kind) { return Value(heap.New<AttributeView>(kind, context_)); };
  if (attr == "actions") return Value(heap.New<ActionsValue>(context_));
  if (attr == "attr") return view(View::kAttr);
  if (attr == "file") return view(View::kFile);
  if (attr == "files") return view(View::kFiles);
  if (attr == "executable") return view(View::kExecutable);
  if (context->aspect() != nullptr) {
    if (attr == "rule") return Value(heap.New<AspectRuleValue>(context_));
    if (attr == "outputs") return UserError("'outputs' is not defined for aspects");
  } else if (attr == "rule") {
    return UserError("'rule' is only defined for aspects");
  }
  if (attr == "outputs") return view(View::kOutputs);
  if (attr == "split_attr") return view(View::kSplit);
  if (attr == "exec_groups") return Value(heap.New<ExecGroupsValue>(context_));
  if (attr == "label") return Value(heap.New<loading::LabelValue>(context->label()));
  if (attr == "toolchains") return Value(heap.New<ToolchainsValue>(context_));
  if (attr == "bin_dir" || attr == "genfiles_dir") {
    return Value(heap.New<FileRoot>(context->configuration().bin_dir()));
  }
  if (attr == "info_file" || attr == "version_file") {
    return UserError("ctx.", attr, " is not supported: versions are bound to artifacts after they are built, ",
                     "so that a new commit rebuilds nothing");
  }
  if (attr == "var") return VariableDict(heap, *context);
  if (attr == "configuration") return ConfigurationStruct(heap, context->configuration());
  if (attr == "fragments") return FragmentsStruct(heap, context->configuration());
  if (attr == "features") return Features(heap, *context, true);
  if (attr == "disabled_features") return Features(heap, *context, false);
  if (attr == "build_file_path") return Value(heap.NewString(context->package().build_file_name()));
  if (attr == "build_setting_value") return BuildSettingValue(heap, *context);
  if (attr == "workspace_name") {
    return Value(heap.NewString(context->loader().workspace().runfiles_name()));
  }
  return Value();
}

const starlark::MethodTable* CtxValue::Methods() const {
  static const starlark::MethodTable kMethods(
      {{"runfiles", &CtxRunfiles},
       {"expand_location", &CtxExpandLocation},
       {"expand_make_variables", &CtxExpandMakeVariables},
       {"target_platform_has_constraint", &CtxTargetPlatformHasConstraint},
       {"coverage_instrumented", &CtxCoverageInstrumented},
       {"created_actions", &CtxCreatedActions},
       {"package_relative_label", &CtxPackageRelativeLabel},
       {"resolve_command", &CtxResolveCommand},
       {"resolve_tools", &CtxResolveTools},
       {"super", &CtxSuper},
       {"tokenize", &CtxTokenize}});
  return &kMethods;
}

}  // namespace cow::analysis
