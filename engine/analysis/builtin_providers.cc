#include "engine/analysis/builtin_providers.h"

#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "engine/analysis/depset_value.h"
#include "engine/analysis/output_groups_value.h"
#include "engine/analysis/runfiles_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/loading/rule_builtin.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

using starlark::Arguments;
using starlark::Heap;
using starlark::Intern;
using starlark::KwOptional;
using starlark::NamedValue;
using starlark::Noneable;
using starlark::Thread;
using starlark::Value;

namespace {

using Fields = std::initializer_list<std::pair<std::string_view, Value>>;

// Unset values become None.
std::vector<NamedValue> Named(Fields fields) {
  std::vector<NamedValue> named;
  for (const auto& [name, value] : fields)
    named.push_back({Intern(name), value.IsUnset() ? Value::None() : value});
  return named;
}

Value OrUnset(const starlark::HeapObject* object) {
  return object == nullptr ? Value() : Value(object);
}

absl::StatusOr<Value> NewDefaultInfo(Thread& thread, const Provider& self, const Arguments& args) {
  DepsetValue* files = nullptr;
  RunfilesValue* runfiles = nullptr;
  RunfilesValue* data = nullptr;
  RunfilesValue* defaults = nullptr;
  FileValue* executable = nullptr;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Noneable(KwOptional("files", &files)), Noneable(KwOptional("runfiles", &runfiles)),
             Noneable(KwOptional("data_runfiles", &data)),
             Noneable(KwOptional("default_runfiles", &defaults)),
             Noneable(KwOptional("executable", &executable))}));
  if (runfiles != nullptr && (data != nullptr || defaults != nullptr)) {
    return UserError(
        "cannot specify 'runfiles' together with 'data_runfiles' or 'default_runfiles'");
  }
  if (files != nullptr && !files->HoldsFiles()) {
    return UserError("expected 'depset of Files' for 'files', got a depset of '",
                     files->element_type()->view(), "'");
  }
  return Value(thread.heap().NewStruct(
      &self, Named({{"files", OrUnset(files)},
                    {"data_runfiles", OrUnset(runfiles != nullptr ? runfiles : data)},
                    {"default_runfiles", OrUnset(runfiles != nullptr ? runfiles : defaults)},
                    {"executable", OrUnset(executable)}})));
}

absl::StatusOr<Value> NewOutputGroupInfo(Thread& thread, const Provider&, const Arguments& args) {
  return MakeOutputGroups(thread, args);
}

absl::StatusOr<Value> NewRunEnvironmentInfo(Thread& thread, const Provider& self,
                                            const Arguments& args) {
  starlark::Dict* environment = thread.heap().NewDict();
  Value inherited = thread.heap().NewList();
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Optional("environment", &environment),
                                        starlark::Optional("inherited_environment", &inherited)}));
  return Value(thread.heap().NewStruct(
      &self, Named({{"environment", environment}, {"inherited_environment", inherited}})));
}

absl::StatusOr<Value> NewRuntimeInfo(Thread& thread, const Provider& self, const Arguments& args) {
  FileValue* root = nullptr;
  Value command = thread.heap().NewList();
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::KwRequired("root", &root), KwOptional("command", &command)}));
  if (!root->is_directory()) {
    return UserError("'root' is '", root->artifact().short_path(), "', want a directory made by declare_directory()");
  }
  COW_ASSIGN_OR_RETURN(std::vector<Value> words, starlark::Elements(command));
  for (Value word : words) {
    if (!word.Is(starlark::Kind::kString)) {
      return UserError("in call to RuntimeInfo(), 'command' holds a value of type '", starlark::TypeName(word),
                       "', want 'string'");
    }
  }
  return Value(thread.heap().NewStruct(&self, Named({{"command", command}, {"root", root}})));
}

absl::StatusOr<Value> NewExecutionInfo(Thread& thread, const Provider& self,
                                       const Arguments& args) {
  starlark::Dict* requirements = thread.heap().NewDict();
  Value exec_group;  // all of a test runs on one platform
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Optional("requirements", &requirements),
                                        KwOptional("exec_group", &exec_group)}));
  return Value(thread.heap().NewStruct(&self, Named({{"requirements", requirements}})));
}

absl::StatusOr<Value> NewAnalysisTestResult(Thread& thread, const Provider& self, const Arguments& args) {
  bool success = false;
  std::string_view message;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {starlark::KwRequired("success", &success), starlark::KwRequired("message", &message)}));
  return Value(thread.heap().NewStruct(
      &self, Named({{"message", thread.heap().NewString(message)}, {"success", Value::Bool(success)}})));
}

absl::StatusOr<Value> NewToolchainInfo(Thread& thread, const Provider& self,
                                       const Arguments& args) {
  std::vector<NamedValue> fields;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::KwRest(&fields)}));
  return Value(thread.heap().NewStruct(&self, fields));
}

