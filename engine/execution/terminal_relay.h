// TerminalRelay: a terminal inside the user's terminal, for a program in a sandbox.
//
// The user's own terminal is never given to an action: it could leave it in any state, and it has another session. What is
// typed is passed on byte by byte (so Ctrl-C interrupts the program inside, not cow), what the program prints is shown.
#pragma once

#include <termios.h>

#include <memory>
#include <thread>

#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"

namespace cow::execution {

class TerminalRelay {
 public:
  // Whether stdin and stdout are a terminal.
  static bool Possible();

  // Makes the inner terminal and starts to relay, in a thread of its own.
  static absl::StatusOr<std::unique_ptr<TerminalRelay>> Start();

  // Shows what is still to be shown, and puts the user's terminal back as it was.
  ~TerminalRelay();
  TerminalRelay(const TerminalRelay&) = delete;
  TerminalRelay& operator=(const TerminalRelay&) = delete;

  // stdin, stdout and stderr of the program.
  int inner() const { return inner_.get(); }

 private:
  TerminalRelay() = default;
  void Relay();

  UniqueFd outer_;  // the other end of the inner terminal
  UniqueFd inner_;
  termios saved_{};
  std::thread thread_;
};

}  // namespace cow::execution
