#include "engine/remote/endpoint/execution_outputs.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/remote/endpoint/result_message.h"

namespace cow::remote {
namespace {

constexpr int64_t kLargestTree = int64_t{64} << 20;    // it is read into memory
constexpr int64_t kLargestPrint = int64_t{64} << 20;
constexpr size_t kMostEntries = 1'000'000;             // equal directories are written once, and may be many
constexpr size_t kLongestPath = 2048;                  // below an output
constexpr size_t kLongestName = 255;

struct File {
  std::string path{};  // of this machine
  Digest digest{};
  bool executable = false;
};

// All that is to be made here, directories before what is in them.
struct Layout {
  std::vector<std::string> directories{};
  std::vector<File> files{};
  std::vector<std::pair<std::string, std::string>> symlinks{};  // path, target
  size_t size() const { return directories.size() + files.size() + symlinks.size(); }
};

absl::Status Malformed(std::string_view what) { return absl::InvalidArgumentError(absl::StrCat("its result is malformed: ", what)); }

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == name.npos;
}

class TreeWalk {
 public:
  TreeWalk(const reapi::Tree& tree, Layout* layout) : tree_(tree), layout_(*layout) {
    for (const reapi::Directory& child : tree.children()) {
      const std::string bytes = child.SerializeAsString();
      children_.emplace(Digest::Of(bytes).hex(), &child);
    }
  }

  absl::Status Lay(const std::string& path) { return LayBelow(tree_.root(), path, path.size() + kLongestPath); }

 private:
  absl::Status LayBelow(const reapi::Directory& directory, const std::string& path, size_t longest) {
    if (path.size() > longest) return Malformed("a tree is too deep");
    if (layout_.size() > kMostEntries) return Malformed("a tree is too large");
    absl::flat_hash_set<std::string_view> names;
    const auto take = [&](const std::string& name) { return IsName(name) && names.insert(name).second; };
    for (const reapi::FileNode& node : directory.files()) {
      if (!take(node.name())) return Malformed("a file has no name that it may have");
      COW_ASSIGN_OR_RETURN(Digest digest, FromWire(node.digest()));
      layout_.files.push_back({absl::StrCat(path, "/", node.name()), digest, node.is_executable()});
    }
    for (const reapi::SymlinkNode& node : directory.symlinks()) {
      if (!take(node.name()) || node.target().empty()) return Malformed("a symlink has no name that it may have");
      layout_.symlinks.emplace_back(absl::StrCat(path, "/", node.name()), node.target());
    }
    for (const reapi::DirectoryNode& node : directory.directories()) {
      if (!take(node.name())) return Malformed("a directory has no name that it may have");
      auto child = children_.find(node.digest().hash());
      if (child == children_.end()) return Malformed("a tree lacks one of its directories");
      const std::string below = absl::StrCat(path, "/", node.name());
      layout_.directories.push_back(below);
      COW_RETURN_IF_ERROR(LayBelow(*child->second, below, longest));
    }
    return absl::OkStatus();
  }

  const reapi::Tree& tree_;
  Layout& layout_;
  absl::flat_hash_map<std::string, const reapi::Directory*> children_;
};

// One fetch at a time.
class Fetching {
 public:
  Fetching(const ExecutionRequest& request, BlobReader* reader) : request_(request), reader_(*reader) {}

  // Into new files, each digest once over the wire.
  absl::Status Files(const std::vector<File>& files) {
    std::vector<Frame::Blob> wanted;
    absl::flat_hash_map<Digest, const File*> first;
    for (const File& file : files) {
      if (file.digest == Digest()) {
        COW_RETURN_IF_ERROR(WriteFile(file.path, "", 0600));
      } else if (first.emplace(file.digest, &file).second) {
        wanted.push_back({.digest = file.digest, .path = file.path});
      }
    }
    if (!wanted.empty() && reader_.Read(wanted).size() != wanted.size()) {
      return absl::UnavailableError("not all outputs of the action can be fetched");
    }
    for (const File& file : files) {
      if (file.digest == Digest()) continue;
      const File& source = *first.at(file.digest);
      if (&source != &file) COW_RETURN_IF_ERROR(CopyFile(source.path, file.path, 0600));
    }
    for (const File& file : files) {
      if (chmod(file.path.c_str(), file.executable ? 0755 : 0644) != 0) return ErrnoStatus(errno, file.path);
    }
    return absl::OkStatus();
  }

