#include "engine/cli/workspace_commands.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/diagnostic.h"
#include "engine/base/json.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/driver/exit_status.h"
#include "engine/driver/starlark_script.h"
#include "engine/driver/workspace_tasks.h"

namespace cow::cli {
namespace {

driver::ExitCode Report(const absl::Status& status) {
  if (status.ok()) return driver::ExitCode::kOk;
  std::fprintf(stderr, "%s\n", driver::ErrorText(status).c_str());
  return driver::ExitCodeFor(status);
}

absl::StatusOr<driver::BuildRequest> RequestHere(const Options& options) {
  driver::BuildRequest request = options.request;
  COW_ASSIGN_OR_RETURN(request.working_directory, CurrentDirectory());
  request.patterns = options.arguments;
  return request;
}

}  // namespace

driver::ExitCode RunLock(const Options& options) {
  absl::StatusOr<driver::BuildRequest> request = RequestHere(options);
  if (!request.ok()) return Report(request.status());
  absl::StatusOr<std::vector<driver::LockedRepository>> locked = driver::Lock(*request);
  if (!locked.ok()) return Report(locked.status());
  const bool check_only = request->check_only || request->offline;
  bool changed = false;
  for (const driver::LockedRepository& repository : *locked) {
    changed |= repository.changed;
    if (options.quiet) continue;
    std::fprintf(stderr, "%s: %s %s\n", repository.name.c_str(), repository.lock_file.c_str(),
                 !repository.changed ? "is up to date" : check_only ? "would change" : "written");
  }
  return changed && check_only ? driver::ExitCode::kBuildFailed : driver::ExitCode::kOk;
}

driver::ExitCode RunClean(const Options& options) {
  absl::StatusOr<driver::BuildRequest> request = RequestHere(options);
  if (!request.ok()) return Report(request.status());
  return Report(driver::Clean(*request));
}

driver::ExitCode RunInfo(const Options& options) {
  absl::StatusOr<driver::BuildRequest> request = RequestHere(options);
  if (!request.ok()) return Report(request.status());
  absl::StatusOr<std::vector<driver::InfoItem>> items = driver::Info(*request);
  if (!items.ok()) return Report(items.status());
  JsonWriter json;
  json.BeginObject();
  std::vector<std::string> keys;
  for (const driver::InfoItem& item : *items) {
    keys.push_back(item.key);
    if (options.arguments.size() == 1) {
      if (item.key != options.arguments[0]) continue;
      std::printf("%s\n", item.value.c_str());
      return driver::ExitCode::kOk;
    }
    if (options.json) {
      json.Field(item.key, item.value);
    } else {
      std::printf("%s: %s\n", item.key.c_str(), item.value.c_str());
    }
  }
  if (!options.arguments.empty()) {
    std::fprintf(stderr, "error: cow info knows [%s], got '%s'\n", absl::StrJoin(keys, ", ").c_str(),
                 options.arguments[0].c_str());
    return driver::ExitCode::kBadCommandLine;
  }
  if (options.json) std::printf("%s\n", json.EndObject().text().c_str());
  return driver::ExitCode::kOk;
}

driver::ExitCode RunStarlark(const Options& options) {
  driver::StarlarkRequest request = options.starlark;
  request.files = options.arguments;
  request.json = options.json;
  std::string problem;
  if (request.code && (request.chunked || !request.files.empty())) {
    problem = "--code stands for the file: give one of them";
  } else if (request.chunked && request.files.empty()) {
    problem = "--chunked wants at least one file";
  } else if (!request.chunked && request.files.size() > 1) {
    problem = absl::StrCat("cow starlark wants one file, got ", request.files.size());
  } else if (!request.chunked && request.json) {
    problem = "--json tells what chunks did: it wants --chunked";
  }
  if (!problem.empty()) {
    std::fprintf(stderr, "error: %s\n", problem.c_str());
    return driver::ExitCode::kBadCommandLine;
  }
  return driver::RunStarlark(request);
}

driver::ExitCode RunVersion(const Options& options) {
  if (options.json) {
    std::printf("%s\n", JsonWriter().BeginObject().Field("version", driver::kVersion).EndObject().text().c_str());
  } else {
    std::printf("cow %s\n", driver::kVersion);
  }
  return driver::ExitCode::kOk;
}

}  // namespace cow::cli
