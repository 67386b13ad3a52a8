#include "rules/pack/helm/chart.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/compress/compressor.h"
#include "rules/pack/tar/tar_reader.h"
#include "rules/pack/yaml/yaml_node.h"

namespace cow::pack {
namespace {

constexpr int64_t kFileLimit = 5 << 20;
constexpr int64_t kTotalLimit = 100 << 20;

absl::StatusOr<ChartInfo> ReadChartYaml(const std::string& text, const std::string& shown) {
  COW_ASSIGN_OR_RETURN(YamlNode chart, ParseYaml(text, shown));
  auto bad = [&](std::string_view why) { return absl::InvalidArgumentError(absl::StrCat(shown, ": ", why)); };
  if (!chart.IsMapping()) return bad("not a mapping");
  std::string api = chart.TextOf("apiVersion");
  if (api != "v1" && api != "v2") return bad(absl::StrCat("apiVersion is '", api, "', must be v1 or v2"));
  ChartInfo info{chart.TextOf("name"), chart.TextOf("version")};
  if (info.name.empty() || info.name.find('/') != std::string::npos) {
    return bad(absl::StrCat("name is '", info.name, "', must be a plain name"));
  }
  if (!IsSemanticVersion(info.version)) {
    return bad(absl::StrCat("version is '", info.version, "', must be a semantic version like 1.2.3"));
  }
  for (std::string_view field : {"version", "appVersion"}) {
    const YamlNode* value = chart.Find(field);
    if (value != nullptr && value->IsScalar() && !value->quoted && ReadsAsNonString(value->text)) {
      return absl::InvalidArgumentError(absl::StrCat(shown, ":", value->line, ": ", field, " ", value->text,
                                                     " reads as a number, put it in quotes"));
    }
  }
  std::string type = chart.TextOf("type");
  if (!type.empty() && type != "application" && type != "library") {
    return bad(absl::StrCat("type is '", type, "', must be application or library"));
  }
  return info;
}

// A pattern without slash matches names at any depth, one with a slash matches from the chart's folder.
bool Ignores(std::string_view pattern, std::string_view path, bool directory) {
  bool directories_only = pattern.ends_with('/');
  if (directories_only) pattern.remove_suffix(1);
  if (directories_only && !directory) return false;
  bool anchored = pattern.find('/') != std::string_view::npos;
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  return GlobMatches(pattern, anchored ? path : PathBasename(path));
}

absl::StatusOr<std::vector<std::string>> IgnorePatterns(FileTree& tree) {
  std::vector<std::string> patterns = {"templates/.?*"};
  Node* file = tree.Find(".helmignore");
  if (file == nullptr) return patterns;
  COW_ASSIGN_OR_RETURN(std::string text, ReadContent(*file->content));
  for (std::string_view line : std::vector<std::string_view>(absl::StrSplit(text, '\n'))) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with('!') || line.find("**") != std::string_view::npos || line.find('[') != std::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat(".helmignore: pattern '", line, "' is not supported"));
    }
    patterns.emplace_back(line);
  }
  return patterns;
}

absl::Status DropIgnored(FileTree& tree) {
  COW_ASSIGN_OR_RETURN(std::vector<std::string> patterns, IgnorePatterns(tree));
  std::vector<std::string> dropped;
  for (const auto& [path, node] : tree.nodes()) {
    for (std::string_view part = path; !part.empty(); part = PathDirname(part)) {
      bool directory = part.size() < path.size() || node.kind == NodeKind::kDirectory;
      if (std::any_of(patterns.begin(), patterns.end(),
                      [&](const std::string& pattern) { return Ignores(pattern, part, directory); })) {
        dropped.push_back(path);
        break;
      }
    }
  }
  for (const std::string& path : dropped) tree.Remove(path);
  return absl::OkStatus();
}

}  // namespace

bool IsSemanticVersion(std::string_view text) {
  size_t end = text.find_first_of("-+");
  std::vector<std::string_view> numbers = absl::StrSplit(text.substr(0, end), '.');
  bool plain = numbers.size() == 3 && std::all_of(numbers.begin(), numbers.end(), [](std::string_view part) {
    return !part.empty() && (part.size() == 1 || part[0] != '0') &&
           std::all_of(part.begin(), part.end(), [](char c) { return absl::ascii_isdigit(c); });
  });
  if (!plain) return false;
  if (end == std::string_view::npos) return true;
  std::string_view rest = text.substr(end + 1);
  return !rest.empty() && std::all_of(rest.begin(), rest.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '+';
  });
}