absl::StatusOr<Value> NewTemplateVariableInfo(Thread& thread, const Provider& self,
                                              const Arguments& args) {
  starlark::Dict* variables = nullptr;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("vars", &variables)}));
  return Value(thread.heap().NewStruct(&self, Named({{"variables", variables}})));
}

// Coverage is not measured; rules that describe it may run.
absl::StatusOr<Value> InstrumentedFilesInfo(Thread& thread, const Arguments&) {
  Value none = NewFileDepset(thread.heap(), {});
  return Value(thread.heap().NewStruct(BuiltinProviders::Get().instrumented_files_info,
                                       Named({{"instrumented_files", none}, {"metadata_files", none}})));
}

Value Function(Heap& heap, std::string_view name, starlark::BuiltinFunction function) {
  return heap.New<starlark::Builtin>(Intern(name), function);
}

struct ProviderHeap {
  BuiltinProviders providers;
  std::shared_ptr<const starlark::FrozenHeap> heap;
};

ProviderHeap MakeProviders() {
  auto heap = std::make_unique<Heap>();
  auto make = [&](std::string_view name, Provider::Constructor constructor) {
    return heap->New<Provider>(name, constructor);
  };
  BuiltinProviders all{
      .default_info = make("DefaultInfo", &NewDefaultInfo),
      .output_group_info = make("OutputGroupInfo", &NewOutputGroupInfo),
      .run_environment_info = make("RunEnvironmentInfo", &NewRunEnvironmentInfo),
      .execution_info = make("ExecutionInfo", &NewExecutionInfo),
      .analysis_test_result = make("AnalysisTestResultInfo", &NewAnalysisTestResult),
      .instrumented_files_info = make("InstrumentedFilesInfo", nullptr),
      .toolchain_info = make("ToolchainInfo", &NewToolchainInfo),
      .template_variable_info = make("TemplateVariableInfo", &NewTemplateVariableInfo),
      .runtime_info = make("RuntimeInfo", &NewRuntimeInfo),
      .host_tree_info = make("HostTreeInfo", nullptr),
      .constraint_setting_info = make("ConstraintSettingInfo", nullptr),
      .constraint_value_info = make("ConstraintValueInfo", nullptr),
      .platform_info = make("PlatformInfo", nullptr),
      .config_match_info = make("ConfigMatchingInfo", nullptr),
      .toolchain_type_info = make("ToolchainTypeInfo", nullptr),
  };
  return {all, Heap::Freeze(std::move(heap))};
}

const ProviderHeap& SharedProviders() {
  static const auto* const kShared = new ProviderHeap(MakeProviders());
  return *kShared;
}

}  // namespace

const BuiltinProviders& BuiltinProviders::Get() { return SharedProviders().providers; }

void AddAnalysisBuiltins(Heap& heap, starlark::Environment& environment) {
  const BuiltinProviders& all = BuiltinProviders::Get();
  environment.AddReference(SharedProviders().heap);
  heap.AddReference(SharedProviders().heap);
  environment.Set("provider", Function(heap, "provider", &MakeProvider));
  environment.Set("depset", Function(heap, "depset", &MakeDepset));
  environment.Set("DefaultInfo", all.default_info);
  environment.Set("OutputGroupInfo", all.output_group_info);
  environment.Set("RunEnvironmentInfo", all.run_environment_info);
  environment.Set("HostTreeInfo", all.host_tree_info);
  environment.Set("RuntimeInfo", all.runtime_info);
  environment.Set("InstrumentedFilesInfo", all.instrumented_files_info);
  environment.Set("AnalysisTestResultInfo", all.analysis_test_result);
  environment.Set("platform_common",
                  heap.NewStruct(Named({{"ToolchainInfo", all.toolchain_info},
                                        {"TemplateVariableInfo", all.template_variable_info},
                                        {"ConstraintSettingInfo", all.constraint_setting_info},
                                        {"ConstraintValueInfo", all.constraint_value_info},
                                        {"PlatformInfo", all.platform_info}})));
  environment.Set("testing",
                  heap.NewStruct(Named({{"ExecutionInfo", all.execution_info},
                                        {"TestEnvironment", all.run_environment_info},
                                        {"analysis_test", Function(heap, "testing.analysis_test",
                                                                   &loading::DeclareAnalysisTest)}})));
  environment.Set(
      "coverage_common",
      heap.NewStruct(Named({{"instrumented_files_info",
                             Function(heap, "instrumented_files_info", &InstrumentedFilesInfo)}})));
}

loading::BuildEnvironment AnalysisEnvironment() {
  loading::BuildEnvironment environment;
  environment.module_names.push_back(&AddAnalysisBuiltins);
  environment.on_export.push_back([](std::string_view name, Value value) {
    if (auto* provider = value.As<Provider>()) provider->Export(name);
  });
  return environment;
}

}  // namespace cow::analysis
