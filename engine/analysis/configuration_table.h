// ConfigurationTable: the configurations of a build, one per content.
//
// Two are there from the start: the requested one and the one of tools. Transitions ask for others.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/analyzer.h"
#include "engine/analysis/configuration.h"
#include "engine/analysis/platform_table.h"
#include "engine/base/digest.h"
#include "engine/loading/workspace.h"
#include "engine/model/native_option.h"

namespace cow::analysis {

// One thread. Configurations live as long as the table.
class ConfigurationTable {
 public:
  // What the command line says. `platforms` must outlive the table.
  // Failure: a plain message naming the option.
  static absl::StatusOr<std::unique_ptr<ConfigurationTable>> Create(
      const BuildOptions& options, const loading::Workspace& workspace, PlatformTable& platforms);

  const Configuration& target() const { return *target_; }
  // Of tools that run on the host platform.
  const Configuration& exec() const { return *exec_; }
  // Of tools that run on an execution platform. It follows from the command line alone: what
  // transitions changed for target code does not reach tools.
  absl::StatusOr<const Configuration*> ExecOn(const Label& platform);

  // The configuration of these options. Those that equal their defaults are dropped, platforms are
  // resolved. Failure: a plain message: there is no such platform.
  absl::StatusOr<const Configuration*> Intern(ConfigurationOptions options);

 private:
  explicit ConfigurationTable(PlatformTable& platforms) : platforms_(platforms) {}

  absl::Status Normalise(ConfigurationOptions& options);
  absl::Status NormalisePlatforms(ConfigurationOptions& options);
  absl::StatusOr<std::unique_ptr<Configuration>> Make(ConfigurationOptions options);
  std::string DirectoryOf(const ConfigurationOptions& options, const Configuration& made) const;

  PlatformTable& platforms_;
  const Configuration* target_ = nullptr;
  const Configuration* exec_ = nullptr;
  std::map<Digest, std::unique_ptr<Configuration>> known_;
  std::map<std::string, const Configuration*> directories_;
  std::map<Label, const Configuration*> tools_;  // by platform
};

// The value that `text` means for the option. A list option gets the list of one use.
// Failure: a plain message: "expected fastbuild, dbg or opt, got 'fast'".
absl::StatusOr<OptionValue> ParseNativeOption(const NativeOption& option, std::string_view text,
                                              const loading::Workspace& workspace);

// What the option is where nothing sets it.
const OptionValue& DefaultOf(const NativeOption& option);

// Of NAME=VALUE texts the last one of each name, sorted.
std::vector<std::string> MergedAssignments(std::vector<std::string> texts);

// The option's value in these options.
const OptionValue& NativeValue(const ConfigurationOptions& options, const NativeOption& option);

}  // namespace cow::analysis
