#include "rules/pack/deb/deb_reader.h"

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/compress/compressor.h"
#include "rules/pack/deb/ar.h"
#include "rules/pack/deb/usrmerge.h"
#include "rules/pack/tar/tar_reader.h"

namespace cow::pack {
namespace {

constexpr size_t kControlLimit = 16 << 20;
constexpr int64_t kFileLimit = int64_t{8} << 30;

absl::Status ReadControl(std::string_view member, DebPackage& package) {
  StringSource compressed(member);
  COW_ASSIGN_OR_RETURN(auto plain, NewDecompressor(compressed));
  TarReader tar(*plain, {.entries = 1000, .content_bytes = kControlLimit});
  while (true) {
    COW_ASSIGN_OR_RETURN(auto entry, tar.Next());
    if (!entry.has_value()) break;
    COW_ASSIGN_OR_RETURN(std::string path, SafeArchivePath(entry->name));
    if (entry->type != TarType::kFile) continue;
    COW_ASSIGN_OR_RETURN(package.control_files[path], ReadAll(tar, kControlLimit));
  }
  auto control = package.control_files.find("control");
  if (control == package.control_files.end()) return absl::DataLossError("no control file");
  COW_ASSIGN_OR_RETURN(package.control, ControlParagraph::Parse(control->second));
  return CheckPackageName(package.control.Get("Package"));
}

absl::StatusOr<Node> NodeOf(const TarEntry& entry, TarReader& tar, const DebPackage& package,
                            const std::map<std::string, size_t>& by_path) {
  Node node{.mode = entry.mode, .uid = entry.uid, .gid = entry.gid, .origin = package.file};
  switch (entry.type) {
    case TarType::kDirectory:
      node.kind = NodeKind::kDirectory;
      break;
    case TarType::kSymlink:
      if (entry.link_target.empty()) return absl::DataLossError("symlink without target");
      node.kind = NodeKind::kSymlink;
      node.mode = 0777;
      node.link_target = entry.link_target;
      break;
    case TarType::kFile: {
      COW_ASSIGN_OR_RETURN(std::string bytes, ReadAll(tar, static_cast<size_t>(kFileLimit)));
      node.content = BytesContent(std::move(bytes));
      break;
    }
    case TarType::kHardLink: {
      COW_ASSIGN_OR_RETURN(std::string target, SafeArchivePath(entry.link_target));
      auto it = by_path.find(target);
      if (it == by_path.end() || package.entries[it->second].node.kind != NodeKind::kFile) {
        return absl::InvalidArgumentError(
            absl::StrCat("hard link to '", entry.link_target, "', which is no earlier file"));
      }
      node = package.entries[it->second].node;
      break;
    }
  }
  return node;
}

// An entry below a symlink would be written through it.
absl::Status CheckParents(const std::string& path, const DebPackage& package,
                          const std::map<std::string, size_t>& by_path) {
  for (std::string_view parent = PathDirname(path); !parent.empty(); parent = PathDirname(parent)) {
    auto it = by_path.find(std::string(parent));
    if (it != by_path.end() && package.entries[it->second].node.kind != NodeKind::kDirectory) {
      return absl::InvalidArgumentError(absl::StrCat("it lies below '", parent, "', which is no directory"));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadData(std::string_view member, DebPackage& package) {
  StringSource compressed(member);
  COW_ASSIGN_OR_RETURN(auto plain, NewDecompressor(compressed));
  TarReader tar(*plain);
  std::map<std::string, size_t> by_path;
  while (true) {
    COW_ASSIGN_OR_RETURN(auto entry, tar.Next());
    if (!entry.has_value()) return absl::OkStatus();
    COW_ASSIGN_OR_RETURN(std::string path, SafeArchivePath(entry->name));
    if (path.empty()) continue;
    COW_RETURN_IF_ERROR(Annotate(CheckParents(path, package, by_path), path));
    absl::StatusOr<Node> node = NodeOf(*entry, tar, package, by_path);
    if (!node.ok()) return Annotate(node.status(), path);
    if (!by_path.try_emplace(path, package.entries.size()).second && node->kind != NodeKind::kDirectory) {
      return absl::InvalidArgumentError(absl::StrCat("'", path, "' is in the package twice"));
    }
    package.entries.push_back({std::move(path), *std::move(node)});
  }
}

absl::Status ReadMembers(std::string_view bytes, DebPackage& package) {
  COW_ASSIGN_OR_RETURN(std::vector<ArMember> members, ReadAr(bytes));
  if (members.empty() || members[0].name != "debian-binary" || !members[0].data.starts_with("2.")) {
    return absl::DataLossError("not a Debian package: no debian-binary 2.x member");
  }
  bool control = false, data = false;
  for (const ArMember& member : members) {
    if (!control && absl::StartsWith(member.name, "control.tar")) {
      COW_RETURN_IF_ERROR(Annotate(ReadControl(member.data, package), member.name));
      control = true;
    } else if (!data && absl::StartsWith(member.name, "data.tar")) {
      COW_RETURN_IF_ERROR(Annotate(ReadData(member.data, package), member.name));
      data = true;
    }
  }
  if (control && data) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("no ", control ? "data.tar" : "control.tar", " member"));
}

}  // namespace

absl::StatusOr<DebPackage> ReadDeb(const std::string& file) {
  COW_ASSIGN_OR_RETURN(std::string bytes, ReadFile(file));
  DebPackage package;
  package.file = file;
  COW_RETURN_IF_ERROR(Annotate(ReadMembers(bytes, package), file));
  return package;
}

}  // namespace cow::pack
