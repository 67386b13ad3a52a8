// BuildRecord: what one build did and from what, kept so that it can be told later why. Immutable once stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/digest.h"

namespace cow {

// Why an action had to run.
enum class MissReason {
  kNone,          // it did not have to
  kNoResult,      // nothing is known under its key
  kBlobLost,      // the result is known, bytes of an output are gone
  kRefused,       // the result is known, policy does not take it: made in a weaker sandbox
  kNotCacheable,  // its results are never kept
  kCacheOff,      // this build was told not to use results
};

// A key under which an action was seen in a workspace, and when.
struct LastKey {
  Digest key{};
  bool failed = false;        // it ran and failed, so that there is no result
  int64_t unix_micros = 0;    // when the build began that saw it

  friend bool operator==(const LastKey&, const LastKey&) = default;
};

// An action whose key was not the last one, that ran, or whose result another machine gave. The others did what they always did.
struct RecordedAction {
  enum class Outcome {
    kHit,     // another key than last time, and its result is in the cache
    kRan,
    kFailed,
    kMade,    // no process: written, filled in or linked by the engine; an input of one that is recorded
    kRemoteHit,  // another machine has the result, and this one had not
  };

  std::vector<std::string> outputs{};   // exec paths; the first is the action's name from build to build
  std::string label{};
  std::string mnemonic{};
  Outcome outcome = Outcome::kRan;
  MissReason miss = MissReason::kNone;
  Digest key{};                         // kMade: of the bytes of `source`, if there is a previous one
  std::vector<LastKey> previous{};      // other keys it had, the newest first; none: never seen in this workspace
  std::string lost{};                   // kBlobLost: exec path of the output
  std::string source{};                 // kMade: the input it is an alias of, or whose change changed it
  int64_t start_micros = 0;             // since the build began; kRan, kFailed
  int64_t wall_micros = 0;              // kRan, kFailed: the process; kHit, kRemoteHit: when it ran

  friend bool operator==(const RecordedAction&, const RecordedAction&) = default;
};

// A build without its actions.
struct BuildSummary {
  int64_t unix_micros = 0;              // when it began; what tells builds of a workspace apart
  int64_t number = 0;                   // counts up in a workspace, from 1
  int64_t wall_micros = 0;
  std::string command{};                // "build"
  std::vector<std::string> arguments{}; // as typed
  int32_t exit_code = 0;
  bool interrupted = false;
  int64_t actions_run = 0;              // processes
  int64_t actions_cached = 0;
  int64_t actions_failed = 0;
  int64_t actions_recorded = 0;
  int64_t record_bytes = 0;

  friend bool operator==(const BuildSummary&, const BuildSummary&) = default;
};

struct BuildRecord {
  BuildSummary summary{};
  std::vector<RecordedAction> actions{};  // in the order of the plan
};

}  // namespace cow
