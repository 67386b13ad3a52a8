#include "engine/analysis/rule_runner.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/ctx_methods.h"
#include "engine/analysis/ctx_value.h"
#include "engine/analysis/default_info.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

using starlark::Value;

namespace {

// The variables of TemplateVariableInfos among `toolchains` and in the `toolchains` attribute.
void AddTemplateVariables(RuleContext& context, const ConfiguredTarget& target) {
  Value info = target.resolved().providers.Find(BuiltinProviders::Get().template_variable_info);
  if (info.IsUnset()) return;
  const auto* variables = info.As<starlark::Struct>()->Find("variables").As<starlark::Dict>();
  for (const auto& entry : *variables) {
    context.AddVariable(loading::StringOf(entry.key), loading::StringOf(entry.value));
  }
}

void AddToolchains(RuleContext& context, std::vector<ResolvedToolchain> toolchains,
                   starlark::Heap& heap) {
  for (const ResolvedToolchain& toolchain : toolchains) {
    if (toolchain.implementation == nullptr) continue;
    heap.AddReference(toolchain.implementation->resolved().heap);
    AddTemplateVariables(context, *toolchain.implementation);
  }
  if (const RuleAttributes::Entry* entry = context.attributes().Find("toolchains")) {
    for (const DependencyEdge& edge : entry->edges) AddTemplateVariables(context, *edge.target);
  }
  context.toolchains() = std::move(toolchains);
}

absl::StatusOr<std::vector<Value>> ReturnedProviders(Value returned) {
  if (returned.IsNone()) return std::vector<Value>();
  std::vector<Value> instances;
  if (ProviderOf(returned) != nullptr) {
    instances.push_back(returned);
  } else if (returned.Is(starlark::Kind::kList) || returned.Is(starlark::Kind::kTuple)) {
    COW_ASSIGN_OR_RETURN(instances, starlark::Elements(returned));
  } else {
    return UserError("the rule function should return a list of providers, but got ",
                     starlark::TypeName(returned));
  }
  for (Value instance : instances) {
    if (ProviderOf(instance) != nullptr) continue;
    return UserError("the rule function should return a list of providers, but an element is a ",
                     starlark::TypeName(instance), ": ", starlark::Repr(instance));
  }
  return instances;
}

absl::Status StoreProviders(const std::vector<Value>& instances, ProviderSet& providers) {
  for (Value instance : instances) {
    const Provider* provider = ProviderOf(instance);
    if (!providers.Find(provider).IsUnset()) {
      return UserError("multiple conflicting returned providers with key '",
                       provider->InstanceName(), "'");
    }
    providers.Set(provider, instance);
  }
  return absl::OkStatus();
}

absl::Status CheckPromises(const RuleContext& context, const ProviderSet& providers) {
  for (Value promised : context.target().rule_class().definition().provides) {
    const auto* provider = promised.As<Provider>();
    if (provider == nullptr || !providers.Find(provider).IsUnset()) continue;
    return UserError("the rule advertises the '", provider->InstanceName(),
                     "' provider, but this provider was not among those returned");
  }
  return absl::OkStatus();
}

ValueDepset RunfilesField(const starlark::Struct* info, std::string_view name) {
  if (info == nullptr) return {};
  const auto* runfiles = info->Find(name).As<RunfilesValue>();
  return runfiles == nullptr ? ValueDepset() : runfiles->files();
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

absl::Status FillProgram(const RuleContext& context, ConfiguredTarget& target) {
  const loading::Target& declared = context.target();
  if (!declared.rule_class().executable()) return absl::OkStatus();
  ProgramDetails program;
  COW_ASSIGN_OR_RETURN(program.args, ExpandProgramArgs(context));
  program.is_test = declared.rule_class().test();
  if (program.is_test) {
    program.test_size = declared.StringAttr("size");
    program.timeout_seconds = TestTimeout(declared);
  }
  target.program = std::move(program);
  return absl::OkStatus();
}

absl::Status FillTarget(RuleContext& context, Value returned, ConfiguredTarget& target) {
  COW_ASSIGN_OR_RETURN(std::vector<Value> instances, ReturnedProviders(returned));
  COW_RETURN_IF_ERROR(StoreProviders(instances, target.providers));
  COW_RETURN_IF_ERROR(CheckPromises(context, target.providers));
  COW_RETURN_IF_ERROR(FillDefaultInfo(context, target));
  COW_RETURN_IF_ERROR(FillProgram(context, target));
  std::vector<std::string> missing = context.MissingOutputs();
  if (missing.empty()) return absl::OkStatus();
  return UserError("the following files have no generating action:\n",
                   absl::StrJoin(missing, "\n"));
}

// "path:line:col: error: in cc_library rule //a:b:" before the traceback or the message.
absl::Status AtRule(const loading::Target& target, const absl::Status& status) {
  std::string head =
      absl::StrCat("in ", target.rule_class().name(), " rule ", target.label().ToString(), ":");
  if (!IsDiagnostic(status)) return target.Error(absl::StrCat(head, " ", status.message()));
  return MarkDiagnostic(absl::Status(
      status.code(),
      absl::StrCat(target.location().ToString(), ": error: ", head, "\n", status.message())));
}

}  // namespace

absl::Status RunRule(RuleRun run, ConfiguredTarget& target) {
  const loading::Target& declared = run.surroundings.target;
  auto heap = std::make_unique<starlark::Heap>();
  heap->AddReference(run.surroundings.package.heap());
  heap->AddReference(run.attributes.heap());
  auto context = std::make_shared<RuleContext>(run.surroundings, std::move(run.attributes), *heap);
  AddToolchains(*context, std::move(run.toolchains), *heap);
  if (run.setting_value) context->set_setting_value(std::move(*run.setting_value));
  absl::Status named = context->DeclareNamedOutputs();
  if (!named.ok()) return AtRule(declared, named);

  starlark::Thread thread(*heap);
  thread.SetHost(context.get());
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
