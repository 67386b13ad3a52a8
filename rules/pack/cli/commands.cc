#include "rules/pack/cli/commands.h"

#include <algorithm>
#include <exception>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "engine/base/edit_distance.h"

namespace cow::pack {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

std::string_view KindText(FlagKind kind) {
  switch (kind) {
    case FlagKind::kRequired:
      return " (required)";
    case FlagKind::kRepeated:
      return " (repeat)";
    case FlagKind::kValue:
    case FlagKind::kSwitch:
      return "";
  }
  return "";
}

std::string ProgramHelp() {
  std::string text =
      "usage: cow-pack SUBCOMMAND [FLAGS]\n"
      "Writes and reads package formats; the result depends on arguments and named files only.\n"
      "An argument @FILE stands for the lines of FILE.\n\n";
  for (const Command& command : AllCommands()) {
    absl::StrAppend(&text, absl::StrFormat("  %-12s %s\n", command.name, command.summary));
  }
  return text + "\n`cow-pack SUBCOMMAND --help` lists the flags of one.\n";
}

std::string CommandHelp(const Command& command) {
  std::string text = absl::StrCat("usage: cow-pack ", command.name, " [FLAGS]",
                                  command.positional.empty() ? "" : " ", command.positional, "\n",
                                  command.summary, "\n\n");
  for (const FlagSpec& flag : command.flags) {
    std::string left = absl::StrCat("--", flag.name, flag.value.empty() ? "" : " ", flag.value);
    absl::StrAppend(&text, absl::StrFormat("  %-34s %s%s\n", left, flag.help, KindText(flag.kind)));
  }
  return text;
}

std::string ErrorLine(absl::Status status) {
  return absl::StrCat("error: ", absl::StrReplaceAll(status.message(), {{"\n", " "}}), "\n");
}

int UsageError(std::string_view message, std::string_view help_of, std::string& err) {
  absl::StrAppend(&err, "error: ", message, "; see cow-pack ", help_of, help_of.empty() ? "" : " ", "--help\n");
  return kUsage;
}

// The JSON and YAML libraries may throw on input nobody thought of; nothing else here does.
absl::Status RunGuarded(const Command& command, const ParsedFlags& flags) {
  try {
    return command.run(flags);
  } catch (const std::exception& exception) {
    return absl::InvalidArgumentError(absl::StrCat("malformed input: ", exception.what()));
  }
}

bool AsksForHelp(const std::string& argument) { return argument == "--help" || argument == "-h"; }

}  // namespace

std::vector<Command> AllCommands() {
  return {DebUnpackCommand(), LayerCommand(), ImageCommand(), ImageIndexCommand(), ImageTarCommand(),
          DebCommand(),       HelmCommand(),  ZarfCommand(),  ZarfVerifyCommand(), OciVerifyCommand()};
}

int RunCowPack(const std::vector<std::string>& arguments, std::string& out, std::string& err) {
  absl::StatusOr<std::vector<std::string>> expanded = ExpandParamFiles(arguments);
  if (!expanded.ok()) {
    err += ErrorLine(expanded.status());
    return kUsage;
  }
  if (expanded->empty()) return UsageError("a subcommand is missing", "", err);
  const std::string& name = expanded->front();
  if (AsksForHelp(name)) {
    out += ProgramHelp();
    return 0;
  }
  std::vector<Command> commands = AllCommands();
  auto command = std::find_if(commands.begin(), commands.end(), [&](const Command& c) { return c.name == name; });
  if (command == commands.end()) {
    std::vector<std::string> names;
    for (const Command& c : commands) names.emplace_back(c.name);
    std::string closest = ClosestMatch(name, names);
    return UsageError(absl::StrCat("unknown subcommand '", name, "'",
                                   closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")),
                      "", err);
  }
  std::vector<std::string> rest(expanded->begin() + 1, expanded->end());
  if (std::any_of(rest.begin(), rest.end(), AsksForHelp)) {
    out += CommandHelp(*command);
    return 0;
  }
  absl::StatusOr<ParsedFlags> flags = ParsedFlags::Parse(command->flags, command->positional, rest);
  if (!flags.ok()) return UsageError(std::string(flags.status().message()), name, err);
  absl::Status status = RunGuarded(*command, *flags);
  if (status.ok()) return 0;
  err += ErrorLine(status);
  return kFailed;
}

}  // namespace cow::pack
