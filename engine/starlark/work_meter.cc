#include "engine/starlark/work_meter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/starlark/heap.h"

namespace cow::starlark {

namespace {

// Steps between two looks at the cancel flag and the memory.
constexpr uint64_t kCheckEvery = 1024;

}  // namespace

void WorkMeter::set_limit(uint64_t steps) {
  limit_ = steps;
  next_check_ = 0;
}

absl::Status WorkMeter::Fail(absl::Status failure) {
  failure_ = std::move(failure);
  next_check_ = 0;
  return failure_;
}

absl::Status WorkMeter::Check() {
  if (!failure_.ok()) return failure_;
  if (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed)) {
    return Fail(absl::CancelledError("evaluation was cancelled"));
  }
  if (limit_ != 0 && steps_ >= limit_) {
    return Fail(absl::ResourceExhaustedError(
        absl::StrCat("evaluation takes too many steps (limit ", limit_, ")")));
  }
  next_check_ = steps_ + kCheckEvery;
  if (limit_ != 0) next_check_ = std::min(next_check_, limit_);
  return CheckRoom(0);
}

absl::Status WorkMeter::CheckRoom(uint64_t bytes) {
  absl::Status room = heap_.CheckRoom(bytes + held_);
  return room.ok() ? room : Fail(std::move(room));
}

absl::Status HeldMemory::Add(uint64_t bytes) {
  if (meter_ == nullptr) return absl::OkStatus();
  if (absl::Status room = meter_->CheckRoom(bytes); !room.ok()) return room;
  meter_->Hold(bytes);
  bytes_ += bytes;
  return absl::OkStatus();
}

absl::Status CheckWorkingMemory(uint64_t bytes) {
  WorkMeter* meter = WorkMeter::Current();
  return meter == nullptr ? absl::OkStatus() : meter->CheckRoom(bytes);
}

}  // namespace cow::starlark
