#include "engine/execution/remote_input_root.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/store/directory_builder.h"
#include "engine/store/tree_encoding.h"
#include "engine/store/wire.h"

namespace cow::execution {
namespace {

// Bytes of files. Larger trees are compilers, and take too long to copy for each action; that their files have other times
// than here is not noticed.
constexpr int64_t kLargestCopiedTree = int64_t{64} << 20;

void AddDirectories(store::DirectoryTree tree, std::vector<store::RemoteBlob>* blobs) {
  for (store::EncodedDirectory& directory : tree.directories) {
    blobs->push_back({.digest = directory.digest, .bytes = std::move(directory.bytes)});
  }
}

}  // namespace

RemoteInputRoot::PartPtr RemoteInputRoot::Known(const Digest& key) {
  absl::MutexLock lock(&mutex_);
  auto place = parts_.find(key);
  return place == parts_.end() ? nullptr : place->second;
}

absl::StatusOr<RemoteInputRoot::PartPtr> RemoteInputRoot::Remember(const Digest& key, absl::StatusOr<Part> part) {
  if (!part.ok()) return part.status();
  absl::MutexLock lock(&mutex_);
  return parts_.try_emplace(key, std::make_shared<const Part>(*std::move(part))).first->second;
}

absl::StatusOr<RemoteInputRoot::PartPtr> RemoteInputRoot::TreePart(const Digest& tree) {
  if (PartPtr known = Known(tree)) return known;
  COW_ASSIGN_OR_RETURN(const std::string bytes, cas_.Get(tree));
  COW_ASSIGN_OR_RETURN(const store::TreeContents contents, store::DecodeTree(bytes));
  Part part;
  store::WireReader reader(bytes);
  while (reader.Next()) {
    part.blobs.push_back({.digest = Digest::Of(reader.bytes()), .bytes = std::string(reader.bytes())});
  }
  COW_RETURN_IF_ERROR(reader.status());
  part.root = part.blobs.front().digest;
  for (const store::TreeEntry& entry : contents.entries) {
    if (entry.kind != store::TreeEntry::Kind::kFile) continue;
    COW_ASSIGN_OR_RETURN(std::string path, cas_.RecentPathOf(entry.digest));
    part.blobs.push_back({.digest = entry.digest, .path = std::move(path)});
    part.file_bytes += entry.digest.size_bytes();
  }
  return Remember(tree, std::move(part));
}

absl::StatusOr<RemoteInputRoot::PartPtr> RemoteInputRoot::HostTreePart(const HostTree& tree) {
  if (PartPtr known = Known(tree.digest)) return known;
  // A copy that nobody changes.
  COW_ASSIGN_OR_RETURN(const std::string copy, trees_.MaterializeHostTree(tree));
  Part part;
  store::DirectoryBuilder builder;
  for (const HostTreeEntry& entry : tree.entries) {
    switch (entry.kind) {
      case HostTreeEntry::Kind::kFile:
        builder.AddFile(entry.path, entry.digest, entry.executable);
        part.blobs.push_back({.digest = entry.digest, .path = JoinPath(copy, entry.path)});
        break;
      case HostTreeEntry::Kind::kSymlink:
        builder.AddSymlink(entry.path, entry.target);
        break;
      case HostTreeEntry::Kind::kDirectory:
        builder.AddDirectory(entry.path);
        break;
    }
  }
  COW_ASSIGN_OR_RETURN(store::DirectoryTree built, builder.Build());
  part.root = built.root;
  AddDirectories(std::move(built), &part.blobs);
  return Remember(tree.digest, std::move(part));
}

absl::StatusOr<store::RemoteBlob> RemoteInputRoot::Program(const std::string& path) {
  absl::MutexLock lock(&mutex_);
  auto place = programs_.find(path);
  if (place == programs_.end()) {
    COW_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
    place = programs_.emplace(path, Digest::Of(bytes)).first;
  }
  return store::RemoteBlob{.digest = place->second, .path = path};
}

absl::StatusOr<Digest> RemoteInputRoot::Make(const TravelOrder& order, std::vector<store::RemoteBlob>* blobs) {
  store::DirectoryBuilder builder;
  const auto add_part = [&](const std::string& path, const Part& part) {
    builder.AddDirectoryDigest(path, part.root);
    blobs->insert(blobs->end(), part.blobs.begin(), part.blobs.end());
  };
  COW_ASSIGN_OR_RETURN(store::RemoteBlob runner, Program(runner_));
  COW_ASSIGN_OR_RETURN(store::RemoteBlob sandbox, Program(sandbox_));
  std::string text = EncodeOrder(order);
  builder.AddFile(kTravelRunner, runner.digest, true);
  builder.AddFile(kTravelSandbox, sandbox.digest, true);
  builder.AddFile(kTravelOrder, Digest::Of(text), false);
  blobs->push_back({.digest = Digest::Of(text), .bytes = std::move(text)});
  blobs->push_back(std::move(runner));
  blobs->push_back(std::move(sandbox));
  std::set<Digest> listed;
  for (const SpawnInput& input : order.spawn.inputs) {
    const std::string path = JoinPath(kTravelInputs, input.path);
    if (input.kind == SpawnInput::Kind::kFile) {
      COW_ASSIGN_OR_RETURN(std::string source, cas_.RecentPathOf(input.digest));
      builder.AddFile(path, input.digest, input.executable);
      blobs->push_back({.digest = input.digest, .path = std::move(source)});
    } else if (input.kind == SpawnInput::Kind::kTree) {
      COW_ASSIGN_OR_RETURN(const PartPtr part, TreePart(input.digest));
      add_part(path, *part);
      if (part->file_bytes <= kLargestCopiedTree) listed.insert(input.digest);
    }
  }
  for (const Digest& tree : listed) {
    COW_ASSIGN_OR_RETURN(std::string source, cas_.RecentPathOf(tree));
    builder.AddFile(JoinPath(kTravelTrees, tree.hex()), tree, false);
    blobs->push_back({.digest = tree, .path = std::move(source)});
  }
  if (order.spawn.root_tree) {
    COW_ASSIGN_OR_RETURN(const PartPtr part, TreePart(*order.spawn.root_tree));
    add_part(kTravelRoot, *part);
  } else if (order.spawn.host_tree != nullptr) {
    COW_ASSIGN_OR_RETURN(const PartPtr part, HostTreePart(*order.spawn.host_tree));
    add_part(kTravelRoot, *part);
  }
  COW_ASSIGN_OR_RETURN(store::DirectoryTree tree, builder.Build());
  const Digest root = tree.root;
  AddDirectories(std::move(tree), blobs);
  return root;
}

}  // namespace cow::execution
