#include "engine/cli/build_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/posix_file.h"
#include "engine/cli/interrupt.h"
#include "engine/cli/profile_sink.h"
#include "engine/cli/progress_sink.h"
#include "engine/cli/report.h"
#include "engine/cli/terminal.h"
#include "engine/driver/build.h"

namespace cow::cli {
namespace {

bool Decide(Switch choice, bool automatic) { return choice == Switch::kAuto ? automatic : choice == Switch::kYes; }

ProgressOptions Look(const Options& options) {
  bool terminal = StderrIsTerminal();
  return {.fancy = Decide(options.progress, terminal),
          .color = Decide(options.color, terminal && GetEnv("NO_COLOR").empty()),
          .quiet = options.quiet,
          .width = TerminalWidth()};
}

std::string MissingTargets(const Options& options) {
  return absl::StrCat("error: cow ", options.command, " wants at least one target, such as //... or :name\n");
}

driver::BuildRequest::Kind KindOf(const Options& options) {
  if (options.command == "test") return driver::BuildRequest::Kind::kTest;
  if (options.command == "shell") return driver::BuildRequest::Kind::kShell;
  if (options.command == "cache push") return driver::BuildRequest::Kind::kPush;
  return options.command == "run" ? driver::BuildRequest::Kind::kRun : driver::BuildRequest::Kind::kBuild;
}

}  // namespace

driver::BuildResult BuildWithProgress(const Options& options) {
  Interrupt interrupt;
  ProgressSink progress(Look(options));
  driver::BuildRequest request = options.request;
  request.kind = KindOf(options);
  absl::StatusOr<std::string> directory = CurrentDirectory();
  if (!directory.ok()) {
    progress.Handle(Message{Message::Kind::kError, absl::StrCat("error: ", directory.status().message())});
    return {.exit_code = driver::ExitCode::kMachine};
  }
  request.working_directory = *directory;
  if (options.profile.empty()) return driver::Build(request, progress, interrupt.token());
  ProfileSink profile(progress);
  driver::BuildResult result = driver::Build(request, profile, interrupt.token());
  absl::Status written = WriteFile(options.profile, profile.Trace(result) + "\n");
  if (!written.ok()) {
    progress.Handle(Message{Message::Kind::kWarning, absl::StrCat("warning: no profile: ", written.message())});
  }
  std::string path = CriticalPathText(result);
  if (!options.quiet && !path.empty()) progress.Handle(Message{Message::Kind::kInfo, std::move(path)});
  return result;
}

namespace {

// The program starts in its runfiles and finds them by its own name: what leads another program to its runfiles would
// mislead it.
bool EnterRunfiles(const driver::BuildResult& result) {
  for (const char* name : {"JAVA_RUNFILES", "PYTHON_RUNFILES", "RUNFILES_DIR", "RUNFILES_MANIFEST_FILE",
                           "RUNFILES_MANIFEST_ONLY", "TEST_SRCDIR", "TEST_WORKSPACE"}) {
    unsetenv(name);
  }
  absl::StatusOr<std::string> here = CurrentDirectory();
  if (here.ok()) setenv("BUILD_WORKING_DIRECTORY", here->c_str(), 1);
  for (const auto& [name, value] : result.run_env) setenv(name.c_str(), value.c_str(), 1);
  if (chdir(result.run_directory.c_str()) == 0) return true;
  std::fprintf(stderr, "error: entering %s: %s\n", result.run_directory.c_str(), std::strerror(errno));
  return false;
}

}  // namespace

driver::ExitCode RunBuild(const Options& given) {
  Options options = given;
  std::vector<std::string>& patterns = options.request.patterns;
  patterns = options.arguments;
  patterns.insert(patterns.end(), options.after_dashes.begin(), options.after_dashes.end());
  if (patterns.empty()) {
    std::fputs(MissingTargets(options).c_str(), stderr);
    return driver::ExitCode::kBadCommandLine;
  }
  driver::BuildResult result = BuildWithProgress(options);
  if (options.json) {
    std::printf("%s\n", ResultAsJson(result).c_str());
  } else {
    std::fputs(ResultAsText(result, options).c_str(), stderr);
  }
  return result.exit_code;
}

driver::ExitCode RunRun(const Options& given) {
  Options options = given;
  options.request.patterns = options.arguments;
  if (options.arguments.size() != 1) {
    std::fprintf(stderr, "error: cow run wants one target; arguments of the program stand after '--'\n");
    return driver::ExitCode::kBadCommandLine;
  }
  driver::BuildResult result = BuildWithProgress(options);
  if (result.exit_code != driver::ExitCode::kOk) {
    std::fputs(ResultAsText(result, options).c_str(), stderr);
    return result.exit_code;
  }
  if (result.executable.empty()) {
    std::fprintf(stderr, "error: %s cannot be run: it makes no program\n", options.arguments[0].c_str());
    return driver::ExitCode::kBadCommandLine;
  }
  if (!EnterRunfiles(result)) return driver::ExitCode::kMachine;
  std::vector<char*> argv = {result.executable.data()};
  for (std::string& argument : result.run_args) argv.push_back(argument.data());
  for (std::string& argument : options.after_dashes) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  std::fprintf(stderr, "error: starting %s: %s\n", result.executable.c_str(), std::strerror(errno));
  return driver::ExitCode::kMachine;
}

driver::ExitCode RunShell(const Options& given) {
  Options options = given;
  options.request.patterns = options.arguments;
  options.request.shell_command = options.after_dashes;
  // The lines of progress would be drawn over the shell.
  options.progress = Switch::kNo;
  if (options.arguments.size() != 1) {
    std::fprintf(stderr, "error: cow shell wants one target; a command to run in its sandbox stands after '--'\n");
    return driver::ExitCode::kBadCommandLine;
  }
  driver::BuildResult result = BuildWithProgress(options);
  if (result.exit_code == driver::ExitCode::kOk) return static_cast<driver::ExitCode>(result.shell_exit_code);
  return result.exit_code;
}

}  // namespace cow::cli
