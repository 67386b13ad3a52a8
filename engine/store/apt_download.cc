#include "engine/store/apt_download.h"

#include <csignal>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/status.h"
#include "engine/base/subprocess.h"

namespace cow::store {
namespace {

// apt indents the reason of a failure; whatever else failed says it in its last line.
std::string ReasonOf(std::string_view output) {
  std::string last;
  for (std::string_view line : absl::StrSplit(output, '\n', absl::SkipWhitespace())) {
    last = std::string(absl::StripAsciiWhitespace(line));
    if (line.starts_with("  ")) break;
  }
  return last;
}

// How RunSubprocess tells that a signal ended the program: Ctrl-C reaches it before us.
bool WasInterrupted(int exit_code) {
  return exit_code == 128 + SIGINT || exit_code == 128 + SIGTERM || exit_code == 128 + SIGHUP;
}

std::vector<std::string> Command(const std::string& url, const std::string& sha256, const std::string& file,
                                 const AptDownloadOptions& options) {
  std::vector<std::string> argv;
  if (FindProgram("prlimit").ok()) argv = {"prlimit", absl::StrCat("--fsize=", options.max_bytes)};
  argv.push_back(options.apt_helper);
  // Running as root, apt would switch to a user that may not write to our directory, and complain.
  for (const std::string& setting : {std::string("APT::Sandbox::User=root"), std::string("Acquire::Retries=0"),
                                     absl::StrCat("Acquire::http::Timeout=", options.timeout_seconds),
                                     absl::StrCat("Acquire::https::Timeout=", options.timeout_seconds)}) {
    argv.insert(argv.end(), {"-o", setting});
  }
  argv.insert(argv.end(), {"download-file", url, file});
  if (!sha256.empty()) argv.push_back(absl::StrCat("SHA256:", sha256));
  return argv;
}

}  // namespace

std::string ShownUrl(std::string_view url) {
  size_t host = url.find("://");
  if (host == std::string_view::npos) return std::string(url);
  host += 3;
  size_t end = url.find('/', host);
  size_t at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(url);
  return absl::StrCat(url.substr(0, host), url.substr(at + 1));
}

absl::Status AptDownload(const std::string& url, const std::string& sha256, const std::string& file,
                         const AptDownloadOptions& options) {
  absl::StatusOr<SubprocessResult> run = RunSubprocess({.argv = Command(url, sha256, file, options)});
  const std::string shown = ShownUrl(url);
  if (!run.ok()) return Annotate(run.status(), absl::StrCat("downloading ", shown));
  if (run->exit_code == 0) return absl::OkStatus();
  if (WasInterrupted(run->exit_code)) return absl::CancelledError(absl::StrCat("downloading ", shown, ": interrupted"));
  std::string output = absl::StrCat(run->out, run->err);
  std::string message = absl::StrCat(shown, ": ", ReasonOf(output));
  if (absl::StrContains(output, "404 ")) return absl::NotFoundError(message);
  if (absl::StrContains(output, absl::StrCat("received signal ", SIGXFSZ)) || run->exit_code == 128 + SIGXFSZ) {
    return absl::ResourceExhaustedError(absl::StrCat(shown, ": larger than ", options.max_bytes, " bytes"));
  }
  if (absl::StrContains(output, "Hash Sum mismatch") || absl::StrContains(output, "Hashes of received file")) {
    return absl::FailedPreconditionError(absl::StrCat(message, "; expected sha256 ", sha256));
  }
  return absl::UnavailableError(message);
}

}  // namespace cow::store