// Helm refuses to install a chart whose dependencies are declared but not vendored.
static absl::Status CheckDependencies(const std::string& chart_yaml, const std::string& shown, const FileTree& tree) {
  COW_ASSIGN_OR_RETURN(YamlNode chart, ParseYaml(chart_yaml, shown));
  for (const YamlNode& dependency : chart.ItemsOf("dependencies")) {
    std::string folder = absl::StrCat("charts/", dependency.TextOf("name"), "/");
    std::string archive = absl::StrCat("charts/", dependency.TextOf("name"), "-");
    bool present = std::any_of(tree.nodes().begin(), tree.nodes().end(), [&](const auto& entry) {
      return entry.first.starts_with(folder) || (entry.first.starts_with(archive) && entry.first.ends_with(".tgz"));
    });
    if (!present) {
      return absl::InvalidArgumentError(absl::StrCat(shown, ":", dependency.line, ": dependency '",
                                                     dependency.TextOf("name"), "' is not in charts/"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ChartInfo> CheckChart(FileTree& tree) {
  COW_RETURN_IF_ERROR(DropIgnored(tree));
  Node* chart = tree.Find("Chart.yaml");
  if (chart == nullptr || chart->kind != NodeKind::kFile) return absl::InvalidArgumentError("Chart.yaml is missing");
  COW_ASSIGN_OR_RETURN(std::string text, ReadContent(*chart->content));
  COW_ASSIGN_OR_RETURN(ChartInfo info, ReadChartYaml(text, chart->origin));
  COW_RETURN_IF_ERROR(CheckDependencies(text, chart->origin, tree));
  int64_t total = 0;
  for (const auto& [path, node] : tree.nodes()) {
    if (node.kind == NodeKind::kSymlink) {
      return absl::InvalidArgumentError(absl::StrCat("'", path, "': a chart may not hold symlinks"));
    }
    if (node.kind != NodeKind::kFile) continue;
    total += node.content->size();
    if (node.content->size() > kFileLimit || total > kTotalLimit) {
      return absl::InvalidArgumentError(absl::StrCat("'", path, "': ", node.content->size(), " bytes, ", total,
                                                     " in all; Helm reads files up to ", kFileLimit, " and charts up to ",
                                                     kTotalLimit));
    }
  }
  return info;
}

absl::StatusOr<std::string> PackChart(const FileTree& tree, const ChartInfo& info, int64_t mtime) {
  StringSink out;
  COW_ASSIGN_OR_RETURN(auto gzip, NewCompressor(Compression::kGzip, out));
  TarWriter tar(TarFormat::kPax, *gzip);
  auto add = [&](const std::string& path, const Node& node) {
    TarEntry entry;
    entry.name = absl::StrCat(info.name, "/", path);
    entry.mtime = mtime;
    return tar.AddFile(std::move(entry), *node.content);
  };
  // Helm reads faster when the metadata comes first.
  COW_RETURN_IF_ERROR(add("Chart.yaml", tree.nodes().at("Chart.yaml")));
  for (const auto& [path, node] : tree.nodes()) {
    if (node.kind == NodeKind::kFile && path != "Chart.yaml") COW_RETURN_IF_ERROR(add(path, node));
  }
  COW_RETURN_IF_ERROR(tar.Finish());
  COW_RETURN_IF_ERROR(gzip->Finish());
  return std::move(out.bytes());
}

absl::StatusOr<ChartInfo> InspectChart(const std::string& tgz_bytes) {
  if (!tgz_bytes.starts_with("\x1f\x8b\x08")) return absl::InvalidArgumentError("a packed chart must be gzip");
  StringSource source(tgz_bytes);
  COW_ASSIGN_OR_RETURN(auto plain, NewDecompressor(source));
  TarReader tar(*plain, {.entries = 100'000, .content_bytes = kTotalLimit});
  while (true) {
    COW_ASSIGN_OR_RETURN(auto entry, tar.Next());
    if (!entry.has_value()) return absl::InvalidArgumentError("the chart archive has no <folder>/Chart.yaml");
    COW_ASSIGN_OR_RETURN(std::string path, SafeArchivePath(entry->name));
    std::vector<std::string_view> parts = absl::StrSplit(path, '/');
    if (parts.size() != 2 || parts[1] != "Chart.yaml") continue;
    COW_ASSIGN_OR_RETURN(std::string text, ReadAll(tar, kFileLimit));
    return ReadChartYaml(text, path);
  }
}

}  // namespace cow::pack
