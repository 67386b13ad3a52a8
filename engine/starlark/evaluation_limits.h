// EvaluationLimits: what ends one evaluation of a file, macro or rule function that would not end by
// itself. Regular value; `cancel` must outlive the evaluations.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/starlark/thread.h"

namespace cow::starlark {

struct EvaluationLimits {
  // Of WorkMeter; 0: any number. The default is some ten seconds: no honest file takes as many.
  uint64_t steps = 1'000'000'000;
  // Evaluations fail with kCancelled soon after this becomes true. May be null.
  const std::atomic<bool>* cancel = nullptr;

  void Apply(Thread& thread) const {
    thread.set_step_limit(steps);
    thread.set_cancel_flag(cancel);
  }
};

}  // namespace cow::starlark
