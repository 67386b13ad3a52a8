// Runs programs of the machine outside any sandbox: apt, dpkg, gcc -print-prog-name and the like.
// Build actions never come through here; they go to cow-sandbox.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace cow {

struct SubprocessOptions {
  std::vector<std::string> argv{};             // argv[0] is looked up in PATH if it has no slash
  std::vector<std::string> env{};              // "NAME=value"; used only if replace_env
  bool replace_env = false;                    // false: inherits this process's environment
  std::string working_directory{};             // "" = the current one
  std::string stdin_text{};
  bool inherit_output = false;                 // true: the child writes to our stdout and stderr
};

struct SubprocessResult {
  int exit_code = 0;                           // 128 + signal if killed by one
  std::string out;
  std::string err;
};

// Waits for the child. An exit code other than 0 is data; kNotFound if the program does not exist.
absl::StatusOr<SubprocessResult> RunSubprocess(const SubprocessOptions& options);

// The absolute path of `program` in PATH, or kNotFound.
absl::StatusOr<std::string> FindProgram(const std::string& program);

}  // namespace cow
