// Downloader: brings a file whose SHA-256 is known, but perhaps not its size, into the CAS.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::store {

struct DownloadRequest {
  std::vector<std::string> urls{};  // of the same bytes; tried in order
  std::string sha256{};             // 64 lower-case hex digits; "" = whatever comes
};

struct DownloadedFile {
  Digest digest{};
  std::string path{};  // of the blob; nobody may write to it
};

class Downloader {
 public:
  virtual ~Downloader() = default;

  // Asks nobody if the CAS holds the bytes already. Any thread.
  // kFailedPrecondition: the source has other bytes (names both hashes), or downloads are forbidden.
  // kUnavailable: no source answered. kInvalidArgument: a URL of unknown kind. kCancelled: interrupted.
  virtual absl::StatusOr<DownloadedFile> Download(const DownloadRequest& request) = 0;
};

}  // namespace cow::store
