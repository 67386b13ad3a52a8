// SessionDir: the scratch directory of this process, `<cache>/tmp/<pid>-<random>/`, removed at the end. It is locked
// while the process lives, so the next session can tell what a killed one left behind and remove it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/store/cache_layout.h"
#include "engine/store/file_lock.h"

namespace cow::store {

class SessionDir {
 public:
  // Also removes the directories of dead sessions.
  static absl::StatusOr<std::unique_ptr<SessionDir>> Create(const CacheLayout& layout);
  ~SessionDir();
  SessionDir(const SessionDir&) = delete;
  SessionDir& operator=(const SessionDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  SessionDir(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  const std::string path_;
  FileLock lock_;
};

}  // namespace cow::store
