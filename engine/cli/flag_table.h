// The one table of flags: names, help, which commands take them, and what they do to Options.
// Parser, --help, docs/reference and shell completion all come from it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/cli/options.h"

namespace cow::cli {

struct Flag {
  std::string name{};                  // without dashes: "jobs"
  char letter = 0;                     // 'j' for -j; 0 = none
  std::string value{};                 // what --help calls the value: "N"; "" = a switch
  std::vector<std::string> choices{};  // allowed values; empty = any
  std::string help{};                  // one sentence
  std::string commands{};              // space-separated names; "*" = all
  std::function<absl::Status(const std::string& value, Options& options)> apply{};
};

const std::vector<Flag>& Flags();

// Whether `command` takes the flag. Of a command of two words the last one counts.
bool Takes(const Flag& flag, std::string_view command);

// Whether `command` takes the flag that the argument is, whatever its value.
bool IsFlagOf(std::string_view command, const std::string& argument);

// Reads arguments after the command's name. kInvalidArgument says what is wrong, with a suggestion.
// Forms: --name=value, --name value, --name, --noname (switches), -x value, -xvalue, "--".
absl::StatusOr<Options> ParseFlags(std::string_view command, const std::vector<std::string>& arguments);

}  // namespace cow::cli
