#include "engine/execution/sandbox_limits.h"

#include "absl/strings/str_cat.h"

namespace cow::execution {
namespace {

std::string Size(uint64_t bytes) {
  if (bytes % (1 << 20) == 0) return absl::StrCat(bytes >> 20, " MiB");
  if (bytes % (1 << 10) == 0) return absl::StrCat(bytes >> 10, " KiB");
  return absl::StrCat(bytes, " bytes");
}

}  // namespace

std::string DescribeLimit(SandboxLimit limit, const SandboxLimits& limits) {
  switch (limit) {
    case SandboxLimit::kNone:
      return "";
    case SandboxLimit::kMemory:
      return absl::StrCat("out of memory (OOM): it wanted more than ", Size(limits.memory_bytes),
                          " (--sandbox_memory_limit)");
    case SandboxLimit::kProcesses:
      return absl::StrCat("too many processes: it wanted more than ", limits.processes, " (--sandbox_process_limit)");
    case SandboxLimit::kFileSize:
      return absl::StrCat("file too large: it wanted to write more than ", Size(limits.file_bytes),
                          " into one file (--sandbox_file_size_limit)");
    case SandboxLimit::kOutput:
      return absl::StrCat("printed too much: more than ", Size(limits.output_bytes),
                          " on stdout or stderr (--sandbox_output_limit)");
  }
  return "";
}

}  // namespace cow::execution
