// CommandLine: arguments of an action with artifacts and depsets kept unexpanded until execution.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/boxed.h"
#include "engine/model/depset.h"
#include "engine/model/strong_id.h"

namespace cow {

// One element of an expansion: text, or an artifact that becomes its exec path.
using ArgValue = std::variant<std::string, ArtifactId>;

// For sets of ArgValues: Debian's abseil does not know std::variant.
template <typename H>
H AbslHashValue(H state, const ArgValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return H::combine(std::move(state), 0, *text);
  return H::combine(std::move(state), 1, *std::get_if<ArtifactId>(&value));
}

// What Args.add_all / add_joined describe. Formats hold exactly one "%s" (and "%%" for a percent sign).
struct ArgExpansion {
  Depset<ArgValue> values{};
  std::string flag{};                        // printed before the values; "" = none
  std::optional<std::string> format_each{};
  std::optional<std::string> before_each{};
  std::optional<std::string> join_with{};    // set: one argument made of all values
  std::optional<std::string> format_joined{};
  std::optional<std::string> terminate_with{};
  bool omit_if_empty = true;
  bool uniquify = false;
  bool expand_directories = true;            // a tree artifact becomes its files, sorted by path
};

// Most are values: the plan of a large workspace has millions.
using ArgItem = std::variant<ArgValue, Boxed<ArgExpansion>>;

// One Args object: items and, if wanted, how to spill them into a parameter file.
struct ArgList {
  // kFlagPerLine: only arguments that begin with "--" are spilled; the others stay on the command line.
  enum class ParamFileFormat { kShell, kMultiline, kFlagPerLine };

  std::vector<ArgItem> items{};
  std::optional<std::string> param_file_flag{};  // "@%s"; unset = never spill
  bool param_file_always = false;
  ParamFileFormat param_file_format = ParamFileFormat::kShell;
};

using CommandLine = std::vector<ArgList>;

}  // namespace cow
