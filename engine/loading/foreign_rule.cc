#include "engine/loading/foreign_rule.h"

#include <string>
#include <utility>

#include "engine/base/status.h"
#include "engine/loading/module_context.h"
#include "engine/loading/native_rules.h"
#include "engine/loading/rule_class.h"

namespace cow::loading {

absl::StatusOr<starlark::Value> MakeForeignRule(starlark::Thread& thread, const starlark::Arguments& args) {
  COW_ASSIGN_OR_RETURN(ModuleContext * module, RequireModule(thread, "foreign_rule"));
  RuleClass::Definition definition;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::KwOptional("doc", &definition.doc),
                                        starlark::KwOptional("test", &definition.test)}));
  definition.executable = definition.test;
  definition.foreign = true;
  definition.attributes = ImplicitAttributes(thread.heap(), definition.executable, definition.test);
  definition.location = thread.CallerLocation();
  definition.package = module->label.package();
  return thread.heap().New<RuleClass>(std::move(definition));
}

}  // namespace cow::loading
