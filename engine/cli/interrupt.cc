#include "engine/cli/interrupt.h"

#include <pthread.h>
#include <signal.h>

#include <cstdlib>

#include "engine/driver/build_request.h"

namespace cow::cli {
namespace {

// SIGUSR1 ends the waiting thread.
sigset_t Handled() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  sigset_t set = Handled();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::thread([this] { Wait(); });
}

Interrupt::~Interrupt() {
  pthread_kill(waiter_.native_handle(), SIGUSR1);
  waiter_.join();
  sigset_t set = Handled();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Interrupt::Wait() {
  sigset_t set = Handled();
  for (int count = 1;; ++count) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0 || signal == SIGUSR1) return;
    if (count >= 3) std::_Exit(static_cast<int>(driver::ExitCode::kInterrupted));
    source_.request_stop();
  }
}

}  // namespace cow::cli
