// WorkMeter: what one evaluation has spent, and whether it may go on.
//
// A step is about as much as one round of a loop, some 20 ns. The interpreter counts calls, rounds
// and the length of what they run; everything written in C++ notes work in proportion to what it
// does, so that no single operation takes long without being counted: NoteWork where it is bounded
// by a value that exists (the interpreter looks when the operation is over), ChargeWork inside of
// loops that must end when the limit is reached. Both find the evaluation that runs on this OS
// thread; outside of one they do nothing.
//
// Used by one OS thread at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace cow::starlark {

class Heap;

class WorkMeter {
 public:
  // `heap` must outlive the meter.
  explicit WorkMeter(const Heap& heap) : heap_(heap) {}
  WorkMeter(const WorkMeter&) = delete;
  WorkMeter& operator=(const WorkMeter&) = delete;

  void set_limit(uint64_t steps);  // 0: none
  uint64_t steps() const { return steps_; }
  void set_cancel_flag(const std::atomic<bool>* flag) { cancel_ = flag; }

  void Note(uint64_t steps) { steps_ += steps; }
  // One step. True if Check must be asked.
  bool Step() { return ++steps_ >= next_check_; }
  bool due() const { return steps_ >= next_check_; }
  // OK, or why the evaluation has to end: too many steps, too much memory, cancelled. A failure
  // stays.
  absl::Status Check();
  // The next Check comes soon: memory got short.
  void Trip() { next_check_ = 0; }

  // OK if so many bytes more fit in the heap's limit, beside those that C++ holds for a while. A
  // failure stays.
  absl::Status CheckRoom(uint64_t bytes);
  void Hold(uint64_t bytes) { held_ += bytes; }
  void Release(uint64_t bytes) { held_ -= bytes; }

  // Of the evaluation that runs on this OS thread; nullptr outside of one.
  static WorkMeter* Current() { return current_; }

  // Makes a meter the current one. Scopes nest.
  class Scope {
   public:
    explicit Scope(WorkMeter& meter) : outer_(current_) { current_ = &meter; }
    ~Scope() { current_ = outer_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    WorkMeter* outer_;
  };

 private:
  absl::Status Fail(absl::Status failure);

  static inline constinit thread_local WorkMeter* current_ = nullptr;

  uint64_t steps_ = 0;
  uint64_t next_check_ = 0;  // step at which limits are looked at again
  uint64_t limit_ = 0;
  uint64_t held_ = 0;
  const std::atomic<bool>* cancel_ = nullptr;
  const Heap& heap_;
  absl::Status failure_;
};

inline void NoteWork(uint64_t steps) {
  if (WorkMeter* meter = WorkMeter::Current()) meter->Note(steps);
}

// Notes the work and fails if the evaluation has to end.
inline absl::Status ChargeWork(uint64_t steps) {
  WorkMeter* meter = WorkMeter::Current();
  if (meter == nullptr) return absl::OkStatus();
  meter->Note(steps);
  return meter->due() ? meter->Check() : absl::OkStatus();
}

// Steps for handling so many bytes: copied or compared at once, or looked at one by one.
constexpr uint64_t BulkBytes(uint64_t bytes) { return bytes / 64; }
constexpr uint64_t SingleBytes(uint64_t bytes) { return bytes / 8; }
// Steps for walking over so many elements.
constexpr uint64_t WalkedElements(uint64_t elements) { return elements / 8; }

// For loops over elements: charges for them in batches.
class ElementCharge {
 public:
  // What one element costs, in eighths of a step.
  explicit ElementCharge(uint64_t eighths = 6) : eighths_(eighths) {}
  absl::Status Next() {
    if ((++count_ & 15) != 0) [[likely]] return absl::OkStatus();
    return ChargeWork(2 * eighths_);
  }

 private:
  uint64_t eighths_;
  uint64_t count_ = 0;
};

// Memory that C++ needs for a while, for an array or the like; counts until the end of the scope.
class HeldMemory {
 public:
  HeldMemory() : meter_(WorkMeter::Current()) {}
  ~HeldMemory() {
    if (meter_ != nullptr) meter_->Release(bytes_);
  }
  HeldMemory(const HeldMemory&) = delete;
  HeldMemory& operator=(const HeldMemory&) = delete;

  // Fails if there is no room for so much more.
  absl::Status Add(uint64_t bytes);

 private:
  WorkMeter* meter_;
  uint64_t bytes_ = 0;
};

// CheckRoom of the current meter.
absl::Status CheckWorkingMemory(uint64_t bytes);

}  // namespace cow::starlark
