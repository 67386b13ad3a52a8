// RunNudged: runs something in a thread of its own, and interrupts what it waits for there now and then.
//
// For robust mutexes between processes: if a process is killed in the moment in which it was woken to take one, and another has
// taken it meanwhile, nobody wakes those who wait. A wait that a signal interrupts looks at the mutex again.
#pragma once

#include <atomic>

#include "absl/functional/function_ref.h"

namespace cow::store {

// Returns when `body` has. Interrupts it, by a signal with an empty handler (SIGURG), while `waits` is set: calls that are not begun
// again by whoever made them fail with EINTR then.
void RunNudged(absl::FunctionRef<void()> body, const std::atomic<bool>& waits);

}  // namespace cow::store
