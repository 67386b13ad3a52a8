#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/cli/commands.h"
#include "rules/pack/cli/setuid_flag.h"
#include "rules/pack/deb/deb_reader.h"
#include "rules/pack/deb/own_loader.h"

namespace cow::pack {
namespace {

absl::Status WriteControlFiles(const DebPackage& package, const std::string& directory) {
  std::string place = JoinPath(directory, package.name());
  if (FileExists(place)) {
    return absl::InvalidArgumentError(
        absl::StrCat(package.file, ": package '", package.name(), "' is given twice"));
  }
  COW_RETURN_IF_ERROR(MakeDirectories(place));
  for (const auto& [name, bytes] : package.control_files) {
    COW_RETURN_IF_ERROR(WriteFile(JoinPath(place, name), bytes));
  }
  return absl::OkStatus();
}

absl::Status Run(const ParsedFlags& flags) {
  DebTreeOptions options{.merge_usr = !flags.Has("no-usrmerge"), .relative_links = true, .plain_modes = true};
  COW_ASSIGN_OR_RETURN(options.setuid, ParseSetuidFlag(flags, /*keep_allowed=*/false));
  options.exclude = [excluded = ExcludeFilter(flags.All("exclude")),
                     kept = ExcludeFilter(flags.All("keep"))](std::string_view path) { return excluded(path) && !kept(path); };
  if (flags.Has("control")) COW_RETURN_IF_ERROR(MakeEmptyDirectory(flags.Get("control")));
  FileTree tree;
  for (const std::string& file : flags.All("deb")) {
    COW_ASSIGN_OR_RETURN(DebPackage package, ReadDeb(file));
    COW_RETURN_IF_ERROR(AddDebToTree(package, options, tree));
    if (flags.Has("control")) COW_RETURN_IF_ERROR(WriteControlFiles(package, flags.Get("control")));
  }
  COW_RETURN_IF_ERROR(tree.AddParents(DefaultParentMode));
  if (flags.Has("usrmerge-links")) COW_RETURN_IF_ERROR(AddMergedUsrLinks(tree, /*all=*/false));
  if (flags.Has("run-from")) COW_RETURN_IF_ERROR(UseOwnLoader(tree, flags.Get("run-from")));
  return WriteTreeToDisk(tree, flags.Get("out"));
}

}  // namespace

Command DebUnpackCommand() {
  return {"deb-unpack", "unpacks .deb files into one directory tree", "",
          {{"deb", FlagKind::kRepeated, "FILE", "package to unpack"},
           {"out", FlagKind::kRequired, "DIR", "the data tree"},
           {"control", FlagKind::kValue, "DIR", "control members, as DIR/<package>/<member>"},
           {"setuid", FlagKind::kValue, "reject|drop", "what a setuid bit does, default reject"},
           {"exclude", FlagKind::kRepeated, "PATH", "leave out this path (globs * and ?) and all below"},
           {"keep", FlagKind::kRepeated, "PATH", "keep this path and all below although it is left out"},
           {"no-usrmerge", FlagKind::kSwitch, "", "do not move bin, lib, sbin... below usr/"},
           {"usrmerge-links", FlagKind::kSwitch, "", "make bin -> usr/bin and the like"},
           {"run-from", FlagKind::kValue, "PLACE", "programs use the tree's own loader, at PLACE from where they run"}},
          Run};
}

}  // namespace cow::pack
