// Worker: runs one action as the Remote Execution API says, in a directory of its own. For tests: no limits, no isolation.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/remote/endpoint/blob_reader.h"
#include "engine/remote/endpoint/blob_writer.h"
#include "wire/reapi.pb.h"

namespace cow::remote {

class Worker {
 public:
  // Blobs come from and go to `link`; `directory` exists and is the worker's own.
  Worker(Link* link, std::string directory) : reader_(link), writer_(link), directory_(std::move(directory)) {}

  // Words before each command.
  std::vector<std::string> prefix{};

  // `pid` is the process group of the command while it runs.
  absl::StatusOr<reapi::ActionResult> Run(const Digest& action, std::atomic<pid_t>* pid);

 private:
  absl::StatusOr<std::string> Blob(const Digest& digest);
  absl::StatusOr<std::string> BlobPath(const Digest& digest);
  absl::Status Lay(const Digest& directory, const std::string& path);
  absl::Status Take(const std::string& path, const std::string& name, reapi::ActionResult* result);
  absl::StatusOr<reapi::Directory> TakeDirectory(const std::string& path, reapi::Tree* tree);
  absl::StatusOr<reapi::Digest> Send(Frame::Blob blob);

  BlobReader reader_;
  BlobWriter writer_;
  const std::string directory_;
  std::atomic<int> next_{0};
};

}  // namespace cow::remote
