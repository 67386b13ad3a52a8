// SessionDir: the scratch directory of this process, `<cache>/tmp/<pid>-<random>/`, removed at the end. It is locked
// while the process lives, so the next session can tell what a killed one left behind and remove it.
//
// Many directories that hold nothing are left to the next session, which removes them beside its work: they take as long
// as the rest of a short build.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/store/cache_layout.h"
#include "engine/store/file_lock.h"

namespace cow::store {

class SessionDir {
 public:
  // Also removes what dead sessions left, and begins to remove the empty directories that others left.
  static absl::StatusOr<std::unique_ptr<SessionDir>> Create(const CacheLayout& layout);
  ~SessionDir();
  SessionDir(const SessionDir&) = delete;
  SessionDir& operator=(const SessionDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  static absl::StatusOr<std::unique_ptr<SessionDir>> CreateLocked(const CacheLayout& layout);
  SessionDir(std::string path, std::string doomed_path, FileLock lock)
      : path_(std::move(path)), doomed_path_(std::move(doomed_path)), lock_(std::move(lock)) {}

  const std::string path_;
  const std::string doomed_path_;  // its name when it is left to others
  FileLock lock_;
  std::jthread sweeper_;  // of what was left to this session
};

}  // namespace cow::store
