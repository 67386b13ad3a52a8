// ctx.actions.run and run_shell.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "engine/analysis/action_parameters.h"
#include "engine/analysis/actions_value.h"
#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/ctx_value.h"
#include "engine/analysis/execution_tags.h"
#include "engine/analysis/host_tree_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/loading/workspace.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::KwRequired;
using starlark::Noneable;
using starlark::Thread;
using starlark::Value;

namespace {

// What run and run_shell have in common.
struct RunParameters {
  std::optional<starlark::Iterable> outputs{};
  Value inputs{};
  Value tools{};
  std::optional<starlark::Iterable> arguments{};
  std::string mnemonic = "Action";
  std::string progress_message{};
  starlark::Dict* env = nullptr;
  bool use_default_shell_env = false;
  starlark::Dict* execution_requirements = nullptr;
  FileValue* unused_inputs_list = nullptr;
  Value host_tree{};
  int64_t timeout = 0;
  std::string exec_group{};
  // Accepted so that rules written for Bazel run; they change nothing here.
  Value toolchain{};
  Value resource_set{};
  Value input_manifests{};
  Value shadowed_action{};
};

absl::Status Unpack(const Arguments& args, starlark::Param own, RunParameters& p) {
  return UnpackArgs(args,
                    {KwOptional("outputs", &p.outputs), own, KwOptional("inputs", &p.inputs),
                     KwOptional("tools", &p.tools), KwOptional("arguments", &p.arguments),
                     Noneable(KwOptional("mnemonic", &p.mnemonic)),
                     Noneable(KwOptional("progress_message", &p.progress_message)),
                     Noneable(KwOptional("env", &p.env)),
                     KwOptional("use_default_shell_env", &p.use_default_shell_env),
                     Noneable(KwOptional("execution_requirements", &p.execution_requirements)),
                     Noneable(KwOptional("unused_inputs_list", &p.unused_inputs_list)),
                     KwOptional("host_tree", &p.host_tree), KwOptional("timeout", &p.timeout),
                     KwOptional("toolchain", &p.toolchain), Noneable(KwOptional("exec_group", &p.exec_group)),
                     KwOptional("resource_set", &p.resource_set),
                     KwOptional("shadowed_action", &p.shadowed_action),
                     KwOptional("input_manifests", &p.input_manifests)});
}

absl::Status ReadArguments(const RunParameters& p, ActionRecord& record) {
  if (!p.arguments) return absl::OkStatus();
  std::shared_ptr<ArgsSpec> strings;  // neighbouring strings share one list
  return starlark::ForEach(p.arguments->value, [&](Value argument) -> absl::Status {
    if (argument.Is(starlark::Kind::kString)) {
      if (strings == nullptr) {
        strings = std::make_shared<ArgsSpec>();
        record.arguments.push_back(strings);
      }
      strings->items.push_back({.value = argument});
      return absl::OkStatus();
    }
    strings = nullptr;
    COW_ASSIGN_OR_RETURN(std::shared_ptr<const ArgsSpec> spec, ArgsFromArgument(argument));
    record.arguments.push_back(std::move(spec));
    return absl::OkStatus();
  });
}

// What changes nothing must at least be what Bazel takes.
absl::Status CheckIgnored(const RuleContext& context, const RunParameters& p) {
  if (!p.exec_group.empty() && !HasExecGroup(context, p.exec_group)) {
    return UserError("action declared for non-existent exec group '", p.exec_group, "'");
  }
  if (!p.resource_set.IsUnset() && !p.resource_set.IsNone() && !starlark::IsCallable(p.resource_set)) {
    return UserError("'resource_set' must be a function, got '", starlark::TypeName(p.resource_set), "'");
  }
  if (!p.shadowed_action.IsUnset() && !p.shadowed_action.IsNone())
    return UserError("'shadowed_action' is not supported");
  return absl::OkStatus();
}

absl::Status ReadCommon(const RuleContext& context, const RunParameters& p, InputCollector& inputs,
                        ActionRecord& record) {
  Action& action = record.action;
  action.kind = Action::Kind::kRun;
  action.mnemonic = p.mnemonic;
  if (!p.outputs) return UserError("missing required argument: outputs");
  COW_ASSIGN_OR_RETURN(action.outputs, ReadOutputs(p.outputs->value));
  COW_RETURN_IF_ERROR(inputs.AddInputs(p.inputs));
  COW_RETURN_IF_ERROR(inputs.AddTools(p.tools));
  COW_ASSIGN_OR_RETURN(action.env, ReadStringDict(p.env, "env"));
  if (p.use_default_shell_env)
    action.env.insert(context.configuration().action_env.begin(),
                      context.configuration().action_env.end());
  COW_ASSIGN_OR_RETURN(action.execution_requirements,
                       ReadStringDict(p.execution_requirements, "execution_requirements"));
  AddExecutionTags(context.target(), action.execution_requirements);
  COW_RETURN_IF_ERROR(CheckIgnored(context, p));
  action.exec_properties = context.exec_properties(p.exec_group);
  if (p.unused_inputs_list != nullptr) {
    action.unused_inputs_list = p.unused_inputs_list->id();
    if (std::find(action.outputs.begin(), action.outputs.end(), action.unused_inputs_list) == action.outputs.end()) {
      return UserError("'unused_inputs_list' ", p.unused_inputs_list->artifact().short_path(),
                       " is not among the outputs of the action");
    }
  }
  if (p.timeout < 0) return UserError("'timeout' is a number of seconds, got ", p.timeout);
  action.timeout_seconds = p.timeout;
  record.inputs = inputs.Finish();
  record.programs = inputs.TakePrograms();
  action.progress_message =
      ExpandProgressMessage(p.progress_message, context.label(), record, context.artifacts());
  return ReadArguments(p, record);
}

std::shared_ptr<ArgsSpec> Words(std::vector<Value> words) {
  auto spec = std::make_shared<ArgsSpec>();
  for (Value word : words) spec->items.push_back({.value = word});
  return spec;
}

// A program of the build may bring the root directory it runs in, and what it is started by.
void UseRuntime(const RuleContext& context, const ConfiguredTarget& tool, ActionRecord& record) {
  Runtime runtime = RuntimeOf(tool.providers.Find(BuiltinProviders::Get().runtime_info));
  record.action.root_tree = runtime.root;
  if (runtime.command.empty()) return;
  std::vector<Value> words;
  for (const std::string& word : runtime.command) words.push_back(context.heap().NewString(word));
  record.arguments.push_back(Words(std::move(words)));
}

// Notes the program, and the root directory it asks for if the action names none.
absl::Status ReadExecutable(const RuleContext& context, Value executable, InputCollector& inputs,
                            ActionRecord& record) {
  const ConfiguredTarget* tool = nullptr;
  if (auto* file = executable.As<FileValue>()) {
    inputs.AddExecutable(file);
    tool = context.FindTool(file->id());
  } else if (const auto* program = executable.As<FilesToRunValue>()) {
    if (program->executable() == nullptr)
      return UserError("'executable' is a target that cannot be run");
    inputs.AddFilesToRun(*program);
    executable = program->executable();
    tool = &program->target();
  } else if (const auto* path = executable.As<starlark::String>()) {
    if (path->view().starts_with('/') && record.host_tree == nullptr) {
      COW_ASSIGN_OR_RETURN(record.host_tree, HostTreeOf(context.FindHostTreeOfTool(path->view()), "run"));
      if (record.host_tree == nullptr) record.host_tree = ShellHostTree(context);
    }
    if (path->view().starts_with('/') && record.host_tree == nullptr) {
      return UserError("'", path->view(),
                       "' is looked for below the root directory of the action, which is empty; ",
                       "add host_tree = ..., a HostTreeInfo that holds it");
    }
  } else {
    return UserError("in call to run(), parameter 'executable' got value of type '",
                     starlark::TypeName(executable),
                     "', want 'File, string, or FilesToRunProvider'");
  }
  if (record.host_tree == nullptr && tool != nullptr) {
    Value info = tool->providers.Find(BuiltinProviders::Get().host_tree_info);
    COW_ASSIGN_OR_RETURN(record.host_tree, HostTreeOf(info, "run"));
    if (record.host_tree == nullptr) UseRuntime(context, *tool, record);
    // A script that lies in the workspace brings nothing to run it with.
    if (record.host_tree == nullptr && tool->kind == "source file") {
      record.host_tree = ShellHostTree(context);
    }
  }
  record.arguments.push_back(Words({executable}));
  return absl::OkStatus();
}

absl::StatusOr<Value> Finish(Thread& thread, RuleContext& context,
                             std::unique_ptr<ActionRecord> record) {
  record->location = thread.CallerLocation();
  COW_RETURN_IF_ERROR(context.AddAction(std::move(record)));
  return Value::None();
}

}  // namespace

