#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "rules/pack/cli/commands.h"
#include "rules/pack/cli/tree_flags.h"
#include "rules/pack/deb/deb_builder.h"

namespace cow::pack {
namespace {

absl::StatusOr<std::map<std::string, std::string>> NamedFiles(const ParsedFlags& flags, std::string_view name) {
  COW_ASSIGN_OR_RETURN(auto pairs, flags.Pairs(name));
  std::map<std::string, std::string> files;
  for (const auto& [key, file] : pairs) {
    if (!files.emplace(key, file).second) {
      return absl::InvalidArgumentError(absl::StrCat("--", name, " '", key, "' is given twice"));
    }
  }
  return files;
}

absl::Status Run(const ParsedFlags& flags) {
  DebSpec spec;
  spec.package = flags.Get("package");
  spec.version = flags.Get("version");
  spec.architecture = flags.Get("arch");
  spec.maintainer = flags.Get("maintainer");
  spec.synopsis = flags.Get("synopsis");
  spec.extended = flags.All("extended");
  spec.conffiles = flags.All("conffile");
  spec.changelog = flags.Get("changelog");
  spec.copyright = flags.Get("copyright");
  spec.lintian_overrides = flags.Get("lintian-overrides");
  spec.man_pages = flags.All("man");
  spec.systemd_units = flags.All("systemd-unit");
  spec.shlibs_binaries = flags.All("shlibs-binary");
  spec.symbols_directories = flags.All("symbols-from");
  COW_ASSIGN_OR_RETURN(spec.fields, flags.Pairs("field"));
  COW_ASSIGN_OR_RETURN(spec.scripts, NamedFiles(flags, "script"));
  COW_ASSIGN_OR_RETURN(spec.control_files, NamedFiles(flags, "control-file"));
  if (flags.Has("mtime")) {
    COW_ASSIGN_OR_RETURN(spec.mtime, flags.Number("mtime", 0));
  }
  std::string compression = flags.Get("compression", "xz");
  if (compression != "xz" && compression != "gzip") {
    return absl::InvalidArgumentError(absl::StrCat("--compression '", compression, "' is none of [xz, gzip]"));
  }
  spec.compression = compression == "xz" ? Compression::kXz : Compression::kGzipMax;
  PathMap same = [](std::string_view path) { return std::string(path); };
  COW_RETURN_IF_ERROR(AddTreeFlags(flags, same, nullptr, spec.data));
  COW_RETURN_IF_ERROR(ApplyModeFlags(flags, same, spec.data));
  return BuildDeb(std::move(spec), flags.Get("out"));
}

}  // namespace

Command DebCommand() {
  std::vector<FlagSpec> specs = {
      {"out", FlagKind::kRequired, "FILE", "the package"},
      {"package", FlagKind::kRequired, "NAME", "name of the package"},
      {"version", FlagKind::kValue, "VERSION", "default: the changelog's top entry"},
      {"arch", FlagKind::kRequired, "ARCH", "amd64, arm64, all, ..."},
      {"maintainer", FlagKind::kRequired, "NAME <MAIL>", "who maintains it"},
      {"synopsis", FlagKind::kRequired, "TEXT", "first line of the description"},
      {"extended", FlagKind::kRepeated, "LINE", "line of the long description, empty for a break"},
      {"field", FlagKind::kRepeated, "NAME=VALUE", "another control field"},
      {"conffile", FlagKind::kRepeated, "PATH", "configuration file outside of etc/"},
      {"changelog", FlagKind::kValue, "FILE", "Debian changelog, plain text"},
      {"copyright", FlagKind::kValue, "FILE", "copyright file"},
      {"man", FlagKind::kRepeated, "FILE", "man page name.1, plain text"},
      {"systemd-unit", FlagKind::kRepeated, "FILE", "unit, enabled and started on install"},
      {"script", FlagKind::kRepeated, "NAME=FILE", "maintainer script"},
      {"control-file", FlagKind::kRepeated, "NAME=FILE", "shlibs, symbols, triggers or templates"},
      {"lintian-overrides", FlagKind::kValue, "FILE", "lintian overrides"},
      {"shlibs-binary", FlagKind::kRepeated, "FILE", "ELF file whose libraries become Depends"},
      {"symbols-from", FlagKind::kRepeated, "DIR", "directory of deb-unpack --control"},
      {"compression", FlagKind::kValue, "xz|gzip", "default xz"},
      {"mtime", FlagKind::kValue, "SECONDS", "default: date of the changelog's top entry, else 0"}};
  std::vector<FlagSpec> tree = TreeFlags();
  specs.insert(specs.begin() + 8, tree.begin(), tree.end());
  return {"deb", "builds a Debian package", "", std::move(specs), Run};
}

}  // namespace cow::pack
