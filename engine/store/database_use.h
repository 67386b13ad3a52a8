// DatabaseUse: who has the database of a cache open, and how its file looked when one of them last was done with it.
//
// A file that looks otherwise was left by a session that was killed, or somebody else wrote to it. It must be checked
// before LMDB may use it, which is possible only while nobody else does.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"
#include "engine/store/cache_layout.h"

namespace cow::store {

// One of the users while it lives.
class DatabaseUse {
 public:
  // The caller holds a lock that keeps others from joining.
  static absl::StatusOr<DatabaseUse> Join(const CacheLayout& layout);

  // There is a file that is not as it was left, and no other user who checked it.
  bool needs_check() const { return needs_check_; }

  // The file is sound as it is: it was checked, or only this process and other users wrote to it.
  absl::Status Leave() const;

 private:
  DatabaseUse(UniqueFd fd, std::string data, bool needs_check)
      : fd_(std::move(fd)), data_(std::move(data)), needs_check_(needs_check) {}
  UniqueFd fd_;  // locked; its contents are the look of the file
  std::string data_;
  bool needs_check_;
};

}  // namespace cow::store
