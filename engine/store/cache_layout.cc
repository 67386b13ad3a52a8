#include "engine/store/cache_layout.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::store {
namespace {

// Makes the directory unless there is one.
absl::Status MakeOwn(const std::string& root) {
  struct stat info;
  if (stat(root.c_str(), &info) != 0) {
    COW_RETURN_IF_ERROR(MakeDirectories(root, 0700));
    if (stat(root.c_str(), &info) != 0) return ErrnoStatus(errno, root);
  }
  if (!S_ISDIR(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat("the cache '", root, "' is not a directory"));
  }
  if (info.st_uid != geteuid()) {
    return absl::PermissionDeniedError(absl::StrCat("the cache '", root, "' belongs to user ", info.st_uid,
                                                    " and not to you; set COW_CACHE_DIR to a directory of your own"));
  }
  if ((info.st_mode & 022) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("others may write to the cache '", root, "'; run: chmod 700 '", root, "'"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> DefaultCacheRoot() {
  std::string root = GetEnv("COW_CACHE_DIR");
  if (root.empty()) {
    std::string base = GetEnv("XDG_CACHE_HOME");
    if (base.empty() && !GetEnv("HOME").empty()) base = GetEnv("HOME") + "/.cache";
    if (base.empty()) {
      return absl::FailedPreconditionError("no place for the cache: set COW_CACHE_DIR, XDG_CACHE_HOME or HOME");
    }
    root = base + "/cow";
  }
  if (root.front() != '/') {
    return absl::FailedPreconditionError(absl::StrCat("the cache directory must be an absolute path, got '", root, "'"));
  }
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  return root;
}

absl::StatusOr<CacheLayout> OpenCache(const std::string& root) {
  COW_RETURN_IF_ERROR(MakeOwn(root));
  CacheLayout layout{.root = root};
  for (const std::string& folder :
       {layout.cas(), layout.trees(), layout.db(), layout.repos(), layout.tmp(), layout.quarantine()}) {
    COW_RETURN_IF_ERROR(MakeOwn(folder));
  }
  return layout;
}

}  // namespace cow::store
