// NativeOption: an option of configurations that cow itself knows: --copt on the command line,
// "//command_line_option:copt" in transitions, "copt" in config_setting(values = ...).
//
// One table for all three. Options that only rules know are build settings, declared by rule().
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cow {

struct NativeOption {
  enum class Type {
    kBool,
    kString,
    kStringList,   // repeated: each use adds one
    kCommaList,    // repeated, and each use may hold several, separated by commas
    kAssignments,  // NAME=VALUE, repeated: the last one of a name counts, order does not
    kLabel,
    kLabelList,  // one use, separated by commas
  };
  // What it is in the configuration of tools.
  enum class InTools {
    kDefault,   // its default
    kSame,      // what it is for target code
    kFromHost,  // the value of the option called host_<name>
  };

  std::string name{};
  Type type = Type::kString;
  std::string default_text{};
  std::vector<std::string> choices{};  // allowed values; empty = any
  InTools in_tools = InTools::kDefault;
  bool is_flag = false;  // taken on the command line; the others are only read by conditions
  bool in_transitions = true;
  std::string value_name{};  // what --help calls the value: "OPTION"
  std::string help{};        // one sentence; of flags
};

// In order of name.
std::span<const NativeOption> NativeOptions();

// Null if there is none of that name.
const NativeOption* FindNativeOption(std::string_view name);

}  // namespace cow