  // Into memory.
  absl::StatusOr<std::string> Bytes(const Digest& digest, int64_t most) {
    if (digest.size_bytes() > most) return Malformed("it is too large");
    const std::string path = absl::StrCat(request_.scratch, next_++);
    COW_RETURN_IF_ERROR(Files({{.path = path, .digest = digest}}));
    absl::StatusOr<std::string> bytes = ReadFile(path);
    COW_RETURN_IF_ERROR(RemoveFile(path));
    return bytes;
  }

 private:
  const ExecutionRequest& request_;
  BlobReader& reader_;
  int next_ = 0;
};

absl::Status Printed(const std::string& raw, bool has_digest, const reapi::Digest& message, Fetching* fetching, std::string* text) {
  *text = raw;
  if (!raw.empty() || !has_digest) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(const Digest digest, FromWire(message));
  COW_ASSIGN_OR_RETURN(*text, fetching->Bytes(digest, kLargestPrint));
  return absl::OkStatus();
}

absl::Status Fetch(const ExecutionRequest& request, const reapi::ActionResult& result, BlobReader* reader, ExecutionReply* reply) {
  Fetching fetching(request, reader);
  reply->exit_code = result.exit_code();
  COW_RETURN_IF_ERROR(Printed(result.stdout_raw(), result.has_stdout_digest(), result.stdout_digest(), &fetching, &reply->out));
  COW_RETURN_IF_ERROR(Printed(result.stderr_raw(), result.has_stderr_digest(), result.stderr_digest(), &fetching, &reply->err));
  absl::flat_hash_map<std::string, std::string> places(request.outputs.begin(), request.outputs.end());
  Layout layout;
  for (const reapi::OutputDirectory& directory : result.output_directories()) {
    auto place = places.find(directory.path());
    if (place == places.end()) return Malformed("it has an output that nobody asked for");
    COW_ASSIGN_OR_RETURN(const Digest digest, FromWire(directory.tree_digest()));
    COW_ASSIGN_OR_RETURN(const std::string bytes, fetching.Bytes(digest, kLargestTree));
    reapi::Tree tree;
    if (!tree.ParseFromString(bytes)) return Malformed("a tree is none");
    COW_RETURN_IF_ERROR(TreeWalk(tree, &layout).Lay(place->second));
    places.erase(place);
  }
  for (const reapi::OutputFile& file : result.output_files()) {
    auto place = places.find(file.path());
    if (place == places.end()) return Malformed("it has an output that nobody asked for");
    COW_ASSIGN_OR_RETURN(const Digest digest, FromWire(file.digest()));
    layout.files.push_back({place->second, digest, file.is_executable()});
    places.erase(place);
  }
  for (const std::string& directory : layout.directories) COW_RETURN_IF_ERROR(MakeDirectories(directory));
  COW_RETURN_IF_ERROR(fetching.Files(layout.files));
  // Last: nothing is written through them.
  for (const auto& [path, target] : layout.symlinks) COW_RETURN_IF_ERROR(MakeSymlink(target, path));
  return absl::OkStatus();
}

// So that another result can be laid there.
absl::Status ClearPlaces(const ExecutionRequest& request) {
  for (const auto& [there, here] : request.outputs) {
    if (!FileExists(here)) continue;
    COW_ASSIGN_OR_RETURN(const FileInfo info, LstatFile(here));
    if (info.kind != FileKind::kDirectory) {
      COW_RETURN_IF_ERROR(RemoveFile(here));
      continue;
    }
    COW_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, ListDirectory(here));
    for (const DirectoryEntry& entry : entries) COW_RETURN_IF_ERROR(RemoveTree(absl::StrCat(here, "/", entry.name)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FetchOutputs(const ExecutionRequest& request, const reapi::ActionResult& result, BlobReader* reader,
                          ExecutionReply* reply) {
  const absl::Status fetched = Fetch(request, result, reader, reply);
  if (fetched.ok()) return fetched;
  COW_RETURN_IF_ERROR(ClearPlaces(request));
  return fetched;
}

}  // namespace cow::remote
