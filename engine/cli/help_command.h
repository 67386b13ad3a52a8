// `cow help` and `cow COMMAND --help`: text from the command and flag tables.
#pragma once

#include <string>

#include "engine/cli/command_table.h"

namespace cow::cli {

std::string Overview();
std::string HelpFor(const Command& command);
driver::ExitCode RunHelp(const Options& options);

}  // namespace cow::cli
