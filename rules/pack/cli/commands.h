// The subcommands of cow-pack. Each has one file `<name>_command.cc` that turns flags into a call of its format's
// library; nothing else lives there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "rules/pack/cli/flags.h"

namespace cow::pack {

struct Command {
  std::string_view name;
  std::string_view summary;
  std::string_view positional;  // name of the only positional argument, or ""
  std::vector<FlagSpec> flags;
  absl::Status (*run)(const ParsedFlags& flags);
};

Command DebUnpackCommand();
Command LayerCommand();
Command ImageCommand();
Command ImageIndexCommand();
Command ImageTarCommand();
Command DebCommand();
Command HelmCommand();
Command ZarfCommand();
Command ZarfVerifyCommand();
Command OciVerifyCommand();

std::vector<Command> AllCommands();

// The whole program: exit code 0, 1 or 2; help on `out`, errors on `err`.
int RunCowPack(const std::vector<std::string>& arguments, std::string& out, std::string& err);

}  // namespace cow::pack
