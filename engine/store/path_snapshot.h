// PathSnapshot: how files, directories, symlinks and absent paths looked when a build ended, in a form that one sweep
// of stat calls compares with how they look now. Nothing is parsed: the record is read where it lies.
//
// A path counts as unchanged if device, inode, size, times and mode are what they were, and the ctime was clearly older
// than the look at its contents. Of all others the contents are compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/store/file_state_cache.h"

namespace cow::store {

struct SeenPath {
  enum class Kind : uint8_t {
    kFile,               // symlinks are followed
    kDirectory,          // `digest` is of its listing (listing_digest.h)
    kSourceDirectory,    // the same, of ListSources
    kSymlink,            // `digest` is of the target text
    kAbsent,
  };
  std::string path{};                // absolute
  Kind kind = Kind::kFile;
  std::optional<Digest> digest{};    // what was seen; unset: whatever it was before the build began
  std::optional<bool> executable{};  // kFile; unset: does not matter
};

class PathSnapshot {
 public:
  // Looks at every path once more and encodes the result, with `payload` for the caller's own use.
  // `build_began_ns` is wall clock time. kFailedPrecondition names a path that is not as it was seen any more.
  static absl::StatusOr<std::string> Take(std::vector<SeenPath> seen, int64_t build_began_ns, std::string_view payload,
                                          int threads, FileStateCache& files);

  // `record` is what Take gave; it is kept. kDataLoss if it is something else.
  static absl::StatusOr<PathSnapshot> Open(std::string record);

  std::string_view payload() const;

  enum class Verdict {
    kSame,
    kSameContents,  // some paths look different, with the same contents: a new snapshot will be faster
    kChanged,
  };
  Verdict Compare(int threads, FileStateCache& files) const;

  // The same paths and payload as they look now, if the contents are still the same.
  absl::StatusOr<std::string> Retake(int threads, FileStateCache& files) const;

 private:
  explicit PathSnapshot(std::string record) : record_(std::move(record)) {}
  std::string record_;
};

}  // namespace cow::store
