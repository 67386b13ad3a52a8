#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "rules/pack/cli/commands.h"
#include "rules/pack/zarf/package.h"
#include "rules/pack/zarf/verify.h"

namespace cow::pack {
namespace {

absl::Status RunZarf(const ParsedFlags& flags) {
  ZarfSpec spec;
  spec.definition.file = flags.Get("zarf-yaml");
  spec.definition.architecture = flags.Get("arch");
  spec.definition.flavor = flags.Get("flavor");
  COW_ASSIGN_OR_RETURN(auto variables, flags.Pairs("set"));
  for (const auto& [name, value] : variables) {
    std::string upper = absl::AsciiStrToUpper(name);
    if (!spec.definition.variables.emplace(upper, value).second) {
      return absl::InvalidArgumentError(absl::StrCat("--set '", upper, "' is given twice"));
    }
  }
  COW_ASSIGN_OR_RETURN(spec.images, flags.Pairs("image"));
  COW_ASSIGN_OR_RETURN(spec.sources, flags.Pairs("source"));
  COW_ASSIGN_OR_RETURN(spec.mtime, flags.Number("mtime", 0));
  spec.skip_on_create = flags.Has("skip-on-create");
  spec.zarf_version = flags.Get("zarf-version", spec.zarf_version);
  return BuildZarfPackage(spec, flags.Get("out"));
}

absl::Status RunZarfVerify(const ParsedFlags& flags) { return VerifyZarfPackage(flags.positional()); }

}  // namespace

Command ZarfCommand() {
  return {"zarf", "builds a Zarf package", "",
          {{"zarf-yaml", FlagKind::kRequired, "FILE", "the definition"},
           {"out", FlagKind::kRequired, "FILE", "zarf-package-<name>-<arch>[-<version>][-<flavor>].tar.zst"},
           {"arch", FlagKind::kRequired, "ARCH", "amd64 or arm64"},
           {"flavor", FlagKind::kValue, "NAME", "keep components of this flavor"},
           {"set", FlagKind::kRepeated, "NAME=VALUE", "value of ###ZARF_PKG_TMPL_NAME###"},
           {"image", FlagKind::kRepeated, "REF=LAYOUT_DIR", "layout of an image named in zarf.yaml"},
           {"source", FlagKind::kRepeated, "PATH=FILE", "content of a local path in zarf.yaml"},
           {"skip-on-create", FlagKind::kSwitch, "", "accept onCreate actions without running them"},
           {"zarf-version", FlagKind::kValue, "VERSION", "build.version, default v0.84.0"},
           {"mtime", FlagKind::kValue, "SECONDS", "build.timestamp, default 0"}},
          RunZarf};
}

Command ZarfVerifyCommand() {
  return {"zarf-verify", "checks a Zarf package as Zarf would at load and deploy", "PACKAGE", {}, RunZarfVerify};
}

}  // namespace cow::pack
