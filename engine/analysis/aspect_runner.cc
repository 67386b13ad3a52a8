#include "engine/analysis/aspect_runner.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/ctx_value.h"
#include "engine/analysis/returned_providers.h"
#include "engine/analysis/target_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/starlark/operations.h"

namespace cow::analysis {

using starlark::Value;

namespace {

absl::Status Fill(const RuleContext& context, const loading::AspectClass& aspect, Value returned,
                  ConfiguredTarget& result) {
  COW_RETURN_IF_ERROR(StoreReturned("the aspect function", returned, result.providers));
  if (!result.providers.Find(BuiltinProviders::Get().default_info).IsUnset()) {
    return UserError("an aspect cannot return DefaultInfo: it belongs to the target; use OutputGroupInfo for files");
  }
  COW_RETURN_IF_ERROR(CheckPromises("the aspect", aspect.definition().provides, result.providers));
  std::vector<std::string> missing = context.MissingOutputs();
  if (missing.empty()) return absl::OkStatus();
  return UserError("the following files have no generating action:\n", absl::StrJoin(missing, "\n"));
}

}  // namespace

absl::Status RunAspect(AspectRun run, ConfiguredTarget& result) {
  const loading::Target& declared = run.surroundings.target;
  const loading::AspectClass& aspect = run.path.aspect();
  auto at_target = [&](const absl::Status& status) {
    return AtTarget(declared,
                    absl::StrCat("in ", aspect.DisplayName(), " aspect on ", declared.rule_class().name(), " rule ",
                                 declared.label().ToString()),
                    status);
  };
  auto heap = std::make_unique<starlark::Heap>();
  heap->AddReference(run.surroundings.package.heap());
  heap->AddReference(run.attributes.heap());
  heap->AddReference(run.rule_attributes.heap());
  heap->AddReference(run.target.heap);
  auto context = std::make_shared<RuleContext>(run.surroundings, std::move(run.attributes), *heap);
  context->SetAspect(aspect, std::move(run.rule_attributes));
  context->AddToolchains(std::move(run.toolchains));
  context->set_exec_properties(std::move(run.exec_properties));

  starlark::Thread thread(*heap);
  thread.SetHost(context.get());
  run.surroundings.loader.workspace().options().limits.Apply(thread);
  if (run.on_print) thread.set_print_handler(run.on_print);
  Value arguments[] = {Value(run.target.value), heap->New<CtxValue>(context)};
  absl::StatusOr<Value> returned = starlark::Call(thread, aspect.definition().implementation, arguments);
  if (!returned.ok()) return at_target(returned.status());
  absl::Status filled = Fill(*context, aspect, *returned, result);
  if (!filled.ok()) return at_target(filled);
  result.actions = context->TakeActions();
  result.heap = starlark::Heap::Freeze(std::move(heap));
  return absl::OkStatus();
}

}  // namespace cow::analysis
