#include "engine/analysis/rule_runner.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "engine/analysis/action_parameters.h"
#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/ctx_methods.h"
#include "engine/analysis/ctx_value.h"
#include "engine/analysis/default_info.h"
#include "engine/analysis/execution_tags.h"
#include "engine/analysis/returned_providers.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

using starlark::Value;

namespace {

Runfiles RunfilesField(const starlark::Struct* info, std::string_view name) {
  if (info == nullptr) return {};
  const auto* runfiles = info->Find(name).As<RunfilesValue>();
  return runfiles == nullptr ? Runfiles() : runfiles->runfiles();
}

absl::StatusOr<FileValue*> FindExecutable(const RuleContext& context,
                                          const starlark::Struct* info) {
  FileValue* executable = info == nullptr ? nullptr : info->Find("executable").As<FileValue>();
  if (executable == nullptr) executable = context.default_executable();
  if (!context.target().rule_class().executable()) return executable;
  if (executable == nullptr) {
    return UserError(
        "the rule is executable: it needs to create an executable File and pass it as 'executable' "
        "to the ",
        "DefaultInfo it returns");
  }
  if (context.Owns(executable->id())) return executable;
  return UserError(
      "'executable' provided by an executable rule must be created by the same rule, but '",
      executable->artifact().short_path(), "' is not");
}

// The program of a test whose result is known: it prints the message and ends as the result says. It needs a shell.
absl::Status WriteResultTest(RuleContext& context, ConfiguredTarget& target) {
  Value result = target.providers.Find(BuiltinProviders::Get().analysis_test_result);
  if (result.IsUnset()) {
    return UserError("rules with analysis_test=true must return an instance of AnalysisTestResultInfo");
  }
  if (context.has_actions()) {
    return UserError("rules with analysis_test=true must not register actions: what they find they say in "
                     "AnalysisTestResultInfo");
  }
  const auto* info = result.As<starlark::Struct>();
  COW_ASSIGN_OR_RETURN(FileValue * program, context.DefaultExecutable());
  COW_ASSIGN_OR_RETURN(Shell shell, FindShell(context, Value()));
  COW_ASSIGN_OR_RETURN(Label type, Label::Parse(kShellToolchain, PackageId()));
  Value tree = context.FindToolchain(type).As<starlark::Struct>()->Find("host_tree");
  target.providers.Set(BuiltinProviders::Get().host_tree_info, tree);
  std::string message = absl::StrReplaceAll(loading::StringOf(info->Find("message")), {{"'", "'\\''"}});
  auto record = std::make_unique<ActionRecord>();
  record->action.kind = Action::Kind::kWrite;
  record->action.mnemonic = "FileWrite";
  record->action.outputs = {program->id()};
  record->action.executable = true;
  record->action.content = absl::StrCat("#!", shell.path, "\nprintf '%s\\n' '", message, "'\nexit ",
                                        info->Find("success").IsTrue() ? 0 : 1, "\n");
  return context.AddAction(std::move(record));
}

absl::Status FillDefaultInfo(const RuleContext& context, ConfiguredTarget& target) {
  const auto* info =
      target.providers.Find(BuiltinProviders::Get().default_info).As<starlark::Struct>();
  DefaultInfoParts parts;
  COW_ASSIGN_OR_RETURN(parts.executable, FindExecutable(context, info));
  parts.default_runfiles = RunfilesField(info, "default_runfiles");
  parts.data_runfiles = RunfilesField(info, "data_runfiles");
  const auto* files = info == nullptr ? nullptr : info->Find("files").As<DepsetValue>();
  if (files != nullptr) {
    parts.files = files->set();
  } else {
    std::vector<Value> own;
    for (const RuleContext::NamedOutput& output : context.named_outputs())
      own.push_back(output.file);
    if (parts.executable != nullptr) own.push_back(parts.executable);
    parts.files = MergeSets(std::move(own), {});
  }
  SetDefaultInfo(target, context.heap(), std::move(parts));
  return absl::OkStatus();
}

// Seconds by the attributes `timeout` and `size`.
int64_t TestTimeout(const loading::Target& test) {
  constexpr std::pair<std::string_view, int64_t> kLimits[] = {
      {"short", 60}, {"moderate", 300}, {"long", 900},  {"eternal", 3600},
      {"small", 60}, {"medium", 300},   {"large", 900}, {"enormous", 3600},
  };
  std::string limit = test.StringAttr("timeout");
  if (limit.empty()) limit = test.StringAttr("size");
  for (const auto& [name, seconds] : kLimits) {
    if (name == limit) return seconds;
  }
  return 300;
}

// 0 if there is none.
int64_t IntAttribute(const RuleContext& context, std::string_view name) {
  const RuleAttributes::Entry* entry = context.attributes().Find(name);
  return entry == nullptr || entry->raw.IsUnset() ? 0 : std::max<int64_t>(0, entry->raw.ToInt64().value_or(0));
}

absl::Status FillProgram(const RuleContext& context, ConfiguredTarget& target) {
  const loading::Target& declared = context.target();
  if (!declared.rule_class().executable()) return absl::OkStatus();
  ProgramDetails program;
  COW_ASSIGN_OR_RETURN(program.args, ExpandProgramArgs(context));
  program.is_test = declared.rule_class().test();
  if (program.is_test) {
    program.test_size = declared.StringAttr("size");
    program.timeout_seconds = TestTimeout(declared);
    program.is_flaky = declared.BoolAttr("flaky");
    AddExecutionTags(declared, program.execution_requirements);
    program.shard_count = static_cast<int>(IntAttribute(context, "shard_count"));
    program.exec_properties = context.exec_properties(kTestGroup);
  }
  target.program = std::move(program);
  return absl::OkStatus();
}

absl::Status FillTarget(RuleContext& context, Value returned, ConfiguredTarget& target) {
  COW_RETURN_IF_ERROR(StoreReturnedByRule(returned, target.providers));
  COW_RETURN_IF_ERROR(CheckPromises("the rule", context.target().rule_class().definition().provides, target.providers));
  if (context.target().rule_class().definition().analysis_test) {
    COW_RETURN_IF_ERROR(WriteResultTest(context, target));
  }
  COW_RETURN_IF_ERROR(FillDefaultInfo(context, target));
  COW_RETURN_IF_ERROR(FillProgram(context, target));
  std::vector<std::string> missing = context.MissingOutputs();
  if (missing.empty()) return absl::OkStatus();
  return UserError("the following files have no generating action:\n",
                   absl::StrJoin(missing, "\n"));
}

absl::Status AtRule(const loading::Target& target, const absl::Status& status) {
  return AtTarget(target, absl::StrCat("in ", target.rule_class().name(), " rule ", target.label().ToString()), status);
}

}  // namespace

