// RemoteExecutor: a cluster that runs actions for this machine. All methods may be called from any thread.
#pragma once

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::store {

// Bytes that the cluster needs: of a file of this machine, or these.
struct RemoteBlob {
  Digest digest{};
  std::string path{};
  std::string bytes{};
};

struct RemoteWork {
  Digest action{};                  // of an encoded Action, which is among `blobs`
  std::vector<RemoteBlob> blobs{};  // it, and all that it refers to
  // Output paths of the action, and where they are laid: an existing empty directory, or a file that does not exist yet.
  std::vector<std::pair<std::string, std::string>> outputs{};
  bool fresh = false;               // no result of an earlier run will do
  std::string mnemonic{};           // for the logs of the cluster
  std::string label{};
};

struct RemoteRun {
  int exit_code = 0;
  std::string out{};
  std::string err{};
  bool cached = false;              // the cluster knew the result
};

class RemoteExecutor {
 public:
  virtual ~RemoteExecutor() = default;

  // Runs it; whatever of its outputs there is lies in place then, each file with the digest that the cluster named.
  // kCancelled by `cancelled`. kDeadlineExceeded: it took longer than its timeout. A miss (IsMiss): a blob is not on
  // this machine any more. Otherwise the cluster cannot, and the message says why: kUnavailable, perhaps later.
  virtual absl::StatusOr<RemoteRun> Execute(const RemoteWork& work, std::stop_token cancelled) = 0;
};

}  // namespace cow::store
