// The commands of cow. Help and completion come from the same table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/cli/options.h"

namespace cow::cli {

struct Command {
  std::string name{};
  std::string arguments{};  // as help shows them: "TARGET..."
  std::string summary{};    // one line
  std::string details{};    // paragraphs for `cow help NAME`; may be empty
  driver::ExitCode (*run)(const Options& options) = nullptr;
};

const std::vector<Command>& Commands();

// Null if there is none of that name.
const Command* FindCommand(std::string_view name);

// argv without the program's name in, exit code out; everything is printed.
driver::ExitCode RunCommandLine(const std::vector<std::string>& arguments);

}  // namespace cow::cli
