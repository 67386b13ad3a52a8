#include "engine/loading/environments.h"

#include "engine/base/status.h"
#include "engine/loading/aspect_class.h"
#include "engine/loading/attribute_builtins.h"
#include "engine/loading/build_file_builtins.h"
#include "engine/loading/configuration_field.h"
#include "engine/loading/foreign_rule.h"
#include "engine/loading/exec_group.h"
#include "engine/loading/label_builtin.h"
#include "engine/loading/macro_class.h"
#include "engine/loading/native_rules.h"
#include "engine/loading/native_value.h"
#include "engine/loading/repository_rule.h"
#include "engine/loading/rule_builtin.h"
#include "engine/loading/select_builtin.h"
#include "engine/loading/transition.h"
#include "engine/loading/workspace_context.h"
#include "engine/starlark/function_value.h"

namespace cow::loading {

using starlark::Builtin;
using starlark::Environment;
using starlark::Heap;
using starlark::Intern;
using starlark::NamedValue;

namespace {

// What every kind of file has.
void AddCommon(Heap& heap, const FileTable& files, Environment& environment) {
  environment.AddAll(starlark::ScriptEnvironment());
  environment.Set("select", heap.New<Builtin>(Intern("select"), &MakeSelect));
  environment.Set("Label", heap.New<Builtin>(Intern("Label"), &MakeLabel, heap.New<FileTableValue>(files)));
}

void AddAll(const std::vector<NamedValue>& names, Environment& environment) {
  for (const NamedValue& entry : names) environment.Set(entry.name->view(), entry.value);
}

void AddModuleNames(Heap& heap, Environment& environment) {
  environment.Set("aspect", heap.New<Builtin>(Intern("aspect"), &MakeAspect));
  environment.Set("attr", MakeAttrNamespace(heap));
  environment.Set("config", MakeConfigNamespace(heap));
  environment.Set("config_common", MakeConfigCommonNamespace(heap));
  environment.Set("configuration_field", heap.New<Builtin>(Intern("configuration_field"), &MakeConfigurationField));
  environment.Set("macro", heap.New<Builtin>(Intern("macro"), &MakeMacro));
  environment.Set("foreign_rule", heap.New<Builtin>(Intern("foreign_rule"), &MakeForeignRule));
  environment.Set("repository_rule", heap.New<Builtin>(Intern("repository_rule"), &MakeRepositoryRule));
  environment.Set("rule", heap.New<Builtin>(Intern("rule"), &MakeRule));
  environment.Set("transition", heap.New<Builtin>(Intern("transition"), &MakeTransition));
  environment.Set("analysis_test_transition",
                  heap.New<Builtin>(Intern("analysis_test_transition"), &MakeSettingsTransition));
  environment.Set("exec_group", heap.New<Builtin>(Intern("exec_group"), &MakeExecGroup));
  environment.Set("visibility", heap.New<Builtin>(Intern("visibility"), &SetLoadVisibility));
}

void Contribute(const std::vector<EnvironmentContribution>& contributions, Heap& heap, Environment& environment) {
  for (const EnvironmentContribution& contribute : contributions) contribute(heap, environment);
}

absl::Status AddPrelude(const PreludeSource& source, Environment& environment) {
  COW_ASSIGN_OR_RETURN(std::shared_ptr<const starlark::FrozenModule> prelude, source());
  if (prelude == nullptr) return absl::OkStatus();
  environment.AddReference(prelude->heap());
  for (const starlark::Global& global : prelude->globals()) {
    if (global.name.substr(0, 1) != "_") environment.Set(global.name, global.value);
  }
  return absl::OkStatus();
}

}  // namespace

Environments::Environments(const BuildEnvironment& contributions, const FileTable& files, Preludes preludes)
    : preludes_(std::move(preludes)) {
  auto owned = std::make_unique<Heap>();
  Heap& heap = *owned;
  std::vector<NamedValue> native = MakeBuildFileBuiltins(heap);
  for (RuleClass* rule : MakeNativeRuleClasses(heap)) native.push_back({Intern(rule->name()), rule});
  std::vector<NamedValue> workspace = MakeWorkspaceBuiltins(heap);

  AddCommon(heap, files, build_file_);
  AddAll(native, build_file_);
  Contribute(contributions.build_file_names, heap, build_file_);

  AddCommon(heap, files, workspace_);
  AddAll(workspace, workspace_);

  AddCommon(heap, files, module_);
  AddModuleNames(heap, module_);
  Contribute(contributions.module_names, heap, module_);
  builtin_module_.AddAll(module_);
  for (const NamedValue& entry : workspace) {
    if (entry.name->view() != "workspace") native.push_back(entry);
  }
  module_.Set("native", heap.New<NativeValue>(native, preludes_.build_files));
  builtin_module_.Set("native", heap.New<NativeValue>(native, nullptr));

  std::shared_ptr<const starlark::FrozenHeap> frozen = Heap::Freeze(std::move(owned));
  for (Environment* environment : {&module_, &builtin_module_, &workspace_, &build_file_}) {
    environment->AddReference(frozen);
  }
}

absl::StatusOr<const Environment*> Environments::BuildFile() {
  std::call_once(build_files_once_, [this] { build_files_status_ = AddPrelude(preludes_.build_files, build_file_); });
  if (!build_files_status_.ok()) return build_files_status_;
  return &build_file_;
}

absl::StatusOr<const Environment*> Environments::Module(bool in_builtin_repository) {
  if (in_builtin_repository) return &builtin_module_;
  std::call_once(modules_once_, [this] { modules_status_ = AddPrelude(preludes_.modules, module_); });
  if (!modules_status_.ok()) return modules_status_;
  return &module_;
}

}  // namespace cow::loading
