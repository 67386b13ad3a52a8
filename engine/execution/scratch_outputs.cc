#include "engine/execution/scratch_outputs.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/execution/sandbox_request.h"

namespace cow::execution {
namespace {

constexpr mode_t kDirectoryMode = 0755;

// To remove more than these takes longer than to make another directory.
constexpr size_t kMostMountPoints = 4;

bool IsHollow(const std::string& path) {
  absl::StatusOr<std::vector<DirectoryEntry>> entries = ListDirectory(path);
  return entries.ok() && entries->empty();
}

// Leaves empty directories if there are many; whether nothing is left.
absl::StatusOr<bool> Empty(const std::string& directory) {
  if (chmod(directory.c_str(), kDirectoryMode) != 0) return ErrnoStatus(errno, directory);
  COW_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> entries, ListDirectory(directory));
  std::vector<std::string> hollow;
  for (const DirectoryEntry& entry : entries) {
    std::string path = absl::StrCat(directory, "/", entry.name);
    if (entry.kind == FileKind::kDirectory && IsHollow(path)) {
      hollow.push_back(std::move(path));
    } else {
      COW_RETURN_IF_ERROR(RemoveTree(path));
    }
  }
  if (hollow.size() > kMostMountPoints) return false;
  for (const std::string& path : hollow) COW_RETURN_IF_ERROR(RemoveTree(path));
  return true;
}

}  // namespace

ScratchOutputs::ScratchOutputs(ScratchOutputs&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), writable_(std::move(other.writable_)) {}

ScratchOutputs::~ScratchOutputs() {
  if (pool_ != nullptr) pool_->Return(writable_);
}

absl::StatusOr<ScratchOutputs> ScratchPool::Take(const std::vector<DeclaredOutput>& outputs) {
  std::vector<std::string> files;
  std::vector<std::string> directories;
  for (const DeclaredOutput& output : outputs) {
    (output.kind == ActionOutput::Kind::kTree ? directories : files).push_back(output.path);
  }
  ScratchOutputs scratch(this);
  for (std::string& path : WritablePathsFor(files, directories)) {
    COW_ASSIGN_OR_RETURN(std::string directory, TakeDirectory());
    scratch.writable_.push_back({.path = std::move(path), .host_path = std::move(directory)});
  }
  return scratch;
}

absl::StatusOr<std::string> ScratchPool::TakeDirectory() {
  {
    absl::MutexLock lock(&mutex_);
    if (!free_.empty()) {
      std::string directory = std::move(free_.back());
      free_.pop_back();
      return directory;
    }
  }
  COW_ASSIGN_OR_RETURN(std::string directory, MakeTempDirectory(absl::StrCat(root_, "/outputs-")));
  if (chmod(directory.c_str(), kDirectoryMode) != 0) return ErrnoStatus(errno, directory);
  return directory;
}

void ScratchPool::Return(const std::vector<SpawnWritable>& writable) {
  for (const SpawnWritable& place : writable) {
    absl::StatusOr<bool> emptied = Empty(place.host_path);
    if (!emptied.ok() || !*emptied) continue;
    absl::MutexLock lock(&mutex_);
    free_.push_back(place.host_path);
  }
}

}  // namespace cow::execution
