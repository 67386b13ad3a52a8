// SplitAtLoads: a workspace file in pieces, each of which begins with at most one load statement.
//
// A load may name a repository that an earlier statement of the same file declares, so the statements before it
// have to run before it can be resolved.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/starlark/program.h"

namespace cow::loading {

// `program` is the whole file, compiled. Every piece has the file's name, and its lines where they are in the
// file: the others are empty.
std::vector<std::shared_ptr<const SourceFile>> SplitAtLoads(const starlark::Program& program);

}  // namespace cow::loading
