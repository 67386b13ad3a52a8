#include "engine/driver/installation.h"

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow::driver {
namespace {

std::string Parent(const std::string& path) { return std::string(PathDirname(path)); }

}  // namespace

absl::StatusOr<Installation> FindInstallation() {
  COW_ASSIGN_OR_RETURN(std::string executable, ExecutablePath());
  Installation installation{.programs_dir = Parent(executable)};
  const std::string prefix = Parent(installation.programs_dir);
  const std::string installed = absl::StrCat(prefix, "/share/cow/rules");
  const std::string source = absl::StrCat(Parent(Parent(prefix)), "/rules");
  for (const std::string& candidate : {installed, source}) {
    if (!FileExists(candidate + "/workspace.cow")) continue;
    installation.rules_dir = candidate;
    return installation;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the built-in rules are neither in ", installed, " nor in ", source));
}

}  // namespace cow::driver
