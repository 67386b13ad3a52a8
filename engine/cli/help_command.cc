#include "engine/cli/help_command.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/edit_distance.h"
#include "engine/cli/command_table.h"
#include "engine/cli/flag_table.h"

namespace cow::cli {
namespace {

std::string FlagHead(const Flag& flag) {
  std::string head = flag.letter != 0 ? absl::StrCat("-", std::string(1, flag.letter), ", ") : "    ";
  absl::StrAppend(&head, "--", flag.name);
  if (!flag.value.empty()) absl::StrAppend(&head, "=", flag.value);
  return head;
}

}  // namespace

std::string Overview() {
  std::string text =
      "cow builds a monorepo from C++ source to what gets deployed.\n\n"
      "usage: cow COMMAND [FLAGS] [TARGETS]\n\ncommands:\n";
  for (const Command& command : Commands()) {
    absl::StrAppend(&text, absl::StrFormat("  %-11s%s\n", command.name, command.summary));
  }
  absl::StrAppend(&text,
                  "\ntargets:\n"
                  "  //a/b:c     the target c of package a/b     :c          of the package of this directory\n"
                  "  //a/b       the same as //a/b:b             //a/...     all rules in a and below\n"
                  "  //a:all     all rules of package a          -//a:b      without //a:b (after --)\n"
                  "\n'cow help COMMAND' shows a command's flags. Exit codes: 0 done, 1 build failed, 2 bad command line,\n"
                  "3 tests failed, 8 interrupted, 36 trouble with the machine, 37 bug in cow.\n");
  return text;
}

std::string HelpFor(const Command& command) {
  std::string text = absl::StrCat("usage: cow ", command.name, " [FLAGS]", command.arguments.empty() ? "" : " ",
                                  command.arguments, "\n\n", command.summary, "\n");
  if (!command.details.empty()) absl::StrAppend(&text, "\n", command.details, "\n");
  absl::StrAppend(&text, "\nflags:\n");
  for (const Flag& flag : Flags()) {
    if (Takes(flag, command.name)) absl::StrAppend(&text, absl::StrFormat("  %-30s %s\n", FlagHead(flag), flag.help));
  }
  return text;
}

driver::ExitCode RunHelp(const Options& options) {
  if (options.arguments.empty()) {
    std::fputs(Overview().c_str(), stdout);
    return driver::ExitCode::kOk;
  }
  const Command* command = FindCommand(options.arguments[0]);
  if (command == nullptr) {
    std::fprintf(stderr, "error: there is no command '%s'\n", options.arguments[0].c_str());
    return driver::ExitCode::kBadCommandLine;
  }
  std::fputs(HelpFor(*command).c_str(), stdout);
  return driver::ExitCode::kOk;
}

}  // namespace cow::cli
