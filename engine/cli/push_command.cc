#include "engine/cli/push_command.h"

#include <cinttypes>
#include <cstdio>

#include "engine/base/json.h"
#include "engine/cli/build_command.h"

namespace cow::cli {
namespace {

constexpr int kAsLongAsItTakes = 86'400;  // seconds; Ctrl-C ends it before

// Known here, and yet not offered: made in a weaker sandbox, or not for others.
int64_t NotForOthers(const driver::BuildResult& result) {
  return result.actions_cached - result.results_sent - result.results_not_sent;
}

void PrintJson(const driver::BuildResult& result) {
  JsonWriter json;
  json.BeginObject().Field("exit_code", static_cast<int64_t>(result.exit_code)).Field("sent", result.results_sent);
  json.Field("not_sent", result.results_not_sent).Field("not_for_others", NotForOthers(result));
  json.Field("not_here", result.results_not_here).Field("wall_micros", result.wall_micros).EndObject();
  std::printf("%s\n", json.text().c_str());
}

void PrintText(const driver::BuildResult& result) {
  std::fprintf(stderr, "%s: %" PRId64 " results sent, %" PRId64 " not taken, %" PRId64 " not for others, %" PRId64 " not here, %.1f s\n",
               result.exit_code == driver::ExitCode::kOk ? "push finished" : "push failed", result.results_sent,
               result.results_not_sent, NotForOthers(result), result.results_not_here,
               static_cast<double>(result.wall_micros) / 1e6);
}

}  // namespace

driver::ExitCode RunPush(const Options& given) {
  Options options = given;
  driver::BuildRequest& request = options.request;
  if (request.remote.cache.empty() || request.offline) {
    std::fprintf(stderr, "error: cow cache push wants to know where: --remote_cache=grpc://HOST:PORT%s\n",
                 request.offline ? ", and no --offline" : "");
    return driver::ExitCode::kBadCommandLine;
  }
  request.patterns = options.arguments;
  request.patterns.insert(request.patterns.end(), options.after_dashes.begin(), options.after_dashes.end());
  if (request.patterns.empty()) request.patterns = {"//..."};
  request.remote.accept_cached = false;
  request.remote.upload_local_results = true;
  request.remote.uploads_wait = true;
  request.remote.exit_wait_seconds = kAsLongAsItTakes;
  const driver::BuildResult result = BuildWithProgress(options);
  if (options.json) {
    PrintJson(result);
  } else if (!options.quiet) {
    PrintText(result);
  }
  return result.exit_code;
}

}  // namespace cow::cli
