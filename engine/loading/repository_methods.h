// The methods of repository_ctx: execute, file, getenv, path, read, ...
#pragma once

#include "engine/starlark/host_object.h"

namespace cow::loading {

const starlark::MethodTable& RepositoryMethods();

}  // namespace cow::loading
