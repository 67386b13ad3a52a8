#include "engine/cli/command_table.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "engine/base/edit_distance.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/cli/build_command.h"
#include "engine/cli/cache_command.h"
#include "engine/cli/completion_command.h"
#include "engine/cli/fetch_command.h"
#include "engine/cli/flag_table.h"
#include "engine/cli/help_command.h"
#include "engine/cli/rc_file.h"
#include "engine/cli/push_command.h"
#include "engine/cli/query_command.h"
#include "engine/cli/toolchain_command.h"
#include "engine/cli/why_command.h"
#include "engine/cli/workspace_commands.h"
#include "engine/driver/workspace_tasks.h"

namespace cow::cli {

const std::vector<Command>& Commands() {
  static const auto& commands = *new std::vector<Command>{
      {"build", "TARGET...", "Builds targets and puts their outputs below cow-out/.",
       "cow-bin points at the outputs of the current configuration: cow-bin/<package>/<file>.", RunBuild},
      {"test", "TARGET...", "Builds and runs tests; a test that passed before on the same bytes is not run again.", "", RunBuild},
      {"run", "TARGET [-- ARGUMENT...]", "Builds one program and runs it here.",
       "The program gets the terminal, this directory and what follows '--'. Its exit code is cow's.", RunRun},
      {"shell", "TARGET [-- COMMAND...]", "Opens a shell, or runs a command, in the sandbox of an action of a target.",
       "Its inputs are built and in their places, environment and directory are the action's; the action itself does not\n"
       "run, and what is written is gone at the end. --mnemonic and --output_file choose among several actions.",
       RunShell},
      {"query", "EXPRESSION", "Answers questions about targets, configured targets and actions.",
       "deps(x), rdeps(universe, x), somepath(a, b), kind(pattern, x), attr(name, pattern, x) and others; + - ^ join sets.\n"
       "docs/reference/query.md has an example of each.",
       RunQuery},
      {"why", "[TARGET|FILE]", "Tells why actions ran: what changed since they were built before.",
       "Without an argument: the last build, by cause. With a label, a pattern or an output file: its actions, each with what\n"
       "changed, up to the source. Answers from what builds recorded; nothing is loaded or built. docs/guide/why.md.",
       RunWhy},
      {"stats", "", "Shows how the recorded builds went: cache hits, slowest actions, history.", "", RunStats},
      {"toolchain", "[TARGET...]", "Tells which toolchains are chosen, and why no others.",
       "Without targets: what every registered toolchain type gets for --platforms on each execution platform. With targets:\n"
       "what they and all they depend on get. Nothing is built.", RunToolchain},
      {"lock", "[REPOSITORY...]", "Resolves the lock files of repositories again.",
       "The only command that changes a lock file.", RunLock},
      {"fetch", "[TARGET...]", "Downloads all that building and testing the targets may need, and builds nothing.",
       "Without targets: all targets of the workspace and all repositories it declares.", RunFetch},
      {"vendor", "DIR [TARGET...]", "Copies all that building and testing the targets needs from outside to a directory.",
       "Builds with --vendor_dir=DIR, also with --offline on a machine without a network, take it from there. Files are named by\n"
       "their hashes; DIR/MANIFEST lists them, --check reads them all. What is there stays. Default: all targets.", RunVendor},
      {"clean", "", "Removes cow-out/ and cow-bin. Never needed for correctness.", "", RunClean},
      {"cache", "gc|path|push|stats|verify", "Says what lies in the cache, checks it, or makes it smaller.",
       "gc removes what --disk_cache_max says is too much, never what a running build uses; verify reads every file and\n"
       "record and puts bad ones into quarantine (exit code 1); stats counts; path says where it is.",
       RunCache},
      {"cache push", "[TARGET...]", "Sends results of earlier builds and tests to the remote cache.",
       "Those that the cache of this machine knows for the targets as they are now, made in a sandbox of tier S3, with their\n"
       "outputs. Nothing is built. Default: all targets. Exit code 36 if the remote cache did not take all of them.",
       RunPush},
      {"info", "[KEY]", "Shows where things are: workspace, outputs, cache, sandbox.", "", RunInfo},
      {"starlark", "[FILE]", "Runs a Starlark program, or takes one piece by piece from a terminal.",
       "FILE '-' is standard input; without FILE, standard input is read unless it is a terminal. There, what is\n"
       "typed is run piece by piece: values are shown, a block ends with an empty line, Ctrl-C stops what runs,\n"
       "Ctrl-D ends. load(\"x.star\", ...) loads files beside FILE; struct and json are predeclared.\n"
       "With --chunked any number of FILEs is run, each a suite of small programs with the errors they must have.",
       RunStarlark},
      {"completion", "bash|zsh", "Prints a completion script for the shell.",
       "Put 'source <(cow completion bash)' into ~/.bashrc.", RunCompletion},
      {"help", "[COMMAND]", "Shows help.", "", RunHelp},
      {"version", "", "Shows the version.", "", RunVersion},
  };
  return commands;
}

const Command* FindCommand(std::string_view name) {
  for (const Command& command : Commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

namespace {

driver::ExitCode UnknownCommand(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : Commands()) names.push_back(command.name);
  std::string closest = ClosestMatch(name, names);
  std::fprintf(stderr, "error: there is no command '%s'%s; 'cow help' lists them\n", name.c_str(),
               closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)").c_str());
  return driver::ExitCode::kBadCommandLine;
}

// With what .cowrc files say.
absl::StatusOr<Options> ReadFlags(const std::string& command, const std::vector<std::string>& given) {
  auto end = std::find(given.begin(), given.end(), "--");
  std::vector<RcLine> lines;
  if (std::find(given.begin(), end, "--norc") == end) {
    COW_ASSIGN_OR_RETURN(std::string directory, CurrentDirectory());
    COW_ASSIGN_OR_RETURN(lines, ReadRcFiles(driver::WorkspaceAt(directory), GetEnv("HOME")));
  }
  COW_ASSIGN_OR_RETURN(std::vector<std::string> arguments, WithRcLines(command, given, lines));
  return ParseFlags(command, arguments);
}

// As it is kept and shown: what is sent with --remote_header may be a secret.
std::vector<std::string> WithoutSecrets(std::vector<std::string> arguments) {
  constexpr std::string_view kHidden = "HIDDEN";
  for (std::string_view flag : {"--remote_header", "--remote_cache_header", "--remote_exec_header"}) {
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (arguments[i].starts_with(absl::StrCat(flag, "="))) arguments[i] = absl::StrCat(flag, "=", kHidden);
      if (arguments[i] == flag && i + 1 < arguments.size()) arguments[i + 1] = kHidden;
    }
  }
  return arguments;
}

}  // namespace

driver::ExitCode RunCommandLine(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") {
    std::fputs(Overview().c_str(), stdout);
    return driver::ExitCode::kOk;
  }
  std::string name = arguments[0] == "--version" ? "version" : arguments[0];
  auto rest = arguments.begin() + 1;
  // A command of two words.
  if (rest != arguments.end() && FindCommand(absl::StrCat(name, " ", *rest)) != nullptr) absl::StrAppend(&name, " ", *rest++);
  const Command* command = FindCommand(name);
  if (command == nullptr) return UnknownCommand(name);
  absl::StatusOr<Options> options = ReadFlags(name, {rest, arguments.end()});
  if (!options.ok()) {
    std::fprintf(stderr, "error: %s\n", std::string(options.status().message()).c_str());
    return driver::ExitCode::kBadCommandLine;
  }
  if (options->help) {
    std::fputs(HelpFor(*command).c_str(), stdout);
    return driver::ExitCode::kOk;
  }
  options->command = name;
  options->request.command_line = WithoutSecrets({rest, arguments.end()});
  return command->run(*options);
}

}  // namespace cow::cli
