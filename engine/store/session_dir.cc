#include "engine/store/session_dir.h"

#include <unistd.h>

#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::store {
namespace {

constexpr char kDoomed[] = "dead-";

// Renames what dead sessions left, so that the slow removal needs no lock. Held: the lock of tmp/, without which a
// session that is being created would look dead.
absl::StatusOr<std::vector<std::string>> CollectDead(const CacheLayout& layout) {
  std::vector<std::string> dead;
  COW_ASSIGN_OR_RETURN(auto entries, ListDirectory(layout.tmp()));
  for (const DirectoryEntry& entry : entries) {
    std::string path = absl::StrCat(layout.tmp(), "/", entry.name);
    if (entry.kind != FileKind::kDirectory) continue;
    absl::StatusOr<std::optional<FileLock>> lock = FileLock::Try(path);
    if (!lock.ok() || !lock->has_value()) continue;
    if (!entry.name.starts_with(kDoomed)) {
      std::string doomed = absl::StrCat(layout.tmp(), "/", kDoomed, entry.name);
      if (!RenameFile(path, doomed).ok()) continue;
      path = doomed;
    }
    dead.push_back(path);
  }
  return dead;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SessionDir>> SessionDir::Create(const CacheLayout& layout) {
  std::unique_ptr<SessionDir> session;
  std::vector<std::string> dead;
  {
    COW_ASSIGN_OR_RETURN(FileLock creation, FileLock::Acquire(layout.tmp() + "/lock"));
    COW_ASSIGN_OR_RETURN(dead, CollectDead(layout));
    COW_ASSIGN_OR_RETURN(std::string path, MakeTempDirectory(absl::StrCat(layout.tmp(), "/", getpid(), "-")));
    COW_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(path));
    session.reset(new SessionDir(std::move(path), std::move(lock)));
  }
  // What cannot be removed now is for the next session; it must not stop this one.
  for (const std::string& path : dead) RemoveTree(path).IgnoreError();
  return session;
}

SessionDir::~SessionDir() { RemoveTree(path_).IgnoreError(); }

}  // namespace cow::store
