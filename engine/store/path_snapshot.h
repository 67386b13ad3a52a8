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

#include "absl/container/flat_hash_set.h"
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
  // What a change of it means.
  enum class Role : uint8_t {
    kInput,   // nothing of the build holds any more
    kSource,  // what was made from it must be made again; if it is no file any more, the same as kInput
    kOutput,  // it must be written again
  };
  std::string path{};                // absolute
  Kind kind = Kind::kFile;
  std::optional<Digest> digest{};    // what was seen; unset: whatever it was before the build began
  std::optional<bool> executable{};  // kFile; unset: does not matter
  Role role = Role::kInput;
  uint32_t tag = 0;                  // the caller's own
};

class PathSnapshot {
 public:
  // Looks at every path once more and encodes the result, with `payload` for the caller's own use.
  // `build_began_ns` is wall clock time. kFailedPrecondition names a path that is not as it was seen any
  // more; kUnavailable one without a digest that is too new to tell.
  static absl::StatusOr<std::string> Take(std::vector<SeenPath> seen, int64_t build_began_ns, std::string_view payload,
                                          int threads, FileStateCache& files);

  // `record` is what Take gave; it is kept. kDataLoss if it is something else.
  static absl::StatusOr<PathSnapshot> Open(std::string record);

  std::string_view payload() const;

  enum class Verdict {
    kSame,
    kSameContents,  // some paths look different, with the same contents: a new snapshot will be faster
    kPartly,        // only sources and outputs changed: `changes`
    kChanged,
  };
  struct Change {
    SeenPath::Role role = SeenPath::Role::kInput;
    SeenPath::Kind kind = SeenPath::Kind::kFile;  // what it was
    uint32_t tag = 0;
    std::string path{};
  };
  // How much of it is looked at.
  enum class Extent {
    kUntilChanged,  // until it is known that nothing of the build holds any more
    kAll,
  };
  struct Differences {
    std::vector<Change> changes{};       // complete unless the verdict is kChanged before all was looked at
    absl::flat_hash_set<std::string> moved{};  // paths that look different, with the same contents
  };
  Verdict Compare(int threads, FileStateCache& files, Differences* differences,
                  Extent extent = Extent::kUntilChanged) const;

  // The inputs of this tag, as they were.
  std::vector<SeenPath> Inputs(uint32_t tag) const;

  // What differs from this snapshot in the next one.
  struct Update {
    std::vector<SeenPath> seen{};        // instead of those of the same path and role; looked at
    std::vector<std::string> dropped{};  // outputs at and below these paths are left out
    std::string_view payload{};
    int64_t build_began_ns = 0;
  };
  // Only right after the Compare that found `differences`, whose changes the update tells: what looked as it did is not
  // looked at again. kFailedPrecondition as Take.
  absl::StatusOr<std::string> Retake(const Differences& differences, const Update& update, int threads,
                                     FileStateCache& files) const;

 private:
  explicit PathSnapshot(std::string record) : record_(std::move(record)) {}
  std::string record_;
};

}  // namespace cow::store
