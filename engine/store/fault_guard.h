// A guard around code that reads memory whose contents it cannot trust, such as pages of a damaged database: a memory
// fault in it (SIGSEGV, SIGBUS) ends the code, not the process.
//
// What the code held is lost: no destructor between the fault and RunGuarded runs. So guard only calls into C code and
// small functions around them, and use nothing they may have left half changed.
#pragma once

#include "absl/functional/function_ref.h"

namespace cow::store {

// Runs `body` and returns true, or returns false if it faulted. Any thread; may be nested. The first call sets the
// process's handlers of both signals; faults elsewhere go to those that were there before.
bool RunGuarded(absl::FunctionRef<void()> body);

// Ends the innermost guarded code of this thread as a fault does; ends the process if there is none.
[[noreturn]] void RaiseGuarded();

}  // namespace cow::store
