// ModuleFile: what MODULE.bazel says about names. cow fetches nothing because of it: WORKSPACE.cow declares the
// repositories, and the module file tells which ones are meant by which names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/starlark/evaluation_limits.h"

namespace cow::loading {

inline constexpr char kModuleFile[] = "MODULE.bazel";

// One bazel_dep().
struct ModuleDependency {
  std::string name{};
  std::string repo_name{};   // what labels of the main repository call it; the name if nothing else is said
  std::string local_path{};  // of local_path_override(); "" = none
  Location location{};
};

struct ModuleFile {
  std::string name{};       // of module(); "" = none
  std::string repo_name{};  // module(repo_name = ...)
  std::vector<ModuleDependency> dependencies{};  // in order
};

// Evaluates the text. Extensions, overrides other than local_path_override, and registrations are accepted and have no
// effect. Failure: a diagnostic or traceback.
absl::StatusOr<ModuleFile> ParseModuleFile(const std::shared_ptr<const SourceFile>& source,
                                           const starlark::EvaluationLimits& limits = {});

}  // namespace cow::loading
