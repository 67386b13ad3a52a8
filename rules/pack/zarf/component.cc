#include "rules/pack/zarf/component.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/deb/usrmerge.h"
#include "rules/pack/helm/chart.h"
#include "rules/pack/zarf/validate.h"

namespace cow::pack {
namespace {

std::string Basename(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return std::string(PathBasename(path));
}

std::string VersionedName(const YamlNode& chart) {
  std::string version = chart.TextOf("version");
  return version.empty() ? chart.TextOf("name") : absl::StrCat(chart.TextOf("name"), "-", version);
}

class ComponentBuilder {
 public:
  ComponentBuilder(const YamlNode& component, const SourceMap& sources)
      : component_(component), sources_(sources), name_(component.TextOf("name")) {}

  absl::StatusOr<FileTree> Build() {
    for (const YamlNode& chart : component_.ItemsOf("charts")) COW_RETURN_IF_ERROR(AddChart(chart));
    for (const YamlNode& manifest : component_.ItemsOf("manifests")) {
      const std::vector<YamlNode>& files = manifest.ItemsOf("files");
      for (size_t i = 0; i < files.size(); ++i) COW_RETURN_IF_ERROR(AddFile(ManifestPlace(manifest, i), files[i].text));
    }
    const std::vector<YamlNode>& files = component_.ItemsOf("files");
    for (size_t i = 0; i < files.size(); ++i) COW_RETURN_IF_ERROR(AddDeployFile(files[i], i));
    const std::vector<YamlNode>& injections = component_.ItemsOf("dataInjections");
    for (size_t i = 0; i < injections.size(); ++i) {
      COW_RETURN_IF_ERROR(AddFileOrTree(DataPlace(injections[i], i), injections[i].TextOf("source"), 0));
    }
    COW_RETURN_IF_ERROR(tree_.AddParents([](std::string_view) { return 0700u; }));
    COW_RETURN_IF_ERROR(CheckEntries());
    return std::move(tree_);
  }

 private:
  std::string Place(const std::string& inner) const { return absl::StrCat(name_, "/", inner); }

  absl::Status AddChart(const YamlNode& chart) {
    std::string local = chart.TextOf("localPath");
    COW_ASSIGN_OR_RETURN(std::string source, sources_.Find(local));
    COW_ASSIGN_OR_RETURN(FileInfo info, StatFile(source));
    std::string bytes;
    if (info.kind == FileKind::kDirectory) {
      FileTree files;
      COW_RETURN_IF_ERROR(files.AddDirectory("", source, nullptr));
      absl::StatusOr<ChartInfo> checked = CheckChart(files);
      if (!checked.ok()) return Annotate(checked.status(), source);
      COW_ASSIGN_OR_RETURN(bytes, PackChart(files, *checked, 0));
    } else {
      COW_ASSIGN_OR_RETURN(bytes, ReadFile(source));
      COW_RETURN_IF_ERROR(Annotate(InspectChart(bytes).status(), source));
    }
    COW_RETURN_IF_ERROR(tree_.Add(Place(ChartPlace(chart)), FileNode(BytesContent(std::move(bytes)), 0600, source)));
    const std::vector<YamlNode>& values = chart.ItemsOf("valuesFiles");
    for (size_t i = 0; i < values.size(); ++i) COW_RETURN_IF_ERROR(AddFile(ValuesPlace(chart, i), values[i].text));
    return absl::OkStatus();
  }

  absl::Status AddFile(const std::string& place, const std::string& path) {
    COW_ASSIGN_OR_RETURN(std::string source, sources_.Find(path));
    return tree_.AddFromDisk(Place(place), source, 0600);
  }

  absl::Status AddDeployFile(const YamlNode& file, size_t index) {
    std::string path = file.TextOf("source"), expected = file.TextOf("shasum");
    if (!expected.empty()) {
      COW_ASSIGN_OR_RETURN(std::string source, sources_.Find(path));
      COW_ASSIGN_OR_RETURN(ContentPtr content, FileContent(source));
      COW_ASSIGN_OR_RETURN(Digest digest, DigestOf(*content));
      if (digest.hex() != expected) {
        return absl::InvalidArgumentError(
            absl::StrCat(source, ": shasum is '", expected, "', the file has '", digest.hex(), "'"));
      }
    }
    return AddFileOrTree(FilePlace(file, index), path, file.TrueAt("executable") ? 0700 : 0);
  }

  // `mode` 0 takes 0700 or 0600 from the file's x bit.
  absl::Status AddFileOrTree(const std::string& place, const std::string& path, uint32_t mode) {
    COW_ASSIGN_OR_RETURN(std::string source, sources_.Find(path));
    COW_ASSIGN_OR_RETURN(FileInfo info, StatFile(source));
    if (info.kind != FileKind::kDirectory) {
      return tree_.AddFromDisk(Place(place), source, mode != 0 ? mode : info.executable() ? 0700 : 0600);
    }
    FileTree part;
    COW_RETURN_IF_ERROR(part.AddDirectory(Place(place), source, nullptr));
    for (const auto& [inner, node] : part.nodes()) {
      Node copy = node;
      bool executable = node.kind == NodeKind::kDirectory || (node.mode & 0100) != 0;
      if (node.kind != NodeKind::kSymlink) copy.mode = executable ? 0700 : 0600;
      COW_RETURN_IF_ERROR(tree_.Add(inner, std::move(copy)));
    }
    return absl::OkStatus();
  }

  absl::Status CheckEntries() {
    for (const auto& [path, node] : tree_.nodes()) {
      COW_RETURN_IF_ERROR(CheckExtractableName(path));
      if (node.kind != NodeKind::kSymlink) continue;
      absl::StatusOr<std::string> place = ResolveLink(path, node.link_target);
      if (node.link_target.starts_with('/') || !place.ok() || !place->starts_with(name_ + "/")) {
        return absl::InvalidArgumentError(absl::StrCat(node.origin, ": symlink to '", node.link_target,
                                                       "' leads out of component '", name_, "'"));
      }
    }
    return absl::OkStatus();
  }

  const YamlNode& component_;
  const SourceMap& sources_;
  std::string name_;
  FileTree tree_;
};

}  // namespace

std::string ChartPlace(const YamlNode& chart) { return absl::StrCat("charts/", VersionedName(chart), ".tgz"); }

std::string ValuesPlace(const YamlNode& chart, size_t index) {
  return absl::StrCat("values/", VersionedName(chart), "-", index);
}

std::string ManifestPlace(const YamlNode& manifest, size_t index) {
  return absl::StrCat("manifests/", manifest.TextOf("name"), "-", index, ".yaml");
}

std::string FilePlace(const YamlNode& file, size_t index) {
  return absl::StrCat("files/", index, "/", Basename(file.TextOf("target")));
}

std::string DataPlace(const YamlNode& injection, size_t index) {
  const YamlNode* target = injection.Find("target");
  std::string path = target == nullptr ? "" : target->TextOf("path");
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return absl::StrCat("data/", index, "/", PathBasename(path));
}

absl::StatusOr<FileTree> ComponentTree(const YamlNode& component, const SourceMap& sources) {
  return ComponentBuilder(component, sources).Build();
}

}  // namespace cow::pack
