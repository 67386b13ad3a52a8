// `cow starlark`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/driver/build_request.h"

namespace cow::driver {

struct StarlarkRequest {
  std::vector<std::string> files{};  // "-": standard input; none: that, or a person at a terminal
  std::optional<std::string> code{};  // a program, instead of a file
  bool chunked = false;              // the files are suites of chunks
  bool json = false;                 // what the chunks did, as JSON on stdout
  uint64_t max_steps = 50'000'000;
  uint64_t max_heap = uint64_t{384} << 20;
  int max_depth = 2000;
};

// Runs what is asked for; errors and print() go to stderr.
ExitCode RunStarlark(const StarlarkRequest& request);

}  // namespace cow::driver
