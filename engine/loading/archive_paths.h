// ArchivePaths: where the entries of an archive may go. Nothing leaves the directory that an archive is unpacked into,
// whatever its names and links say.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cow::loading {

// The path of an entry relative to the directory: without "./", "//" and a trailing slash; "" for the directory itself.
// kInvalidArgument for an absolute path, a ".." or a NUL.
absl::StatusOr<std::string> SafeEntryPath(std::string_view name);

// The symlinks of a directory that is being unpacked. They are made when everything else is there, so that nothing is
// ever written through one. One thread.
class PendingLinks {
 public:
  // A later entry of the same path replaces the earlier.
  void Add(const std::string& path, std::string target) { links_[path] = std::move(target); }
  void Forget(const std::string& path) { links_.erase(path); }

  // The shortest link that `path` lies below; "" if none.
  std::string LinkAbove(std::string_view path) const;

  // kInvalidArgument if a target is absolute or leads out of the directory, links on the way included.
  absl::Status Check() const;

  const std::map<std::string, std::string>& links() const { return links_; }

 private:
  absl::Status CheckOne(const std::string& path, const std::string& target) const;

  std::map<std::string, std::string> links_;  // path -> target as written
};

// `strip_prefix` and the names seen, for an archive that must have it.
class StrippedPrefix {
 public:
  // kInvalidArgument if `prefix` is no path inside of an archive.
  static absl::StatusOr<StrippedPrefix> Create(std::string_view prefix);

  // The rest of the path, or no value ("not below") for an entry that is left out.
  bool Strip(std::string& path);
  // kNotFound, naming what is at the top of the archive, if nothing had the prefix.
  absl::Status CheckFound() const;

 private:
  std::string prefix_;
  bool found_ = false;
  std::set<std::string> tops_;
};

}  // namespace cow::loading
