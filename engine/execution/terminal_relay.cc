#include "engine/execution/terminal_relay.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "engine/base/status.h"

namespace cow::execution {
namespace {

// False at the end of the input.
bool Pass(int from, int to) {
  char bytes[4096];
  const ssize_t got = read(from, bytes, sizeof bytes);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  for (ssize_t done = 0; done < got;) {
    const ssize_t put = write(to, bytes + done, static_cast<size_t>(got - done));
    if (put < 0 && errno != EINTR) return false;
    if (put > 0) done += put;
  }
  return true;
}

}  // namespace

bool TerminalRelay::Possible() { return isatty(0) == 1 && isatty(1) == 1; }

absl::StatusOr<std::unique_ptr<TerminalRelay>> TerminalRelay::Start() {
  std::unique_ptr<TerminalRelay> relay(new TerminalRelay());
  relay->outer_ = UniqueFd(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  char name[128];
  if (!relay->outer_.valid() || grantpt(relay->outer_.get()) != 0 || unlockpt(relay->outer_.get()) != 0 ||
      ptsname_r(relay->outer_.get(), name, sizeof name) != 0) {
    return ErrnoStatus(errno, "cannot make a terminal");
  }
  relay->inner_ = UniqueFd(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!relay->inner_.valid()) return ErrnoStatus(errno, "cannot open a terminal");
  winsize size;
  if (ioctl(0, TIOCGWINSZ, &size) == 0) ioctl(relay->inner_.get(), TIOCSWINSZ, &size);
  if (tcgetattr(0, &relay->saved_) != 0) return ErrnoStatus(errno, "cannot read the state of the terminal");
  tcsetattr(relay->inner_.get(), TCSANOW, &relay->saved_);
  termios raw = relay->saved_;
  cfmakeraw(&raw);
  if (tcsetattr(0, TCSADRAIN, &raw) != 0) return ErrnoStatus(errno, "cannot change the state of the terminal");
  relay->thread_ = std::thread([relay = relay.get()] { relay->Relay(); });
  return relay;
}

TerminalRelay::~TerminalRelay() {
  if (!thread_.joinable()) return;
  // With its last user gone, the outer end reads what is left, and then nothing.
  inner_.Reset();
  thread_.join();
  tcsetattr(0, TCSADRAIN, &saved_);
}

void TerminalRelay::Relay() {
  pollfd ends[] = {{outer_.get(), POLLIN, 0}, {0, POLLIN, 0}};
  while (poll(ends, 2, -1) >= 0 || errno == EINTR) {
    if (ends[0].revents != 0 && !Pass(outer_.get(), 1)) return;
    if (ends[1].revents != 0 && !Pass(0, outer_.get())) ends[1].fd = -1;
  }
}

}  // namespace cow::execution
