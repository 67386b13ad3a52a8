#include "engine/driver/starlark_script.h"

#include <cstdio>

#include "engine/driver/exit_status.h"
#include "engine/starlark/script.h"

namespace cow::driver {

ExitCode RunStarlarkFile(const std::string& path) {
  absl::Status status = starlark::RunScript(path == "-" ? "/dev/stdin" : path);
  if (status.ok()) return ExitCode::kOk;
  std::fprintf(stderr, "%s\n", ErrorText(status).c_str());
  return ExitCode::kBuildFailed;
}

}  // namespace cow::driver
