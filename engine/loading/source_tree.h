// SourceTree: the files of the machine as loading sees them: each file is read once, each directory listed
// once, and all of it is written down, so that a later command can tell whether anything changed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"

namespace cow::loading {

// Something loading looked at. `digest` is of a file's bytes, or of a directory's resolved listing
// (store/listing_digest.h).
struct FileRead {
  enum class Kind { kFile, kDirectory, kAbsent };
  std::string path{};  // absolute
  Kind kind = Kind::kFile;
  Digest digest{};

  friend bool operator==(const FileRead&, const FileRead&) = default;
};

// The names and kinds of a directory, sorted; symlinks appear as what they point to.
using Listing = std::vector<DirectoryEntry>;

// Any thread. Answers do not change during its life.
class SourceTree {
 public:
  // The text of a file; kNotFound if absent.
  absl::StatusOr<std::shared_ptr<const std::string>> Read(const std::string& path);
  // nullptr if there is no such directory.
  std::shared_ptr<const Listing> List(const std::string& directory);
  // Kind of `path` by the listing of its directory; kOther if absent.
  FileKind KindOf(const std::string& path);
  // Whether `path` is a symlink to a directory. Its parent must have been listed.
  bool IsLinkedDirectory(const std::string& path) const;
  // Directory listings that BUILD files depend on and texts that were evaluated, sorted by path.
  std::vector<FileRead> FilesRead() const;
  // Notes a file that somebody else read and digested.
  void Note(FileRead read);

  // "BUILD.cow", "BUILD.bazel" or "BUILD" of a directory, the first that is there; "" if none.
  std::string BuildFileIn(const std::string& directory);

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<const std::string>> texts_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::shared_ptr<const Listing>> listings_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<std::string> linked_directories_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, FileRead> reads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::loading
