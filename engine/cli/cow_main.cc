#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "engine/cli/command_table.h"

int main(int argc, char** argv) {
  using cow::driver::ExitCode;
  ExitCode code = cow::cli::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc));
  // An answer that did not reach its file is none.
  const bool is_lost = std::fflush(stdout) != 0;
  if (is_lost || std::ferror(stdout) != 0) {
    std::fprintf(stderr, "error: cannot write to standard output%s%s\n", is_lost ? ": " : "",
                 is_lost ? std::strerror(errno) : "");
    if (code == ExitCode::kOk) code = ExitCode::kMachine;
  }
  return static_cast<int>(code);
}
