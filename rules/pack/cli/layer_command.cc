#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "rules/pack/cli/commands.h"
#include "rules/pack/cli/setuid_flag.h"
#include "rules/pack/cli/tree_flags.h"
#include "rules/pack/deb/deb_reader.h"
#include "rules/pack/deb/usrmerge.h"
#include "rules/pack/oci/layer.h"
#include "rules/pack/oci/root_files.h"

namespace cow::pack {
namespace {

absl::StatusOr<Compression> ParseCompression(const ParsedFlags& flags) {
  std::string text = flags.Get("compression", "gzip");
  if (text == "gzip") return Compression::kGzip;
  if (text == "none") return Compression::kNone;
  if (text == "zstd") return Compression::kZstd;
  return absl::InvalidArgumentError(absl::StrCat("--compression '", text, "' is none of [gzip, none, zstd]"));
}

PathFilter LayerExcludes(const ParsedFlags& flags) {
  std::vector<std::string> patterns = flags.All("exclude");
  if (flags.Has("exclude-docs")) {
    for (const char* name : {"doc", "man", "info", "locale", "lintian", "bug", "doc-base"}) {
      patterns.push_back(absl::StrCat("usr/share/", name, "/*"));
    }
  }
  return [excluded = ExcludeFilter(patterns)](std::string_view path) {
    return excluded(path) && !GlobMatches("usr/share/doc/*/copyright", path);
  };
}

absl::Status AddStatus(const DebPackage& package, FileTree& tree) {
  std::string place = absl::StrCat("var/lib/dpkg/status.d/", package.name());
  std::string stanza = package.control_files.at("control");
  if (!stanza.ends_with('\n')) stanza += '\n';
  COW_RETURN_IF_ERROR(tree.Add(place, FileNode(BytesContent(std::move(stanza)), 0644, package.file)));
  auto sums = package.control_files.find("md5sums");
  if (sums == package.control_files.end()) return absl::OkStatus();
  return tree.Add(place + ".md5sums", FileNode(BytesContent(sums->second), 0644, package.file));
}

absl::Status AddDebs(const ParsedFlags& flags, const PathFilter& exclude, FileTree& tree) {
  DebTreeOptions options{.merge_usr = !flags.Has("no-usrmerge"), .exclude = exclude};
  COW_ASSIGN_OR_RETURN(options.setuid, ParseSetuidFlag(flags, /*keep_allowed=*/true));
  for (const std::string& file : flags.All("deb")) {
    COW_ASSIGN_OR_RETURN(DebPackage package, ReadDeb(file));
    COW_RETURN_IF_ERROR(AddDebToTree(package, options, tree));
    COW_RETURN_IF_ERROR(AddStatus(package, tree));
  }
  return absl::OkStatus();
}

absl::Status AddRootFiles(const ParsedFlags& flags, FileTree& tree) {
  std::vector<RootUser> users;
  std::vector<RootGroup> groups;
  if (flags.Has("standard-root")) {
    users = StandardUsers();
    COW_RETURN_IF_ERROR(AddStandardDirectories(tree));
  }
  for (const std::string& text : flags.All("user")) {
    COW_ASSIGN_OR_RETURN(RootUser user, ParseRootUser(text));
    users.push_back(std::move(user));
  }
  for (const std::string& text : flags.All("group")) {
    COW_ASSIGN_OR_RETURN(RootGroup group, ParseRootGroup(text));
    groups.push_back(std::move(group));
  }
  if (!users.empty() || !groups.empty()) COW_RETURN_IF_ERROR(AddUsers(users, groups, tree));
  if (flags.Has("os-release")) COW_RETURN_IF_ERROR(AddOsRelease(flags.Get("os-release"), tree));
  if (flags.Has("ca-bundle")) COW_RETURN_IF_ERROR(AddCaBundle(tree));
  return absl::OkStatus();
}

absl::Status Run(const ParsedFlags& flags) {
  COW_ASSIGN_OR_RETURN(Compression compression, ParseCompression(flags));
  COW_ASSIGN_OR_RETURN(int64_t mtime, flags.Number("mtime", 0));
  PathFilter exclude = LayerExcludes(flags);
  PathMap map = [merge = !flags.Has("no-usrmerge")](std::string_view path) {
    return merge ? MergeUsr(path) : std::string(path);
  };
  FileTree tree;
  COW_RETURN_IF_ERROR(AddDebs(flags, exclude, tree));
  COW_RETURN_IF_ERROR(AddTreeFlags(flags, map, exclude, tree));
  COW_RETURN_IF_ERROR(AddRootFiles(flags, tree));
  if (flags.Has("usrmerge-links")) COW_RETURN_IF_ERROR(AddMergedUsrLinks(tree, /*all=*/true));
  for (const std::string& path : flags.All("whiteout")) COW_RETURN_IF_ERROR(AddWhiteout(path, tree));
  COW_RETURN_IF_ERROR(tree.AddParents(RootParentMode));
  COW_RETURN_IF_ERROR(ApplyModeFlags(flags, map, tree));
  COW_ASSIGN_OR_RETURN(LayerMetadata metadata, WriteLayer(tree, compression, mtime, flags.Get("out")));
  return WriteFile(flags.Get("meta"), metadata.ToJson());
}

}  // namespace

Command LayerCommand() {
  std::vector<FlagSpec> specs = {
      {"out", FlagKind::kRequired, "FILE", "the layer blob"},
      {"meta", FlagKind::kRequired, "FILE", "its media type, digest, size and diff id as JSON"},
      {"compression", FlagKind::kValue, "gzip|none|zstd", "default gzip"},
      {"mtime", FlagKind::kValue, "SECONDS", "time of all entries, default 0"},
      {"owner", FlagKind::kRepeated, "DEST=UID:GID", "owner of an entry, default 0:0"},
      {"deb", FlagKind::kRepeated, "FILE", "a whole package, with status.d metadata"},
      {"setuid", FlagKind::kValue, "reject|drop|keep", "for --deb files, default reject"},
      {"exclude", FlagKind::kRepeated, "PATH", "leave out this path (globs * and ?) and all below"},
      {"exclude-docs", FlagKind::kSwitch, "", "leave out documentation and locales, keep copyright"},
      {"whiteout", FlagKind::kRepeated, "DEST", "mark a path of a lower layer as removed"},
      {"standard-root", FlagKind::kSwitch, "", "root, nobody, nonroot; /tmp; nsswitch.conf"},
      {"user", FlagKind::kRepeated, "NAME:UID:GID:HOME[:SHELL]", "a line of passwd"},
      {"group", FlagKind::kRepeated, "NAME:GID", "a line of group"},
      {"os-release", FlagKind::kValue, "FILE", "usr/lib/os-release and its link in etc"},
      {"ca-bundle", FlagKind::kSwitch, "", "etc/ssl/certs/ca-certificates.crt"},
      {"usrmerge-links", FlagKind::kSwitch, "", "bin -> usr/bin and the like"},
      {"no-usrmerge", FlagKind::kSwitch, "", "do not move bin, lib, sbin... below usr/"}};
  std::vector<FlagSpec> tree = TreeFlags();
  specs.insert(specs.begin() + 2, tree.begin(), tree.end());
  return {"layer", "writes one OCI layer", "", std::move(specs), Run};
}

}  // namespace cow::pack
