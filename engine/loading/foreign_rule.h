// foreign_rule(): a rule of a language cow has no rules for.
//
// BUILD files that use one load; its targets take any attribute and make nothing. Patterns skip them with the
// reason, and with them what depends on them; asking for one by name is an error.
#pragma once

#include "absl/status/statusor.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/thread.h"
#include "engine/starlark/value.h"

namespace cow::loading {

// foreign_rule(doc = "", test = False), in .cow files. The value gets its name from the global it is bound to.
absl::StatusOr<starlark::Value> MakeForeignRule(starlark::Thread& thread, const starlark::Arguments& args);

}  // namespace cow::loading
