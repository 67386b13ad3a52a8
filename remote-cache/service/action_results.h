// ActionResults: results of actions under (instance, digest of the action). A result is stored with the list of all blobs
// that it names, those inside of its trees included, and given only if all of them are there; looking at them keeps them
// for the time of retention. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "remote-cache/storage/blob_storage.h"
#include "wire/reapi.pb.h"

namespace cow::cache {

namespace reapi = ::build::bazel::remote::execution::v2;

// kInvalidArgument unless it is SHA-256, or left open.
absl::Status CheckFunction(reapi::DigestFunction::Value function);
// kInvalidArgument if it is no complete SHA-256 digest.
absl::StatusOr<Digest> ParseDigest(const reapi::Digest& digest);
reapi::Digest ToWire(const Digest& digest);

class ActionResults {
 public:
  explicit ActionResults(BlobStorage* storage) : storage_(*storage) {}

  // kNotFound if there is none, or a blob of it is gone. An instance without one falls back on the instances above it:
  // "pr/7", "pr", "".
  absl::StatusOr<reapi::ActionResult> Get(std::string_view instance, const Digest& action);

  // Bytes that lie in the result itself become blobs. kInvalidArgument if the result is malformed, kFailedPrecondition if
  // it names a blob that is not there. Returns what was stored.
  absl::StatusOr<reapi::ActionResult> Update(std::string_view instance, const Digest& action,
                                             reapi::ActionResult result, std::string_view writer);

 private:
  absl::StatusOr<reapi::ActionResult> GetExactly(std::string_view instance, const Digest& action);
  // `said` may be null; `digest` is where the name of the bytes goes.
  absl::Status MoveOut(std::string* bytes, const reapi::Digest* said, absl::FunctionRef<reapi::Digest*()> digest);
  absl::Status AddTree(const Digest& tree, std::vector<Digest>* closure);
  absl::StatusOr<std::vector<Digest>> ClosureOf(const reapi::ActionResult& result);

  BlobStorage& storage_;
};

}  // namespace cow::cache
