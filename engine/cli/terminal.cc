#include "engine/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/posix_file.h"

namespace cow::cli {

bool StderrIsTerminal() {
  std::string term = GetEnv("TERM");
  return isatty(2) == 1 && !term.empty() && term != "dumb";
}

int TerminalWidth() {
  winsize size{};
  return ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace cow::cli
