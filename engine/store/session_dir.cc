#include "engine/store/session_dir.h"

#include <unistd.h>

#include <optional>
#include <stop_token>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow::store {
namespace {

constexpr char kDoomed[] = "dead-";

// Nobody waits long for as many to be removed.
constexpr size_t kFewDirectories = 8;

struct Leftovers {
  std::vector<std::string> of_dead{};   // of sessions that were killed
  std::vector<std::string> of_ended{};  // empty directories
};

std::string DoomedPath(const CacheLayout& layout, std::string_view name) {
  return absl::StrCat(layout.tmp(), "/", kDoomed, name);
}

// Renames what dead sessions left, so that others see at once that it is nobody's. A session that is being created looks
// dead until it holds its lock, may lose its directory here, and makes another.
absl::StatusOr<Leftovers> CollectDead(const CacheLayout& layout) {
  Leftovers leftovers;
  COW_ASSIGN_OR_RETURN(auto entries, ListDirectory(layout.tmp()));
  for (const DirectoryEntry& entry : entries) {
    std::string path = absl::StrCat(layout.tmp(), "/", entry.name);
    if (entry.kind != FileKind::kDirectory) continue;
    absl::StatusOr<std::optional<FileLock>> lock = FileLock::Try(path);
    if (!lock.ok() || !lock->has_value()) continue;
    if (entry.name.starts_with(kDoomed)) {
      leftovers.of_ended.push_back(std::move(path));
      continue;
    }
    std::string doomed = DoomedPath(layout, entry.name);
    if (RenameFile(path, doomed).ok()) leftovers.of_dead.push_back(std::move(doomed));
  }
  return leftovers;
}

// Removes directories that hold nothing but such directories, one by one until told to stop. Whether `path` is gone.
bool RemoveHollow(const std::string& path, const std::stop_token& stop) {
  absl::StatusOr<std::vector<DirectoryEntry>> entries = ListDirectory(path);
  if (!entries.ok()) return absl::IsNotFound(entries.status());
  for (const DirectoryEntry& entry : *entries) {
    if (entry.kind != FileKind::kDirectory || !RemoveHollow(absl::StrCat(path, "/", entry.name), stop)) return false;
  }
  return !stop.stop_requested() && rmdir(path.c_str()) == 0;
}

// False if something else than directories is left, of which `directories` counts those below `path`.
bool RemoveFilesBelow(const std::string& path, size_t* directories) {
  absl::StatusOr<std::vector<DirectoryEntry>> entries = ListDirectory(path);
  if (!entries.ok()) return false;
  for (const DirectoryEntry& entry : *entries) {
    const std::string below = absl::StrCat(path, "/", entry.name);
    const bool is_directory = entry.kind == FileKind::kDirectory;
    *directories += is_directory ? 1 : 0;
    const bool done = is_directory ? RemoveFilesBelow(below, directories) : RemoveFile(below).ok();
    if (!done) return false;
  }
  return true;
}

void Sweep(const std::vector<std::string>& leftovers, const std::stop_token& stop) {
  for (const std::string& path : leftovers) {
    // A session that was killed while it removed another's may have left more.
    if (!RemoveHollow(path, stop) && !stop.stop_requested()) RemoveTree(path).IgnoreError();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<SessionDir>> SessionDir::Create(const CacheLayout& layout) {
  COW_ASSIGN_OR_RETURN(Leftovers leftovers, CollectDead(layout));
  COW_ASSIGN_OR_RETURN(std::unique_ptr<SessionDir> session, CreateLocked(layout));
  // What cannot be removed now is for the next session; it must not stop this one.
  for (const std::string& path : leftovers.of_dead) RemoveTree(path).IgnoreError();
  if (!leftovers.of_ended.empty()) {
    session->sweeper_ = std::jthread(
        [ended = std::move(leftovers.of_ended)](const std::stop_token& stop) { Sweep(ended, stop); });
  }
  return session;
}

// No lock is held that others wait for: a session that is stopped (Ctrl-Z) here would hold up all that begin.
absl::StatusOr<std::unique_ptr<SessionDir>> SessionDir::CreateLocked(const CacheLayout& layout) {
  while (true) {
    COW_ASSIGN_OR_RETURN(std::string path, MakeTempDirectory(absl::StrCat(layout.tmp(), "/", getpid(), "-")));
    absl::StatusOr<std::optional<FileLock>> lock = FileLock::Try(path);
    if (!lock.ok() && !absl::IsNotFound(lock.status())) return lock.status();
    const bool is_locked = lock.ok() && lock->has_value();
    COW_ASSIGN_OR_RETURN(const bool is_ours, is_locked ? (*lock)->IsOf(path) : absl::StatusOr<bool>(false));
    if (!is_ours) {
      rmdir(path.c_str());  // somebody took it for a dead session's, or looked whether it is one
      continue;
    }
    std::string doomed = DoomedPath(layout, PathBasename(path));
    return std::unique_ptr<SessionDir>(new SessionDir(std::move(path), std::move(doomed), **std::move(lock)));
  }
}

SessionDir::~SessionDir() {
  sweeper_.request_stop();
  if (sweeper_.joinable()) sweeper_.join();
  size_t directories = 0;
  const bool is_hollow = RemoveFilesBelow(path_, &directories);
  if (is_hollow && directories > kFewDirectories && RenameFile(path_, doomed_path_).ok()) return;
  RemoveTree(path_).IgnoreError();
}

}  // namespace cow::store
