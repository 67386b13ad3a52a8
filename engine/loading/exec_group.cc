#include "engine/loading/exec_group.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/definition_parameters.h"
#include "engine/loading/module_context.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Value;

absl::StatusOr<Value> MakeExecGroup(starlark::Thread& thread, const starlark::Arguments& args) {
  Value toolchains, constraints;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::KwOptional("toolchains", &toolchains),
                                        starlark::KwOptional("exec_compatible_with", &constraints)}));
  COW_ASSIGN_OR_RETURN(ModuleContext * module, RequireModule(thread, "exec_group"));
  PackageId base = module->files->Find(thread.CallerLocation().file).value_or(module->label.package());
  ParameterPlace place{"exec_group", module->files, base};
  ExecGroup group;
  COW_ASSIGN_OR_RETURN(group.toolchains, ToolchainsParameter(place, toolchains));
  COW_ASSIGN_OR_RETURN(group.exec_compatible_with, LabelsParameter(place, "exec_compatible_with", constraints));
  return thread.heap().New<ExecGroupValue>(std::move(group));
}

absl::StatusOr<std::vector<ExecGroup>> ExecGroupsParameter(Value value) {
  std::vector<ExecGroup> groups;
  if (value.IsUnset() || value.IsNone()) return groups;
  const auto* dict = value.As<starlark::Dict>();
  if (dict == nullptr) return absl::InvalidArgumentError("rule(): parameter 'exec_groups' must be a dict");
  for (const auto& entry : *dict) {
    const auto* name = entry.key.As<starlark::String>();
    const auto* group = entry.value.As<ExecGroupValue>();
    if (name == nullptr || group == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("rule(): parameter 'exec_groups' got ", starlark::Repr(entry.key), ": ",
                       starlark::Repr(entry.value), ", want a name and a value of exec_group()"));
    }
    groups.push_back(group->group());
    groups.back().name = name->str();
  }
  return groups;
}

}  // namespace cow::loading
