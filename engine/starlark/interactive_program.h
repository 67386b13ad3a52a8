// What an interactive session needs of programs and modules beyond what other hosts do. Private to this layer.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/starlark/module.h"
#include "engine/starlark/program.h"

namespace cow::starlark {

// Compiles a piece typed by a person: if and for stand at top level, names may be bound again, and
// an expression statement that ends the piece binds its value to the global `_`. Failure: as
// Program::Compile.
absl::StatusOr<std::shared_ptr<const Program>> CompilePiece(
    std::shared_ptr<const SourceFile> source, const Environment& environment);

// Execute for a text that goes on where others ended: its globals begin with the values those of
// their names have in `earlier`. `bound` becomes the globals that have a value in the end, also if
// the execution fails.
absl::StatusOr<Module> ExecuteAfter(std::span<const Global> earlier,
                                    std::shared_ptr<const Program> program, Thread& thread,
                                    const Environment& environment,
                                    std::span<const std::shared_ptr<const FrozenModule>> loaded,
                                    std::vector<Global>& bound);

}  // namespace cow::starlark
