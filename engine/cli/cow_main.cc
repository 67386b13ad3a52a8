#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "engine/cli/command_table.h"

namespace {

// cow throws nothing; the C++ library does if the machine has no memory or no thread left. Nothing is half written then:
// it is as after kill -9.
[[noreturn]] void EndForWantOfMemory() {
  try {
    if (std::current_exception() != nullptr) std::rethrow_exception(std::current_exception());
    std::fprintf(stderr, "error: cow cannot go on\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: the machine has no memory or no thread left for cow: %s\n", error.what());
  } catch (...) {
    std::fprintf(stderr, "error: cow cannot go on: an unknown exception\n");
  }
  _exit(static_cast<int>(cow::driver::ExitCode::kMachine));
}

}  // namespace

int main(int argc, char** argv) {
  using cow::driver::ExitCode;
  std::set_terminate(EndForWantOfMemory);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
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
