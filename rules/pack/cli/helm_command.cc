#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/cli/commands.h"
#include "rules/pack/helm/chart.h"

namespace cow::pack {
namespace {

absl::Status Run(const ParsedFlags& flags) {
  FileTree tree;
  if (flags.Has("chart")) COW_RETURN_IF_ERROR(tree.AddDirectory("", flags.Get("chart"), nullptr));
  COW_ASSIGN_OR_RETURN(auto files, flags.Pairs("file"));
  for (const auto& [path, source] : files) COW_RETURN_IF_ERROR(tree.AddFromDisk(path, source));
  COW_ASSIGN_OR_RETURN(int64_t mtime, flags.Number("mtime", 0));
  std::string out = flags.Get("out");
  absl::StatusOr<ChartInfo> info = CheckChart(tree);
  if (!info.ok()) return Annotate(info.status(), flags.Get("chart", out));
  std::string expected = absl::StrCat(info->name, "-", info->version, ".tgz");
  if (!flags.Has("any-name") && PathBasename(out) != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat(out, ": a chart archive is named '", expected, "', not '", PathBasename(out), "'"));
  }
  COW_ASSIGN_OR_RETURN(std::string bytes, PackChart(tree, *info, mtime));
  return WriteFile(out, bytes);
}

}  // namespace

Command HelmCommand() {
  return {"helm", "packs a Helm chart", "",
          {{"out", FlagKind::kRequired, "FILE", "<name>-<version>.tgz"},
           {"chart", FlagKind::kValue, "DIR", "the chart's folder"},
           {"file", FlagKind::kRepeated, "REL=SRC", "a file of the chart"},
           {"mtime", FlagKind::kValue, "SECONDS", "time of all entries, default 0"},
           {"any-name", FlagKind::kSwitch, "", "do not check the name of --out"}},
          Run};
}

}  // namespace cow::pack
