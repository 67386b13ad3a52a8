// The namespace `attr`: attr.string(), attr.label_list(), ...
#pragma once

#include "engine/starlark/heap.h"
#include "engine/starlark/value.h"

namespace cow::loading {

starlark::Value MakeAttrNamespace(starlark::Heap& heap);

}  // namespace cow::loading
