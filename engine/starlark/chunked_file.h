// Suites of Starlark cases: files of chunks, each a program of its own with marks for the errors it
// must have. tests/conformance/README.md has the format; `cow starlark --chunked` runs them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/starlark/script.h"

namespace cow::starlark {

struct ChunkError {
  Location place;
  std::string text;  // without place and traceback; a suggestion is part of it
  bool is_static = false;
};

struct ChunkOutcome {
  int line = 0;                        // of the chunk's first line in the file
  std::vector<ChunkError> errors;      // what happened
  std::vector<std::string> surprises;  // errors that were not marked, marks that saw no error
};

// Runs every chunk of a file, each in a heap of its own. `name` is shown in places.
std::vector<ChunkOutcome> RunChunks(const std::string& name, std::string_view text,
                                    const ScriptLimits& limits);

}  // namespace cow::starlark
