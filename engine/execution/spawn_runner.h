// Spawn: one process to run, complete and independent of the plan. SpawnRunner: who runs it.
//
// A failed process is data (SpawnResult). A Status other than OK means that the machine could not do
// its part: the build stops, and nothing is concluded about the action.
#pragma once

#include <cstdint>
#include <stop_token>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/model/host_tree.h"
#include "engine/model/strong_id.h"

namespace cow::execution {

// Something the process finds below its execution root, read-only. Its bytes are in the CAS.
struct SpawnInput {
  enum class Kind { kFile, kTree, kSymlink, kDirectory };

  Kind kind = Kind::kFile;
  std::string path{};       // exec path
  Digest digest{};          // kFile: of the bytes; kTree: of the encoded tree
  bool executable = false;  // kFile
  std::string target{};     // kSymlink

  friend bool operator==(const SpawnInput&, const SpawnInput&) = default;
};

// A directory below the execution root in which the process may create files, and the existing empty
// directory of this machine where they end up.
struct SpawnWritable {
  std::string path{};       // exec path
  std::string host_path{};
};

struct Spawn {
  ActionId action{};                        // whose it is; tells runners apart what they do, never part of the work
  std::vector<std::string> argv{};
  std::vector<std::string> env{};           // NAME=value, sorted, all of it
  std::vector<SpawnInput> inputs{};         // sorted by path
  std::vector<SpawnWritable> writable{};    // sorted by path
  std::string working_directory{};          // exec path of a directory above an input; "" = the execution root
  HostTreePtr host_tree{};                  // null: an empty root
  std::optional<Digest> root_tree{};        // an encoded tree that is the root instead
  int64_t timeout_seconds = 0;              // 0 = none
  bool report_reads = false;                // fill SpawnResult::read
  bool audit = false;                       // fill SpawnResult::asked
  bool writable_root = false;               // it may add files beside its inputs; they are lost
};

struct SpawnResult {
  // kNotExecuted: the program cannot be executed (`err` says why).
  enum class Outcome { kExited, kSignalled, kTimedOut, kCancelled, kNotExecuted };

  Outcome outcome = Outcome::kExited;
  int exit_code = 0;                        // kExited
  int signal = 0;                           // kSignalled
  std::string out{};
  std::string err{};
  int64_t wall_micros = 0;
  int64_t max_rss_kib = 0;
  std::string tier{};                       // strength of the isolation: "S3"
  std::string limit{};                      // the limit that it reached, for people; such a result is not kept

  // By place in Spawn::inputs: false if the process certainly did not read it. Empty if that is not known.
  std::vector<bool> read{};

  // The absolute paths, in the sandbox, that its processes named to the kernel, there or not.
  std::vector<std::string> asked{};

  bool succeeded() const { return outcome == Outcome::kExited && exit_code == 0; }
};

class SpawnRunner {
 public:
  virtual ~SpawnRunner() = default;

  // Returns when the last process of the spawn is dead. Any thread; `cancelled` stops it early (kCancelled).
  // kNotFound and kDataLoss: the bytes of an input are not in the CAS any more.
  virtual absl::StatusOr<SpawnResult> Run(const Spawn& spawn, std::stop_token cancelled) = 0;
};

}  // namespace cow::execution
