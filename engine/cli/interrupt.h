// Turns Ctrl-C and SIGTERM into a stop request.
//
// The first signal asks the build to stop: running actions are killed, finished work is kept. The third ends the process at
// once; the sandbox dies with it. SIGHUP (the terminal went away) counts as a first signal.
#pragma once

#include <stop_token>
#include <thread>

namespace cow::cli {

class Interrupt {
 public:
  // Blocks the signals in this thread and, by inheritance, in all threads started later: construct it first in main.
  Interrupt();
  // The signals have their usual effect again.
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  void Wait();

  std::stop_source source_;
  std::thread waiter_;
};

}  // namespace cow::cli
