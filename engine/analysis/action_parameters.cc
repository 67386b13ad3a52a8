#include "engine/analysis/action_parameters.h"

#include <utility>

#include "absl/strings/str_replace.h"
#include "engine/analysis/host_tree_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

using starlark::Value;

namespace {

absl::Status NotFileSet(std::string_view parameter, const DepsetValue& set) {
  return UserError("for '", parameter, "', expected a depset of Files, got a depset of '",
                   set.element_type()->view(), "'");
}

}  // namespace

absl::Status InputCollector::AddInputs(Value inputs) {
  if (inputs.IsUnset() || inputs.IsNone()) return absl::OkStatus();
  if (const auto* set = inputs.As<DepsetValue>()) {
    if (!set->HoldsFiles()) return NotFileSet("inputs", *set);
    transitive_.push_back(set->set());
    return absl::OkStatus();
  }
  COW_ASSIGN_OR_RETURN(std::vector<Value> files, FileList(inputs, "inputs"));
  direct_.insert(direct_.end(), files.begin(), files.end());
  return absl::OkStatus();
}

absl::Status InputCollector::AddTools(Value tools) {
  if (tools.IsUnset() || tools.IsNone()) return absl::OkStatus();
  if (const auto* set = tools.As<DepsetValue>()) {
    if (!set->HoldsFiles()) return NotFileSet("tools", *set);
    transitive_.push_back(set->set());
    return absl::OkStatus();
  }
  return starlark::ForEach(tools, [&](Value tool) -> absl::Status {
    if (auto* file = tool.As<FileValue>()) {
      AddExecutable(file);
    } else if (const auto* program = tool.As<FilesToRunValue>()) {
      AddFilesToRun(*program);
    } else if (const auto* set = tool.As<DepsetValue>(); set != nullptr && set->HoldsFiles()) {
      transitive_.push_back(set->set());
    } else {
      return UserError("for 'tools', expected File, FilesToRunProvider or depset of Files, got '",
                       starlark::TypeName(tool), "'");
    }
    return absl::OkStatus();
  });
}

void InputCollector::AddExecutable(FileValue* executable) {
  direct_.push_back(executable);
  const ConfiguredTarget* tool = context_.FindTool(executable->id());
  if (tool != nullptr) AddRunfiles(*tool->files_to_run);
}

void InputCollector::AddFilesToRun(const FilesToRunValue& tool) {
  if (tool.executable() != nullptr) direct_.push_back(tool.executable());
  AddRunfiles(tool);
}

// Tools find their runfiles at the exec paths too, as commands of this engine's own rules expect.
void InputCollector::AddRunfiles(const FilesToRunValue& tool) {
  transitive_.push_back(tool.runfiles().files);
  if (tool.executable() != nullptr) programs_.push_back(&tool);
}

absl::StatusOr<std::vector<ArtifactId>> ReadOutputs(Value outputs) {
  COW_ASSIGN_OR_RETURN(std::vector<Value> files, FileList(outputs, "outputs"));
  if (files.empty())
    return UserError("'outputs' is empty: an action must have at least one output");
  std::vector<ArtifactId> ids;
  for (Value file : files) ids.push_back(file.As<FileValue>()->id());
  return ids;
}

absl::StatusOr<std::map<std::string, std::string>> ReadStringDict(const starlark::Dict* dict,
                                                                  std::string_view parameter) {
  std::map<std::string, std::string> result;
  if (dict == nullptr) return result;
  for (const auto& entry : *dict) {
    const auto* key = entry.key.As<starlark::String>();
    const auto* value = entry.value.As<starlark::String>();
    if (key == nullptr || value == nullptr) {
      return UserError("for '", parameter, "', expected a dict of strings, got ",
                       starlark::Repr(entry.key), ": ", starlark::Repr(entry.value));
    }
    result.emplace(key->view(), value->view());
  }
  return result;
}

std::string ExpandProgressMessage(std::string_view message, const Label& label,
                                  const ActionRecord& record, const ArtifactTable& artifacts) {
  if (message.find("%{") == std::string_view::npos) return std::string(message);
  std::string input;
  if (const auto& direct = record.inputs.direct(); !direct.empty()) {
    if (const auto* file = direct[0].value.As<FileValue>()) input = file->artifact().short_path();
  }
  std::string output = artifacts[record.action.outputs.front()].short_path();
  return absl::StrReplaceAll(
      message, {{"%{label}", label.ToString()}, {"%{input}", input}, {"%{output}", output}});
}

absl::StatusOr<Shell> FindShell(const RuleContext& context, Value host_tree) {
  Shell shell;
  COW_ASSIGN_OR_RETURN(shell.host_tree, HostTreeOf(host_tree, "run_shell"));
  if (shell.host_tree != nullptr) return shell;
  COW_ASSIGN_OR_RETURN(Label type, Label::Parse(kShellToolchain, {}));
  Value toolchain = context.FindToolchain(type);
  if (toolchain.IsUnset() || toolchain.IsNone()) {
    return UserError("run_shell needs a shell: add toolchains = [\"", kShellToolchain,
                     "\"] to the rule, or host_tree = ... to the call");
  }
  const auto* info = toolchain.As<starlark::Struct>();
  if (const auto* path = info->Find("path").As<starlark::String>()) shell.path = path->view();
  COW_ASSIGN_OR_RETURN(shell.host_tree, HostTreeOf(info->Find("host_tree"), "run_shell"));
  return shell;
}

HostTreePtr ShellHostTree(const RuleContext& context) {
  absl::StatusOr<Shell> shell = FindShell(context, Value());
  return shell.ok() ? shell->host_tree : nullptr;
}

absl::StatusOr<RuleContext*> CurrentContext(starlark::Thread& thread, std::string_view function) {
  auto* context = thread.Host<RuleContext>();
  if (context == nullptr)
    return UserError(function, "() can only be used while a rule function runs");
  return context;
}

}  // namespace cow::analysis
