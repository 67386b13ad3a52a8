// What native.existing_rule() and existing_rules() tell macros about the targets declared so far.
#pragma once

#include "engine/loading/target.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/value.h"

namespace cow::loading {

// A dict: name, kind and every public attribute that has a value. Labels of its own package appear as ":x", others
// as "//p:x"; lists as tuples; selects stay.
starlark::Value DescribeRule(const Target& target, starlark::Heap& heap);

}  // namespace cow::loading
