// Functions of ctx about commands, tools and parents.
#include <utility>

#include "engine/analysis/action_parameters.h"
#include "engine/analysis/ctx_methods.h"
#include "engine/analysis/ctx_value.h"
#include "engine/analysis/make_variables.h"
#include "engine/analysis/target_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/workspace.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"

namespace cow::analysis {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Noneable;
using starlark::Optional;
using starlark::Required;
using starlark::Thread;
using starlark::Value;

namespace {

// The files of tools, programs with what they need at run time.
absl::Status AddTools(Value tools, InputCollector& inputs) {
  return starlark::ForEach(tools, [&](Value value) -> absl::Status {
    const auto* target = value.As<TargetValue>();
    if (target == nullptr) {
      return UserError("'tools' holds a value of type '", starlark::TypeName(value), "', want 'Target'");
    }
    inputs.AddSet(target->target().files);
    inputs.AddFilesToRun(*target->target().files_to_run);
    return absl::OkStatus();
  });
}

}  // namespace

absl::StatusOr<Value> CtxCreatedActions(Thread&, const Arguments&) {
  return UserError("ctx.created_actions() is not supported: actions can be looked at only when the rule has returned");
}

absl::StatusOr<Value> CtxPackageRelativeLabel(Thread& thread, const Arguments& args) {
  Value input;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("input", &input)}));
  COW_ASSIGN_OR_RETURN(RuleContext * context, CurrentContext(thread, "package_relative_label"));
  if (loading::LabelOf(input) != nullptr) return input;
  const auto* text = input.As<starlark::String>();
  if (text == nullptr) {
    return UserError("in call to package_relative_label(), parameter 'input' got value of type '",
                     starlark::TypeName(input), "', want 'string or Label'");
  }
  COW_ASSIGN_OR_RETURN(Label label,
                       context->loader().workspace().ParseLabel(text->view(), context->label().package()));
  return Value(thread.heap().New<loading::LabelValue>(std::move(label)));
}

absl::StatusOr<Value> CtxResolveTools(Thread& thread, const Arguments& args) {
  starlark::Iterable tools{thread.heap().NewList()};
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwOptional("tools", &tools)}));
  COW_ASSIGN_OR_RETURN(RuleContext * context, CurrentContext(thread, "resolve_tools"));
  InputCollector inputs(*context);
  COW_RETURN_IF_ERROR(AddTools(tools.value, inputs));
  const Value result[] = {NewFileDepset(thread.heap(), inputs.Finish()), thread.heap().NewList()};
  return Value(thread.heap().NewTuple(result));
}

absl::StatusOr<Value> CtxResolveCommand(Thread& thread, const Arguments& args) {
  starlark::Heap& heap = thread.heap();
  std::string command;
  std::string attribute;
  bool expand_locations = false;
  starlark::Dict* variables = nullptr;
  starlark::Iterable tools{heap.NewList()};
  Value label_dict;
  Value requirements;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {KwOptional("command", &command), Noneable(KwOptional("attribute", &attribute)),
             KwOptional("expand_locations", &expand_locations),
             Noneable(KwOptional("make_variables", &variables)), KwOptional("tools", &tools),
             KwOptional("label_dict", &label_dict), KwOptional("execution_requirements", &requirements)}));
  COW_ASSIGN_OR_RETURN(RuleContext * context, CurrentContext(thread, "resolve_command"));
  InputCollector inputs(*context);
  COW_RETURN_IF_ERROR(AddTools(tools.value, inputs));
  COW_ASSIGN_OR_RETURN(std::string expanded,
                       ExpandCommandText(*context, command, expand_locations ? tools.value : Value(), attribute,
                                         variables));
  COW_ASSIGN_OR_RETURN(Shell shell, FindShell(*context, Value()));
  std::vector<Value> files;
  for (const DepsetElement& file : inputs.Finish().ToList()) files.push_back(file.value);
  const Value argv[] = {heap.NewString(shell.path), heap.NewString("-c"), heap.NewString(expanded)};
  const Value result[] = {heap.NewList(files), heap.NewList(argv), heap.NewList()};
  return Value(heap.NewTuple(result));
}

absl::StatusOr<Value> CtxSuper(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_ASSIGN_OR_RETURN(RuleContext * context, CurrentContext(thread, "super"));
  if (context->aspect() != nullptr) return UserError("ctx.super() is only there in rules");
  const loading::RuleClass* parent = context->running_rule().definition().parent;
  if (parent == nullptr) {
    return UserError("can't use ctx.super() in the function of rule '", context->running_rule().name(),
                     "', which has no parent");
  }
  if (!context->EnterParent()) return UserError("ctx.super() called the second time");
  const Value arguments[] = {args.receiver()};
  absl::StatusOr<Value> returned = starlark::Call(thread, parent->definition().implementation, arguments);
  context->LeaveParent();
  return returned;
}

absl::StatusOr<Value> CtxTokenize(Thread& thread, const Arguments& args) {
  std::string_view option;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("option", &option)}));
  COW_ASSIGN_OR_RETURN(std::vector<std::string> words, SplitShellWords(option));
  return Value(thread.heap().NewStringList(words));
}

}  // namespace cow::analysis
