#include "engine/store/fault_guard.h"

#include <setjmp.h>
#include <signal.h>

#include <cstdlib>

namespace cow::store {
namespace {

thread_local sigjmp_buf* innermost = nullptr;

// Signals are not blocked in the handler, which is left by a jump that restores no mask: that would cost two calls each time. The
// thread sanitizer's own handler, which calls ours, blocks all signals.
#ifdef __SANITIZE_THREAD__
constexpr int kRestoresMask = 1;
#else
constexpr int kRestoresMask = 0;
#endif

struct sigaction before_segv;
struct sigaction before_bus;

void OnFault(int signal, siginfo_t* info, void* /*context*/) {
  // A signal that somebody sent is not a fault.
  if (innermost != nullptr && info->si_code > 0) siglongjmp(*innermost, 1);
  // The faulting instruction runs again and meets the old handler; a signal that was sent must be sent again.
  sigaction(signal, signal == SIGSEGV ? &before_segv : &before_bus, nullptr);
  if (info->si_code <= 0) raise(signal);
}

bool SetHandlers() {
  struct sigaction action = {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &before_segv);
  sigaction(SIGBUS, &action, &before_bus);
  return true;
}

}  // namespace

bool RunGuarded(absl::FunctionRef<void()> body) {
  static const bool handlers_are_set = SetHandlers();
  static_cast<void>(handlers_are_set);
  sigjmp_buf here;
  sigjmp_buf* const outer = innermost;
  if (sigsetjmp(here, kRestoresMask) != 0) {
    innermost = outer;
    return false;
  }
  innermost = &here;
  body();
  innermost = outer;
  return true;
}

void RaiseGuarded() {
  if (innermost != nullptr) siglongjmp(*innermost, 1);
  std::abort();
}

}  // namespace cow::store
