// ActionWorker: what the executor has done on other threads: look one action up, or run it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/execution/artifact_value.h"
#include "engine/execution/key_notes.h"
#include "engine/model/build_event.h"
#include "engine/model/strong_id.h"

namespace cow::execution {

struct WorkOutcome {
  enum class Kind {
    kHit,        // Look: the action cache knows the outputs
    kMiss,       // Look: it must run
    kMade,       // Look: made without a process
    kRan,        // Run: the process succeeded
    kFailed,     // `text` is the complete message
    kLost,       // the bytes of the inputs `lost` are gone from the CAS
    kCancelled,
  };

  Kind kind = Kind::kMiss;
  std::vector<ArtifactValue> values{};  // kHit, kMade, kRan: of the action's outputs, in order
  std::string text{};                   // kRan: what it printed; kFailed: the message
  std::string printed{};                // kFailed: what it printed
  std::vector<ArtifactId> lost{};       // kLost
  int64_t wall_micros = 0;              // kHit, kRan, kFailed
  bool is_remote = false;               // kHit: another machine made the result
  std::string tier{};                   // kRan
  bool reached_limit = false;           // kRan: and so is no result to keep
  int attempts = 1;                     // kRan, kFailed: how often it was started
  bool timed_out = false;               // kFailed
  std::optional<KeyNote> note{};        // kMiss, kHit, kMade
};

// Messages that must not wait for the outcome. May be called from any thread.
using Announce = std::function<void(Message)>;

// Any thread. A Status other than OK means that the machine failed.
class ActionWorker {
 public:
  virtual ~ActionWorker() = default;
  // The values of all inputs of the action are known.
  virtual absl::StatusOr<WorkOutcome> Look(ActionId id) = 0;
  virtual absl::StatusOr<WorkOutcome> Run(ActionId id, std::stop_token cancelled, const Announce& announce) = 0;
  // Bytes of its outputs were not to be had: from now on its results count only if they are here.
  virtual void Distrust(ActionId id) = 0;
};

}  // namespace cow::execution
