#include "engine/cli/fetch_command.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_format.h"
#include "engine/base/posix_file.h"
#include "engine/cli/interrupt.h"
#include "engine/cli/progress_sink.h"
#include "engine/cli/terminal.h"
#include "engine/driver/exit_status.h"
#include "engine/driver/fetching.h"

namespace cow::cli {
namespace {

// One line a message: there are no actions to draw.
ProgressOptions Look(const Options& options) { return {.quiet = options.quiet, .width = TerminalWidth()}; }

driver::ExitCode Report(const Options& options, const absl::StatusOr<driver::FetchResult>& result, const char* done) {
  if (absl::IsCancelled(result.status())) return driver::ExitCode::kInterrupted;
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", driver::ErrorText(result.status()).c_str());
    return driver::ExitCodeFor(result.status());
  }
  for (const std::string& problem : result->problems) std::fprintf(stderr, "error: %s\n", problem.c_str());
  if (!result->problems.empty()) return driver::ExitCode::kBuildFailed;
  if (!options.quiet) {
    std::fputs(absl::StrFormat("%s: %d files, %.1f MB\n", done, result->files, 1e-6 * static_cast<double>(result->bytes)).c_str(),
               stderr);
  }
  return driver::ExitCode::kOk;
}

absl::StatusOr<driver::BuildRequest> RequestFor(const Options& options, size_t first_target) {
  driver::BuildRequest request = options.request;
  absl::StatusOr<std::string> directory = CurrentDirectory();
  if (!directory.ok()) return directory.status();
  request.working_directory = *std::move(directory);
  request.patterns.assign(options.arguments.begin() + static_cast<ptrdiff_t>(first_target), options.arguments.end());
  request.patterns.insert(request.patterns.end(), options.after_dashes.begin(), options.after_dashes.end());
  return request;
}

}  // namespace

driver::ExitCode RunFetch(const Options& options) {
  Interrupt interrupt;
  ProgressSink progress(Look(options));
  absl::StatusOr<driver::BuildRequest> request = RequestFor(options, 0);
  if (!request.ok()) return Report(options, request.status(), "");
  return Report(options, driver::Fetch(*request, progress, interrupt.token()), "fetched");
}

driver::ExitCode RunVendor(const Options& options) {
  if (options.arguments.empty()) {
    std::fputs("error: cow vendor wants a directory\n", stderr);
    return driver::ExitCode::kBadCommandLine;
  }
  Interrupt interrupt;
  ProgressSink progress(Look(options));
  absl::StatusOr<driver::BuildRequest> request = RequestFor(options, 1);
  if (!request.ok()) return Report(options, request.status(), "");
  return Report(options, driver::Vendor(*request, options.arguments[0], progress, interrupt.token()),
                request->check_only ? "checked" : "vendored");
}

}  // namespace cow::cli
