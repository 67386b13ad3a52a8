#include "engine/loading/source_tree.h"

#include <algorithm>
#include <utility>

#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/model/build_file.h"
#include "engine/store/listing_digest.h"

namespace cow::loading {
namespace {


const DirectoryEntry* FindEntry(const Listing& listing, std::string_view name) {
  auto found = std::lower_bound(listing.begin(), listing.end(), name,
                                [](const DirectoryEntry& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != listing.end() && found->name == name ? &*found : nullptr;
}

std::string ParentOf(const std::string& path) {
  std::string parent(PathDirname(path));
  return parent.empty() ? "/" : parent;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const std::string>> SourceTree::Read(const std::string& path) {
  {
    absl::MutexLock lock(&mutex_);
    auto found = texts_.find(path);
    if (found != texts_.end()) return found->second;
  }
  absl::StatusOr<std::string> text = ReadFile(path);
  absl::MutexLock lock(&mutex_);
  if (!text.ok()) {
    if (absl::IsNotFound(text.status())) reads_.emplace(path, FileRead{.path = path, .kind = FileRead::Kind::kAbsent});
    return text.status();
  }
  // Another thread may have been first: its text is the one everybody gets.
  auto [place, added] = texts_.emplace(path, nullptr);
  if (added) {
    place->second = std::make_shared<const std::string>(*std::move(text));
    reads_[path] = {.path = path, .kind = FileRead::Kind::kFile, .digest = Digest::Of(*place->second)};
  }
  return place->second;
}

std::shared_ptr<const Listing> SourceTree::List(const std::string& directory) {
  {
    absl::MutexLock lock(&mutex_);
    auto found = listings_.find(directory);
    if (found != listings_.end()) return found->second;
  }
  std::shared_ptr<const Listing> listing;
  std::vector<std::string> links;
  FileRead read{.path = directory, .kind = FileRead::Kind::kAbsent};
  if (absl::StatusOr<store::SourceListing> found = store::ListSources(directory); found.ok()) {
    Listing& entries = found->entries;
    for (const std::string& name : found->links) {
      if (FindEntry(entries, name)->kind == FileKind::kDirectory) links.push_back(JoinPath(directory, name));
    }
    read.kind = FileRead::Kind::kDirectory;
    read.digest = store::DigestOfListing(entries);
    listing = std::make_shared<const Listing>(std::move(entries));
  }
  absl::MutexLock lock(&mutex_);
  auto [place, added] = listings_.emplace(directory, std::move(listing));
  if (added) {
    reads_[directory] = std::move(read);
    linked_directories_.insert(links.begin(), links.end());
  }
  return place->second;
}

bool SourceTree::IsLinkedDirectory(const std::string& path) const {
  absl::MutexLock lock(&mutex_);
  return linked_directories_.contains(path);
}

FileKind SourceTree::KindOf(const std::string& path) {
  std::shared_ptr<const Listing> listing = List(ParentOf(path));
  const DirectoryEntry* entry = listing == nullptr ? nullptr : FindEntry(*listing, PathBasename(path));
  return entry == nullptr ? FileKind::kOther : entry->kind;
}

std::string SourceTree::BuildFileIn(const std::string& directory) {
  std::shared_ptr<const Listing> listing = List(directory);
  if (listing == nullptr) return "";
  for (std::string_view name : kBuildFileNames) {
    const DirectoryEntry* entry = FindEntry(*listing, name);
    if (entry != nullptr && entry->kind == FileKind::kRegular) return std::string(name);
  }
  return "";
}

std::vector<FileRead> SourceTree::FilesRead() const {
  absl::MutexLock lock(&mutex_);
  std::vector<FileRead> reads;
  for (const auto& [path, read] : reads_) reads.push_back(read);
  return reads;
}

void SourceTree::Note(FileRead read) {
  absl::MutexLock lock(&mutex_);
  std::string path = read.path;
  reads_.insert_or_assign(std::move(path), std::move(read));
}

}  // namespace cow::loading
