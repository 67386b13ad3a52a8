// One transfer through apt's own download program, so that the machine's proxies, certificates and credentials apply.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace cow::store {

struct AptDownloadOptions {
  int64_t max_bytes = int64_t{8} << 30;  // of one file
  int timeout_seconds = 60;              // without an answer, or without another byte
  std::string apt_helper = "/usr/lib/apt/apt-helper";
};

// Writes what `url` has to `file`. If there is a file, it is taken for the beginning of what the URL has, and goes on where it ends
// if the server can and its file has not changed. What came before a failure stays in `file`, to be continued.
// `sha256`: "" = unknown. kNotFound: the server says so. kUnavailable: no answer, or not all of it.
// kFailedPrecondition: other bytes; they are in `file`.FAILED. kResourceExhausted: too large. kCancelled: interrupted.
// Any thread; one at a time for one `file`.
absl::Status AptDownload(const std::string& url, const std::string& sha256, const std::string& file,
                         const AptDownloadOptions& options);

// A URL without user and password, which may stand in an apt source.
std::string ShownUrl(std::string_view url);

}  // namespace cow::store
