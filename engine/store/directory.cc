#include "engine/store/directory.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store/wire.h"

namespace cow::store {
namespace {

bool IsName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

template <typename Node>
void SortByName(std::vector<Node>* nodes) {
  std::sort(nodes->begin(), nodes->end(), [](const Node& a, const Node& b) { return a.name < b.name; });
}

absl::Status CheckNames(const Directory& directory) {
  std::vector<std::string_view> names;
  for (const FileNode& node : directory.files) names.push_back(node.name);
  for (const DirectoryNode& node : directory.directories) names.push_back(node.name);
  for (const SymlinkNode& node : directory.symlinks) names.push_back(node.name);
  for (std::string_view name : names) {
    if (!IsName(name)) return absl::InvalidArgumentError(absl::StrCat("'", name, "' is not the name of a file"));
  }
  std::sort(names.begin(), names.end());
  auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) return absl::InvalidArgumentError(absl::StrCat("'", *twice, "' is there twice"));
  for (const SymlinkNode& node : directory.symlinks) {
    if (node.target.empty() || node.target.find('\0') != std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat("'", node.name, "' is a symlink without a proper target"));
    }
  }
  return absl::OkStatus();
}

std::string EncodeFile(const FileNode& node) {
  return WireWriter().Bytes(1, node.name).DigestMessage(2, node.digest).Bool(4, node.executable).Take();
}

std::string EncodeChild(const DirectoryNode& node) {
  return WireWriter().Bytes(1, node.name).DigestMessage(2, node.digest).Take();
}

std::string EncodeSymlink(const SymlinkNode& node) {
  return WireWriter().Bytes(1, node.name).Bytes(2, node.target).Take();
}

// A FileNode or DirectoryNode; what is not canonical is found by encoding the result again.
absl::StatusOr<FileNode> DecodeNode(std::string_view bytes) {
  FileNode node;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == 1) {
      node.name = std::string(reader.bytes());
    } else if (reader.field() == 2) {
      COW_ASSIGN_OR_RETURN(node.digest, DecodeDigestMessage(reader.bytes()));
    } else if (reader.field() == 4) {
      node.executable = reader.integer() != 0;
    } else {
      reader.Fail("unknown field of a node");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return node;
}

absl::StatusOr<SymlinkNode> DecodeSymlink(std::string_view bytes) {
  SymlinkNode node;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == 1) {
      node.name = std::string(reader.bytes());
    } else if (reader.field() == 2) {
      node.target = std::string(reader.bytes());
    } else {
      reader.Fail("unknown field of a symlink");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return node;
}

absl::StatusOr<Directory> DecodeFields(std::string_view bytes) {
  Directory directory;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == 1) {
      COW_ASSIGN_OR_RETURN(FileNode node, DecodeNode(reader.bytes()));
      directory.files.push_back(std::move(node));
    } else if (reader.field() == 2) {
      COW_ASSIGN_OR_RETURN(FileNode node, DecodeNode(reader.bytes()));
      directory.directories.push_back({std::move(node.name), node.digest});
    } else if (reader.field() == 3) {
      COW_ASSIGN_OR_RETURN(SymlinkNode node, DecodeSymlink(reader.bytes()));
      directory.symlinks.push_back(std::move(node));
    } else {
      reader.Fail("unknown field of a directory");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return directory;
}

}  // namespace

absl::StatusOr<std::string> EncodeDirectory(Directory directory) {
  COW_RETURN_IF_ERROR(CheckNames(directory));
  SortByName(&directory.files);
  SortByName(&directory.directories);
  SortByName(&directory.symlinks);
  WireWriter writer;
  for (const FileNode& node : directory.files) writer.Message(1, EncodeFile(node));
  for (const DirectoryNode& node : directory.directories) writer.Message(2, EncodeChild(node));
  for (const SymlinkNode& node : directory.symlinks) writer.Message(3, EncodeSymlink(node));
  return writer.Take();
}

absl::StatusOr<Directory> DecodeDirectory(std::string_view bytes) {
  COW_ASSIGN_OR_RETURN(Directory directory, DecodeFields(bytes));
  COW_ASSIGN_OR_RETURN(std::string again, EncodeDirectory(directory));
  if (again != bytes) return absl::InvalidArgumentError("not a canonical directory");
  return directory;
}

}  // namespace cow::store
