// One action as the sandbox sees it: what to run, what it may read, where it may write, and how it
// ended. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "engine/base/digest.h"
#include "engine/execution/sandbox_limits.h"

namespace cow::execution {

// Something that the action finds below its execution root, read-only.
struct SandboxInput {
  enum class Kind {
    kFile,       // the bytes of the file `source`
    kTree,       // the directory `source` with all below it
    kSymlink,    // a symlink whose target is `source`
    kDirectory,  // an empty directory
  };
  Kind kind = Kind::kFile;
  std::string path{};    // relative to the execution root
  std::string source{};  // an absolute host path below one of the client's source roots
  Digest digest{};       // kFile: of the bytes in `source`
  bool executable = false;
};

// A directory below the execution root in which the action may create files.
struct SandboxWritable {
  std::string path{};    // relative to the execution root; "" is that root
  std::string source{};  // an existing empty host directory below one of the client's source roots
};

struct SandboxRequest {
  // argv[0] is absolute, or relative to the working directory; it is not looked up in PATH.
  std::vector<std::string> argv{};
  std::vector<std::string> env{};  // all of it, as NAME=value
  // Relative to the execution root: a directory above an input. "" is that root.
  std::string working_directory{};
  std::vector<SandboxInput> inputs{};
  std::vector<SandboxWritable> writable{};
  // An absolute host directory, below a source root, whose entries become the action's root.
  // "": the root is empty, and only static programs among the inputs can run.
  std::string host_tree{};
  // The action may also create files beside its inputs. They are gone with it, and inputs stay as they are.
  bool writable_root = false;
  bool report_reads = false;  // fill SandboxResult::read
  bool audit = false;         // fill SandboxResult::asked; only in a sandbox with /proc (tier S3)
  int stdin_fd = -1;   // -1: /dev/null
  bool terminal = false;  // all three are a terminal that nobody else uses
  int stdout_fd = -1;  // a file; all three are borrowed until Run returns
  int stderr_fd = -1;
  absl::Duration timeout = absl::InfiniteDuration();
  absl::Duration grace = absl::Seconds(2);  // from SIGTERM to SIGKILL
  SandboxLimits limits{};
  uint64_t max_open_files = 0;              // 0: as the engine itself
  // Another number than before tells that the bytes of a source may have been wrong until now: copies of sources that
  // were made for earlier requests are not used again.
  uint64_t source_generation = 0;
};

struct SandboxResult {
  enum class Outcome { kEnded, kTimedOut, kCancelled };
  Outcome outcome = Outcome::kEnded;
  int exit_code = -1;  // kEnded: of the command; -1 if a signal ended it
  int signal = 0;      // kEnded: the signal that ended the command, or 0
  absl::Duration wall{};
  absl::Duration setup{};   // the part of `wall` before the command started
  absl::Duration user{};    // of the command and of the children it waited for
  absl::Duration system{};
  int64_t max_rss_kib = 0;
  SandboxLimit limit = SandboxLimit::kNone;  // the one it reached
  std::string tier{};
  // By place in SandboxRequest::inputs: false if the input was certainly not read. Empty if that is not known.
  std::vector<bool> read{};
  // Absolute paths that processes named to the kernel, each once, in the order of first use.
  std::vector<std::string> asked{};
};

// Files of at most this size are copied into memory; larger ones are shown by a mount.
inline constexpr int64_t kLargestCopiedFile = 128 * 1024;

// The modification time that an input has inside: between 1980 and 1997, a function of its path and
// its bytes only. Equal times for all files would do harm: g++ takes two headers of equal size,
// time and bytes for the same file, and tools that cache by time and size would never notice a
// change.
int64_t InputTime(std::string_view path, std::string_view content_identity);

// The places where an action with these outputs may write: the parents of its output files, and
// its output directories. Sorted and distinct; relative to the execution root.
std::vector<std::string> WritablePathsFor(const std::vector<std::string>& output_files,
                                          const std::vector<std::string>& output_directories);

}  // namespace cow::execution
