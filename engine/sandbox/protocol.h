// What the engine and its sandbox helper `cow-sandbox` say to each other.
//
// The helper listens on a SOCK_SEQPACKET socket (descriptor kSocketFd). It first sends one Hello.
// Then, for every Run it gets, it sends one Result, after the last process of that action is dead.
// A Run carries descriptors: a memory file with the request (its fields are listed below), the
// action's stdout and stderr, the files by which it enters control groups, and its stdin if it gets
// one. End of file on the socket means that the engine is gone: the
// helper kills all actions and exits.
//
// Both sides come from one build, so the layout needs no compatibility: kVersion only catches a
// stale helper. The helper has no standard library to link: nothing here may allocate.
#pragma once

#include <cstdint>
#include <type_traits>

namespace cow::sandbox {

inline constexpr uint32_t kVersion = 4;
inline constexpr int kSocketFd = 3;
// How many actions one helper runs at once. A Run beyond it is answered with a failed Result.
inline constexpr int kMaxActions = 256;
inline constexpr int kMaxEntrances = 2;
inline constexpr int kMaxRunDescriptors = 4 + kMaxEntrances;
// Where the helper sees the directories it was started with: host path /a/b is kHostPrefix + /a/b.
// All sources in a request begin with it. The action itself never sees it.
inline constexpr char kHostPrefix[] = "/.host";
// The working directory of an action that names none, and what all relative paths in a request are relative to.
inline constexpr char kExecRoot[] = "/build";
// Who an action is inside the sandbox.
inline constexpr uint32_t kInsideUid = 1000;
inline constexpr uint32_t kInsideGid = 1000;
// The time stamp of directories in the execution root: 1980-01-01.
inline constexpr int64_t kEpoch1980 = 315532800;

enum class MessageType : uint32_t { kHello = 1, kRun = 2, kCancel = 3, kResult = 4 };

// A step that failed: "could not <step>". `detail` names the path it was about, or is empty.
struct Failure {
  int32_t error;  // errno, 0 when nothing failed
  char step[96];
  char detail[1024];
};

// helper -> engine, once. A helper whose `failure.error` is not 0 exits after sending it.
struct Hello {
  MessageType type = MessageType::kHello;
  uint32_t version = kVersion;
  int32_t undertaker;  // 0, or another child of the engine, which ends after the helper
  Failure failure;
};

// engine -> helper, with the descriptors {request, stdout, stderr, entrances..., stdin if there is
// one}.
struct Run {
  MessageType type = MessageType::kRun;
  uint32_t version = kVersion;
  uint64_t id;             // chosen by the engine, unique among running actions
  uint64_t request_bytes;  // size of the memory file
  uint32_t timeout_ms;     // 0: none
  uint32_t grace_ms;       // from SIGTERM to SIGKILL
  uint32_t entrances;      // cgroup.procs files, opened for writing; at most kMaxEntrances
  uint32_t has_stdin;      // 0: it is /dev/null
};

// engine -> helper. An unknown id (the action just ended) is ignored.
struct Cancel {
  MessageType type = MessageType::kCancel;
  uint32_t version = kVersion;
  uint64_t id;
};

enum class Outcome : uint32_t {
  kEnded = 1,        // the command ran and ended by itself: see wait_status
  kTimedOut = 2,     // stopped at its deadline
  kCancelled = 3,    // stopped by Cancel
  kSetupFailed = 4,  // the command was never started: see failure
  kExecFailed = 5,   // everything was ready, but the program could not be executed: see failure
  kKilled = 6,       // the sandbox itself was killed from outside before the command ended
};

// helper -> engine, once per Run.
struct Result {
  MessageType type = MessageType::kResult;
  uint32_t version = kVersion;
  uint64_t id;
  Outcome outcome;
  int32_t wait_status;  // as of wait(2)
  uint64_t wall_us;     // from the arrival of Run to the death of the last process
  uint64_t setup_us;    // the part of it before the command started
  uint64_t user_us;     // of the command and the children it waited for
  uint64_t system_us;
  uint64_t max_rss_kib;
  Failure failure;
};

static_assert(std::is_trivially_copyable_v<Hello> && std::is_trivially_copyable_v<Run> &&
              std::is_trivially_copyable_v<Cancel> && std::is_trivially_copyable_v<Result>);

// The request file holds these fields in this order, without padding. Integers are in native order.
// A string is a uint32 length, the bytes, and a NUL that the length does not count. A list is a
// uint32 count and its items.
//
//   uint32  flags                 RequestFlag bits
//   string  host_tree             under kHostPrefix; empty for none
//   uint64  memory_bytes          limit of each of /build, /tmp, /dev/shm; 0: the kernel's default
//   uint64  max_file_bytes        RLIMIT_FSIZE; 0 for no limit
//   uint64  max_open_files        RLIMIT_NOFILE; 0 for the helper's own
//   uint64  source_generation     changes when the bytes of a source may have been wrong until now
//   string  working_directory     relative to the execution root, where inputs lie; empty for that root
//   list    argv: string          the first is a path: absolute or relative to the working directory
//   list    env: string           NAME=value
//   list    inputs:               sorted by path
//             uint32  kind        InputKind
//             int64   mtime       seconds; used by kCopy, kCopyExecutable, kSymlink
//             uint64  bytes       size of a file, else 0
//             string  path        relative to the execution root
//             string  source      under kHostPrefix; for kSymlink its target; for kDirectory empty
//   list    writable:             sorted by path
//             string  path        relative to the execution root; empty for that root
//             string  source      an existing directory under kHostPrefix
//   bytes   reads                 with kReportReads: one byte and one for each input, all 0. The helper sets the first to
//                                 1 when the others tell which inputs were opened (1) and which were not (0).
enum RequestFlag : uint32_t {
  kWithProc = 1,  // mount /proc; failing to is a failure
  kCanary = 2,    // run the helper itself with --canary instead of argv[0]; argv[1..] are kept
  kWritableRoot = 4,  // /build itself stays writable; what is mounted in it does not
  kReportReads = 8,   // fill `reads` when all processes of the action are dead
  kTerminal = 32,         // stdin is a terminal of the action's own: make it the controlling one
  kAudit = 64,            // list in the file, behind the request, which paths the processes of the action ask for
  kLimitEachProcess = 16,  // memory_bytes is the RLIMIT_DATA of each process, too
};

// With kAudit the file has as many bytes more: a uint64 number of bytes that are used after it, and paths that each end
// with a NUL. They are absolute, as the processes see them, and not cleaned. What does not fit is not there.
inline constexpr uint64_t kAuditBytes = 16 * 1024 * 1024;
inline constexpr uint64_t kAuditHeader = sizeof(uint64_t);

enum class InputKind : uint32_t {
  kCopy = 1,            // a copy of a file, mode 0444
  kCopyExecutable = 2,  // a copy of a file, mode 0555
  kBindFile = 3,        // a read-only view of the file itself
  kBindTree = 4,        // a read-only view of a directory and all below it
  kSymlink = 5,
  kDirectory = 6,  // empty
};

}  // namespace cow::sandbox
