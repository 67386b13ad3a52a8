#include "engine/cli/cache_command.h"

#include <cinttypes>
#include <cstdio>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/json.h"
#include "engine/base/posix_file.h"
#include "engine/driver/cache_tasks.h"
#include "engine/driver/exit_status.h"

namespace cow::cli {
namespace {

driver::ExitCode Failure(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", driver::ErrorText(status).c_str());
  return driver::ExitCodeFor(status);
}

void PrintJson(const driver::CacheReport& report) {
  JsonWriter json;
  json.BeginObject();
  for (const driver::CacheFigure& figure : report.figures) json.Field(figure.name, figure.value);
  json.Key("problems").BeginArray();
  for (const std::string& problem : report.problems) json.String(problem);
  json.EndArray().EndObject();
  std::printf("%s\n", json.text().c_str());
}

driver::ExitCode Print(const absl::StatusOr<driver::CacheReport>& report, const Options& options) {
  if (!report.ok()) return Failure(report.status());
  if (options.json) {
    PrintJson(*report);
  } else {
    for (const std::string& problem : report->problems) std::fprintf(stderr, "error: %s\n", problem.c_str());
    for (const driver::CacheFigure& figure : report->figures) {
      std::printf("%s: %" PRId64 "\n", figure.name.c_str(), figure.value);
    }
  }
  return report->problems.empty() ? driver::ExitCode::kOk : driver::ExitCode::kBuildFailed;
}

driver::ExitCode PrintPath(const driver::BuildRequest& request, const Options& options) {
  absl::StatusOr<std::string> path = driver::CachePath(request);
  if (!path.ok()) return Failure(path.status());
  if (options.json) {
    std::printf("%s\n", JsonWriter().BeginObject().Field("path", *path).EndObject().text().c_str());
  } else {
    std::printf("%s\n", path->c_str());
  }
  return driver::ExitCode::kOk;
}

}  // namespace

driver::ExitCode RunCache(const Options& options) {
  driver::BuildRequest request = options.request;
  absl::StatusOr<std::string> directory = CurrentDirectory();
  if (!directory.ok()) return Failure(directory.status());
  request.working_directory = *directory;
  const std::string what = options.arguments.size() == 1 ? options.arguments[0] : "";
  if (what == "path") return PrintPath(request, options);
  if (what == "stats") return Print(driver::CacheStats(request), options);
  if (what == "gc") return Print(driver::CollectCache(request), options);
  if (what == "verify") return Print(driver::VerifyCache(request), options);
  std::fprintf(stderr, "error: cow cache wants one of [gc, path, push, stats, verify]\n");
  return driver::ExitCode::kBadCommandLine;
}

}  // namespace cow::cli
