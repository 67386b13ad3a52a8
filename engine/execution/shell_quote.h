// How arguments are written for a POSIX shell: in parameter files and in messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cow::execution {

// The argument as one shell word: itself if it needs no quotes.
std::string ShellQuote(std::string_view argument);

// All of them, separated by spaces.
std::string ShellCommand(const std::vector<std::string>& argv);

}  // namespace cow::execution
