// Configuration: how to build. Two exist in a build: the requested one, and the one for tools that
// run in it.
//
// Immutable after creation, compared by address.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/model/label.h"

namespace cow::analysis {

// A platform: what constraint_values it has, those of its parents included.
struct PlatformInfo {
  Label label{};
  std::map<Label, Label> constraints{};  // constraint_setting -> constraint_value
};

struct Configuration {
  std::string compilation_mode{};  // fastbuild, dbg or opt
  PlatformInfo platform{};         // what the outputs run on
  std::string cpu{};  // name of the platform's constraint value of a setting called "cpu": "x86_64"
  bool is_exec = false;  // for tools
  std::vector<std::string> copts{};
  std::vector<std::string> conlyopts{};
  std::vector<std::string> cxxopts{};
  std::vector<std::string> linkopts{};
  std::vector<std::string> features{};           // switched on
  std::vector<std::string> disabled_features{};  // "-x" as "x"
  std::map<std::string, std::string> defines{};
  std::map<std::string, std::string> action_env{};
  std::map<Label, std::string> flags{};  // build settings as typed

  // "linux_amd64-fastbuild", "linux_amd64-opt-exec": the directory below cow-out.
  std::string short_name() const {
    return platform.label.name() + "-" + compilation_mode + (is_exec ? "-exec" : "");
  }
  std::string bin_dir() const { return "cow-out/" + short_name() + "/bin"; }
};

}  // namespace cow::analysis
