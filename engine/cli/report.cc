#include "engine/cli/report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "engine/base/json.h"

namespace cow::cli {
namespace {

std::string Plural(int64_t count, std::string_view noun) { return absl::StrCat(count, " ", noun, count == 1 ? "" : "s"); }

std::string_view Verdict(driver::ExitCode code) {
  switch (code) {
    case driver::ExitCode::kOk:
      return "build finished";
    case driver::ExitCode::kTestsFailed:
      return "tests failed";
    case driver::ExitCode::kInterrupted:
      return "build interrupted";
    case driver::ExitCode::kBuildFailed:
    case driver::ExitCode::kBadCommandLine:
    case driver::ExitCode::kMachine:
    case driver::ExitCode::kBug:
      return "build failed";
  }
  return "build failed";
}

std::string_view StatusText(driver::TestOutcome::Status status) {
  using Status = driver::TestOutcome::Status;
  switch (status) {
    case Status::kPassed:
      return "PASSED";
    case Status::kFlaky:
      return "FLAKY";
    case Status::kFailed:
      return "FAILED";
    case Status::kTimeout:
      return "TIMEOUT";
    case Status::kFailedToBuild:
      return "FAILED TO BUILD";
    case Status::kNoStatus:
      return "NO STATUS";
  }
  return "NO STATUS";
}

// Who is quiet gets paths that exist.
std::string FileLine(const driver::BuiltFile& file, bool quiet) {
  if (quiet) return file.is_here ? file.path + "\n" : "";
  return absl::StrCat("  ", file.path, file.is_here ? "" : " (not downloaded)", "\n");
}

std::string SizeText(int64_t bytes) {
  if (bytes < 1000) return absl::StrCat(bytes, " B");
  if (bytes < 1'000'000) return absl::StrFormat("%.1f kB", static_cast<double>(bytes) / 1e3);
  return absl::StrFormat("%.1f MB", static_cast<double>(bytes) / 1e6);
}

std::string TestLine(const driver::TestOutcome& test) {
  std::string line = absl::StrCat(test.label.ToString(), " ", test.cached ? "(cached) " : "", StatusText(test.status));
  if (test.failed_runs > 0 && test.runs > 1) {
    absl::StrAppend(&line, test.passed() ? ", failed" : "", " in ", test.failed_runs, " out of ", test.runs);
  }
  if (test.runs > 0) absl::StrAppendFormat(&line, " in %.1f s", static_cast<double>(test.wall_micros) / 1e6);
  return line + "\n";
}

}  // namespace

std::string ResultAsText(const driver::BuildResult& result, const Options& options) {
  std::string text;
  if (options.command == "build") {
    for (const driver::BuiltTarget& target : result.targets) {
      if (!target.ok) continue;
      if (!options.quiet) absl::StrAppend(&text, target.label.ToString(), "\n");
      for (const driver::BuiltFile& file : target.files) absl::StrAppend(&text, FileLine(file, options.quiet));
    }
  }
  for (const driver::TestOutcome& test : result.tests) absl::StrAppend(&text, TestLine(test));
  if (options.quiet) return text;
  int64_t done = 0;
  for (const driver::BuiltTarget& target : result.targets) done += target.ok ? 1 : 0;
  absl::StrAppend(&text, Verdict(result.exit_code), ": ", Plural(done, "target"), ", ", Plural(result.actions_run, "action"),
                  result.actions_run_remotely > 0 ? absl::StrCat(" run (", result.actions_run_remotely, " remotely), ") : " run, ", result.actions_cached, " cached",
                  result.actions_remote > 0 ? absl::StrCat(" (", Plural(result.actions_remote, "remote cache hit"), "), ") : ", ",
                  result.remote_bytes > 0 ? absl::StrCat(SizeText(result.remote_bytes), " downloaded from it, ") : "",
                  result.actions_failed > 0 ? absl::StrCat(result.actions_failed, " failed, ") : "",
                  result.sandbox_tier.empty() ? "" : absl::StrCat("sandbox ", result.sandbox_tier, ", "),
                  absl::StrFormat("%.1f s\n", static_cast<double>(result.wall_micros) / 1e6));
  return text;
}

std::string ResultAsJson(const driver::BuildResult& result) {
  JsonWriter json;
  json.BeginObject().Field("exit_code", static_cast<int64_t>(result.exit_code)).Key("targets").BeginArray();
  for (const driver::BuiltTarget& target : result.targets) {
    json.BeginObject().Field("label", target.label.ToString()).Field("ok", target.ok).Key("files").BeginArray();
    for (const driver::BuiltFile& file : target.files) {
      json.BeginObject().Field("path", file.path).Field("sha256", file.sha256);
      if (!file.is_here) json.Field("downloaded", false);
      json.EndObject();
    }
    json.EndArray().EndObject();
  }
  json.EndArray().Key("tests").BeginArray();
  for (const driver::TestOutcome& test : result.tests) {
    json.BeginObject()
        .Field("label", test.label.ToString())
        .Field("status", absl::StrReplaceAll(StatusText(test.status), {{" ", "_"}}))
        .Field("passed", test.passed())
        .Field("runs", int64_t{test.runs})
        .Field("failed_runs", int64_t{test.failed_runs})
        .Field("cached", test.cached)
        .Field("wall_micros", test.wall_micros)
        .EndObject();
  }
  json.EndArray().Key("skipped").BeginArray();
  for (const driver::SkippedTarget& target : result.skipped) {
    json.BeginObject().Field("label", target.label.ToString()).Field("reason", target.reason).EndObject();
  }
  json.EndArray().Key("actions").BeginObject();
  json.Field("run", result.actions_run).Field("cached", result.actions_cached);
  json.Field("run_remotely", result.actions_run_remotely).Field("remote_cache_hits", result.actions_remote);
  json.Field("failed", result.actions_failed);
  json.EndObject().Field("sandbox", result.sandbox_tier).Field("wall_micros", result.wall_micros);
  json.Field("remote_cache_blobs", result.remote_blobs).Field("remote_cache_bytes", result.remote_bytes);
  json.Field("unchanged", result.unchanged);
  json.Field("targets_kept", result.targets_kept);
  json.Field("loading_micros", result.loading_micros).Field("analysis_micros", result.analysis_micros).EndObject();
  return json.text();
}

}  // namespace cow::cli
