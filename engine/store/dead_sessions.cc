#include "engine/store/dead_sessions.h"

#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/store/file_lock.h"

namespace cow::store {

bool AnyDeadSession(const CacheLayout& layout) {
  absl::StatusOr<std::vector<DirectoryEntry>> entries = ListDirectory(layout.tmp());
  if (!entries.ok()) return false;
  for (const DirectoryEntry& entry : *entries) {
    // What was left by a session that ended can wait for one that works.
    if (entry.kind != FileKind::kDirectory || absl::StartsWith(entry.name, "dead-")) continue;
    absl::StatusOr<std::optional<FileLock>> lock = FileLock::Try(absl::StrCat(layout.tmp(), "/", entry.name));
    if (lock.ok() && lock->has_value()) return true;
  }
  return false;
}

}  // namespace cow::store
