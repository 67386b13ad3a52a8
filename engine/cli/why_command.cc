#include "engine/cli/why_command.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "engine/base/json.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/cli/why_report.h"
#include "engine/driver/exit_status.h"
#include "engine/driver/statistics.h"
#include "engine/driver/why.h"

namespace cow::cli {
namespace {

constexpr size_t kSlowest = 10;

int64_t Now() { return absl::GetCurrentTimeNanos() / 1000; }

driver::ExitCode Fail(const absl::Status& status) {
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? driver::ExitCode::kBadCommandLine : driver::ExitCodeFor(status);
}

driver::ExitCode Print(std::string text) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  std::fputs(text.c_str(), stdout);
  return driver::ExitCode::kOk;
}

absl::StatusOr<driver::BuildRequest> Here(const Options& options) {
  driver::BuildRequest where = options.request;
  COW_ASSIGN_OR_RETURN(where.working_directory, CurrentDirectory());
  return where;
}

std::string StatisticsAsText(const driver::Statistics& statistics, int64_t now) {
  std::string text = absl::StrFormat("%d builds recorded; of %d actions %d ran, %d failed, %d were cached (%.0f %%)\n",
                                     statistics.builds.size(),
                                     statistics.run + statistics.cached + statistics.failed, statistics.run,
                                     statistics.failed, statistics.cached, 100 * statistics.hit_rate());
  if (!statistics.mnemonics.empty()) absl::StrAppend(&text, "\n    runs    total s  longest s  mnemonic\n");
  for (const driver::MnemonicStatistics& kind : statistics.mnemonics) {
    absl::StrAppendFormat(&text, "%8d %10.2f %10.2f  %s\n", kind.runs, static_cast<double>(kind.total_micros) / 1e6,
                          static_cast<double>(kind.longest_micros) / 1e6, kind.mnemonic);
  }
  if (!statistics.slowest.empty()) absl::StrAppend(&text, "\n       s  slowest actions\n");
  for (const RecordedAction& action : statistics.slowest) {
    absl::StrAppendFormat(&text, "%8.2f  %s: %s %s\n", static_cast<double>(action.wall_micros) / 1e6, action.label,
                          action.mnemonic, action.outputs[0]);
  }
  if (!statistics.builds.empty()) absl::StrAppend(&text, "\n", BuildsAsText(statistics.builds, now));
  return text;
}

std::string StatisticsAsJson(const driver::Statistics& statistics) {
  JsonWriter json;
  json.BeginObject().Key("actions").BeginObject();
  json.Field("run", statistics.run).Field("cached", statistics.cached).Field("failed", statistics.failed).EndObject();
  json.Key("mnemonics").BeginArray();
  for (const driver::MnemonicStatistics& kind : statistics.mnemonics) {
    json.BeginObject().Field("mnemonic", kind.mnemonic).Field("runs", kind.runs);
    json.Field("total_micros", kind.total_micros).Field("longest_micros", kind.longest_micros).EndObject();
  }
  json.EndArray().Key("slowest").BeginArray();
  for (const RecordedAction& action : statistics.slowest) {
    json.BeginObject().Field("label", action.label).Field("mnemonic", action.mnemonic);
    json.Field("output", action.outputs[0]).Field("wall_micros", action.wall_micros).EndObject();
  }
  // The history as `cow why --list --json` has it.
  std::string text = json.EndArray().text();
  std::string builds = BuildsAsJson(statistics.builds);
  return absl::StrCat(text, ",", builds.substr(1));
}

}  // namespace

driver::ExitCode RunWhy(const Options& options) {
  if (options.arguments.size() > 1 || (options.list && !options.arguments.empty())) {
    std::fprintf(stderr, "error: cow why wants %s\n", options.list ? "no target beside --list" : "one label or file");
    return driver::ExitCode::kBadCommandLine;
  }
  absl::StatusOr<driver::BuildRequest> where = Here(options);
  if (!where.ok()) return Fail(where.status());
  if (options.list) {
    absl::StatusOr<std::vector<BuildSummary>> builds = driver::RecordedBuilds(*where);
    if (!builds.ok()) return Fail(builds.status());
    return Print(options.json ? BuildsAsJson(*builds) : BuildsAsText(*builds, Now()));
  }
  driver::WhyRequest request{.against = options.against};
  if (!options.arguments.empty()) request.subject = options.arguments[0];
  absl::StatusOr<driver::WhyAnswer> answer = driver::Why(*where, request);
  if (!answer.ok()) return Fail(answer.status());
  return Print(options.json ? WhyAsJson(*answer) : WhyAsText(*answer, Now()));
}

driver::ExitCode RunStats(const Options& options) {
  if (!options.arguments.empty()) {
    std::fprintf(stderr, "error: cow stats takes no arguments, got '%s'\n", options.arguments[0].c_str());
    return driver::ExitCode::kBadCommandLine;
  }
  absl::StatusOr<driver::BuildRequest> where = Here(options);
  if (!where.ok()) return Fail(where.status());
  absl::StatusOr<driver::Statistics> statistics = driver::StatisticsOf(*where, kSlowest);
  if (!statistics.ok()) return Fail(statistics.status());
  return Print(options.json ? StatisticsAsJson(*statistics) : StatisticsAsText(*statistics, Now()));
}

}  // namespace cow::cli
