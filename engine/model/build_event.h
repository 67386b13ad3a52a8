// BuildEvents: what happened, announced once, to everyone who listens (progress, logs, statistics).
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "engine/model/label.h"
#include "engine/model/strong_id.h"

namespace cow {

struct PhaseStarted {
  enum class Phase { kLoading, kAnalysis, kExecution };
  Phase phase = Phase::kLoading;
};

struct PlanReady {
  int64_t actions = 0;      // upper bound of what will be looked at
};

// A process starts in the sandbox (or a download begins).
struct ActionStarted {
  ActionId action{};
  int worker = 0;           // 0-based slot, for one progress line per worker
  std::string description{};
};

struct ActionFinished {
  enum class How { kRan, kCached, kFailed, kSkipped };
  ActionId action{};
  int worker = -1;          // -1 if it had no slot (cached, skipped)
  How how = How::kRan;
  std::string mnemonic{};
  int64_t wall_micros = 0;
};

// Text for the person, complete, without trailing newline. Warnings and output of actions come this way.
struct Message {
  enum class Kind { kInfo, kWarning, kError, kActionOutput };
  Kind kind = Kind::kInfo;
  std::string text{};
};

using BuildEvent = std::variant<PhaseStarted, PlanReady, ActionStarted, ActionFinished, Message>;

// Receives events. Called from one thread at a time, in the order in which things happened.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Handle(const BuildEvent& event) = 0;
};

}  // namespace cow