absl::Status RunRule(RuleRun run, ConfiguredTarget& target) {
  const loading::Target& declared = run.surroundings.target;
  auto heap = std::make_unique<starlark::Heap>();
  heap->AddReference(run.surroundings.package.heap());
  heap->AddReference(run.attributes.heap());
  auto context = std::make_shared<RuleContext>(run.surroundings, std::move(run.attributes), *heap);
  context->AddToolchains(std::move(run.toolchains));
  context->set_exec_properties(std::move(run.exec_properties));
  if (run.setting_value) context->set_setting_value(std::move(*run.setting_value));
  absl::Status named = context->DeclareNamedOutputs();
  if (!named.ok()) return AtRule(declared, named);

  starlark::Thread thread(*heap);
  thread.SetHost(context.get());
  run.surroundings.loader.workspace().options().limits.Apply(thread);
  if (run.on_print) thread.set_print_handler(run.on_print);
  Value arguments[] = {heap->New<CtxValue>(context)};
  absl::StatusOr<Value> returned =
      starlark::Call(thread, declared.rule_class().definition().implementation, arguments);
  if (!returned.ok()) return AtRule(declared, returned.status());
  absl::Status filled = FillTarget(*context, *returned, target);
  if (!filled.ok()) return AtRule(declared, filled);
  target.actions = context->TakeActions();
  target.heap = starlark::Heap::Freeze(std::move(heap));
  return absl::OkStatus();
}

}  // namespace cow::analysis
