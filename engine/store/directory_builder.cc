#include "engine/store/directory_builder.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/store/directory.h"

namespace cow::store {

// Closes directories from the bottom up while it walks sorted entries; children are therefore encoded before parents.
class DirectoryBuilder::Folder {
 public:
  absl::Status Add(Entry entry) {
    std::string_view parent = PathDirname(entry.path);
    COW_RETURN_IF_ERROR(EnterParent(parent));
    std::string name(PathBasename(entry.path));
    switch (entry.kind) {
      case Kind::kFile:
        open_.back().directory.files.push_back({std::move(name), entry.digest, entry.executable});
        break;
      case Kind::kSymlink:
        open_.back().directory.symlinks.push_back({std::move(name), std::move(entry.target)});
        break;
      case Kind::kDirectoryDigest:
        open_.back().directory.directories.push_back({std::move(name), entry.digest});
        break;
      case Kind::kEmptyDirectory:
        open_.push_back({std::move(entry.path), {}});
        break;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<DirectoryTree> Finish() {
    while (open_.size() > 1) COW_RETURN_IF_ERROR(CloseLast());
    COW_ASSIGN_OR_RETURN(Digest root, Encode(std::move(open_.back().directory)));
    std::reverse(closed_.begin(), closed_.end());
    return DirectoryTree{root, std::move(closed_)};
  }

 private:
  struct Open {
    std::string path;
    Directory directory;
  };

  bool IsInside(std::string_view path) const {
    const std::string& open = open_.back().path;
    return open.empty() || path == open || (path.size() > open.size() && path[open.size()] == '/' && path.starts_with(open));
  }

  absl::Status EnterParent(std::string_view parent) {
    while (!IsInside(parent)) COW_RETURN_IF_ERROR(CloseLast());
    while (open_.back().path.size() < parent.size()) {
      size_t from = open_.back().path.empty() ? 0 : open_.back().path.size() + 1;
      size_t slash = parent.find('/', from);
      open_.push_back({std::string(parent.substr(0, slash)), {}});
    }
    return absl::OkStatus();
  }

  absl::Status CloseLast() {
    Open last = std::move(open_.back());
    open_.pop_back();
    COW_ASSIGN_OR_RETURN(Digest digest, Encode(std::move(last.directory)));
    open_.back().directory.directories.push_back({std::string(PathBasename(last.path)), digest});
    return absl::OkStatus();
  }

  absl::StatusOr<Digest> Encode(Directory directory) {
    COW_ASSIGN_OR_RETURN(std::string bytes, EncodeDirectory(std::move(directory)));
    Digest digest = Digest::Of(bytes);
    if (seen_.insert(digest).second) closed_.push_back({digest, std::move(bytes)});
    return digest;
  }

  std::vector<Open> open_{{"", {}}};
  std::vector<EncodedDirectory> closed_;
  absl::flat_hash_set<Digest> seen_;
};

void DirectoryBuilder::AddFile(std::string path, const Digest& digest, bool executable) {
  entries_.push_back({std::move(path), Kind::kFile, digest, executable, ""});
}

void DirectoryBuilder::AddSymlink(std::string path, std::string target) {
  entries_.push_back({std::move(path), Kind::kSymlink, Digest(), false, std::move(target)});
}

void DirectoryBuilder::AddDirectory(std::string path) {
  entries_.push_back({std::move(path), Kind::kEmptyDirectory, Digest(), false, ""});
}

void DirectoryBuilder::AddDirectoryDigest(std::string path, const Digest& directory) {
  entries_.push_back({std::move(path), Kind::kDirectoryDigest, directory, false, ""});
}

absl::StatusOr<DirectoryTree> DirectoryBuilder::Build() {
  std::vector<Entry> entries = std::exchange(entries_, {});
  // What lies below "a" is one run in byte order, though "a.b" may stand between "a" and it: hence '/' sorts first.
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::lexicographical_compare(a.path.begin(), a.path.end(), b.path.begin(), b.path.end(), [](char x, char y) {
      return (x == '/' ? 0 : static_cast<unsigned char>(x) + 1) < (y == '/' ? 0 : static_cast<unsigned char>(y) + 1);
    });
  });
  Folder folder;
  for (size_t i = 0; i < entries.size(); ++i) {
    COW_RETURN_IF_ERROR(RelPath::Parse(entries[i].path).status());
    if (entries[i].path.empty()) return absl::InvalidArgumentError("the root cannot be an entry of itself");
    if (i + 1 < entries.size() && entries[i + 1].path == entries[i].path) {
      return absl::InvalidArgumentError(absl::StrCat("'", entries[i].path, "' is there twice"));
    }
    COW_RETURN_IF_ERROR(folder.Add(std::move(entries[i])));
  }
  return folder.Finish();
}

}  // namespace cow::store
