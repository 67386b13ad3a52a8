// BuildOptions: what the command line says about how to build, as typed: values are understood by
// analysis, which knows the workspace.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cow {

// A build setting: --//a:flag=value, --//a:flag (no value), --no//a:flag.
struct SettingFlag {
  std::string label{};
  std::optional<std::string> value{};
  bool negated = false;

  friend bool operator==(const SettingFlag&, const SettingFlag&) = default;
};

struct BuildOptions {
  // Names of NativeOptions and values, in order: later ones add to lists and replace the rest.
  std::vector<std::pair<std::string, std::string>> native{};
  std::vector<SettingFlag> settings{};

  void Set(std::string_view name, std::string_view value) { native.emplace_back(name, value); }

  friend bool operator==(const BuildOptions&, const BuildOptions&) = default;
};

}  // namespace cow
