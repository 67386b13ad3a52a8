// Configuration: how to build. There are as many in a build as transitions make.
//
// Made by ConfigurationTable only, which makes one per content: immutable, compared by address.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/analysis/exec_properties.h"
#include "engine/analysis/option_value.h"
#include "engine/base/digest.h"
#include "engine/model/label.h"

namespace cow::analysis {

// A platform: what constraint_values it has, those of its parents included.
struct PlatformInfo {
  Label label{};
  std::map<Label, Label> constraints{};  // constraint_setting -> constraint_value
  ExecProperties exec_properties{};
};

// All that a configuration is made of. What equals its default is left out, except platforms and
// host_platform, which are always there and hold labels behind aliases.
struct ConfigurationOptions {
  bool is_exec = false;                         // for tools
  std::map<std::string, OptionValue> native{};  // by name of the NativeOption
  std::map<Label, OptionValue> settings{};      // build settings, by label behind aliases

  friend bool operator==(const ConfigurationOptions&, const ConfigurationOptions&) = default;
};

// Different options give different digests.
Digest DigestOf(const ConfigurationOptions& options);

struct Configuration {
  ConfigurationOptions options{};
  // "linux_amd64-fastbuild", "linux_amd64-opt-exec", "linux_amd64-opt-ST-0123456789abcdef": the
  // directory below cow-out. No two configurations of a build have the same.
  std::string directory{};

  // What `options` mean.
  std::string compilation_mode{};  // fastbuild, dbg or opt
  PlatformInfo platform{};         // what the outputs run on
  std::string cpu{};  // name of the platform's constraint value of a setting called "cpu": "x86_64"
  bool is_exec = false;
  std::vector<std::string> copts{};
  std::vector<std::string> conlyopts{};
  std::vector<std::string> cxxopts{};
  std::vector<std::string> linkopts{};
  std::vector<std::string> features{};           // switched on
  std::vector<std::string> disabled_features{};  // "-x" as "x"
  std::map<std::string, std::string> defines{};
  std::map<std::string, std::string> action_env{};
  std::map<std::string, std::string> test_env{};
  std::vector<std::string> test_args{};
  std::string test_filter{};
  std::vector<std::string> extra_toolchains{};  // labels and patterns
  std::vector<std::string> extra_execution_platforms{};

  const std::string& short_name() const { return directory; }
  std::string bin_dir() const { return "cow-out/" + directory + "/bin"; }
};

}  // namespace cow::analysis
