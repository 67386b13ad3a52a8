// How much an action may use of the machine. 0 is no limit.
//
// An action that reached a limit is never kept in a cache: with a larger limit it might have gone otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cow::execution {

struct SandboxLimits {
  uint64_t memory_bytes = 0;          // of all its processes and of the files it writes outside its outputs, together
  uint64_t processes = 0;             // processes and threads at once
  uint64_t file_bytes = 0;            // of any file it writes
  uint64_t output_bytes = 16 << 20;   // of stdout and of stderr; what is printed beyond is thrown away

  friend bool operator==(const SandboxLimits&, const SandboxLimits&) = default;
};

enum class SandboxLimit { kNone, kMemory, kProcesses, kFileSize, kOutput };

// "out of memory: it used more than 512 MiB (--sandbox_memory_limit)"
std::string DescribeLimit(SandboxLimit limit, const SandboxLimits& limits);

}  // namespace cow::execution
