#include "engine/store/nudged_thread.h"

#include <pthread.h>
#include <signal.h>

#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace cow::store {
namespace {

constexpr int kNudge = SIGURG;
constexpr absl::Duration kPatience = absl::Milliseconds(250);

void DoNothing(int /*signal*/) {}

// Without SA_RESTART: the call that waits ends.
bool SetHandler() {
  struct sigaction action = {};
  action.sa_handler = DoNothing;
  sigemptyset(&action.sa_mask);
  return sigaction(kNudge, &action, nullptr) == 0;
}

}  // namespace

void RunNudged(absl::FunctionRef<void()> body, const std::atomic<bool>& waits) {
  static const bool handler_is_set = SetHandler();
  absl::Notification done;
  std::thread thread([&] {
    sigset_t nudge;
    sigemptyset(&nudge);
    sigaddset(&nudge, kNudge);
    pthread_sigmask(SIG_UNBLOCK, &nudge, nullptr);
    body();
    done.Notify();
  });
  while (!done.WaitForNotificationWithTimeout(kPatience)) {
    if (handler_is_set && waits) pthread_kill(thread.native_handle(), kNudge);
  }
  thread.join();
}

}  // namespace cow::store