absl::StatusOr<Value> ActionsRun(Thread& thread, const Arguments& args) {
  RunParameters p;
  Value executable;
  COW_RETURN_IF_ERROR(Unpack(args, KwRequired("executable", &executable), p));
  COW_ASSIGN_OR_RETURN(RuleContext * context, args.Receiver<ActionsValue>()->Context(thread));
  auto record = std::make_unique<ActionRecord>();
  InputCollector inputs(*context);
  COW_ASSIGN_OR_RETURN(record->host_tree, HostTreeOf(p.host_tree, "run"));
  COW_RETURN_IF_ERROR(ReadExecutable(*context, executable, inputs, *record));
  COW_RETURN_IF_ERROR(ReadCommon(*context, p, inputs, *record));
  return Finish(thread, *context, std::move(record));
}

absl::StatusOr<Value> ActionsRunShell(Thread& thread, const Arguments& args) {
  RunParameters p;
  Value command;
  COW_RETURN_IF_ERROR(Unpack(args, KwRequired("command", &command), p));
  COW_ASSIGN_OR_RETURN(RuleContext * context, args.Receiver<ActionsValue>()->Context(thread));
  auto record = std::make_unique<ActionRecord>();
  InputCollector inputs(*context);
  COW_ASSIGN_OR_RETURN(Shell shell, FindShell(*context, p.host_tree));
  record->host_tree = shell.host_tree;
  std::vector<Value> words;
  if (command.Is(starlark::Kind::kString)) {
    words = {thread.heap().NewString(shell.path), thread.heap().NewString("-c"), command};
    // What follows the command is $0, then $1 and so on.
    if (p.arguments) words.push_back(thread.heap().NewString(""));
  } else if (command.Is(starlark::Kind::kList) || command.Is(starlark::Kind::kTuple)) {
    // The deprecated form: the words of a command that is run without a shell.
    COW_ASSIGN_OR_RETURN(words, starlark::Elements(command));
  } else {
    return UserError("in call to run_shell(), parameter 'command' got value of type '",
                     starlark::TypeName(command), "', want 'string or sequence of strings'");
  }
  record->arguments.push_back(Words(std::move(words)));
  COW_RETURN_IF_ERROR(ReadCommon(*context, p, inputs, *record));
  return Finish(thread, *context, std::move(record));
}

}  // namespace cow::analysis
