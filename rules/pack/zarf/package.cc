#include "rules/pack/zarf/package.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/compress/compressor.h"
#include "rules/pack/io/time_text.h"
#include "rules/pack/tree/tar_content.h"
#include "rules/pack/zarf/component.h"
#include "rules/pack/zarf/images.h"
#include "rules/pack/zarf/validate.h"

namespace cow::pack {
namespace {

absl::Status CheckOnCreate(const YamlNode& package, const ZarfSpec& spec) {
  if (spec.skip_on_create) return absl::OkStatus();
  for (const YamlNode& component : package.ItemsOf("components")) {
    const YamlNode* actions = component.Find("actions");
    const YamlNode* set = actions == nullptr ? nullptr : actions->Find("onCreate");
    if (set == nullptr) continue;
    for (std::string_view list : {"before", "after", "onSuccess", "onFailure"}) {
      if (set->ItemsOf(list).empty()) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          spec.definition.file, ":", set->line, ": 'actions.onCreate.", list, "' of component '",
          component.TextOf("name"),
          "' is not run by a build; make its files in a build step, give them by --source and add --skip-on-create"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckArchitecture(YamlNode& metadata, const ZarfSpec& spec) {
  std::string own = metadata.TextOf("architecture");
  if (!own.empty() && own != spec.definition.architecture) {
    return absl::InvalidArgumentError(absl::StrCat(spec.definition.file, ": metadata.architecture is '", own,
                                                   "', --arch is '", spec.definition.architecture, "'"));
  }
  metadata.Set("architecture", YamlNode::Text(spec.definition.architecture));
  return absl::OkStatus();
}

YamlNode VersionRequirement(std::string version, std::string reason) {
  YamlNode requirement = YamlNode::Mapping();
  requirement.Set("version", YamlNode::Text(std::move(version)));
  requirement.Set("reason", YamlNode::Text(std::move(reason)));
  return requirement;
}

YamlNode BuildData(const YamlNode& package, const ZarfSpec& spec) {
  YamlNode build = YamlNode::Mapping();
  build.Set("architecture", YamlNode::Text(spec.definition.architecture));
  build.Set("timestamp", YamlNode::Text(Rfc1123(spec.mtime)));
  build.Set("version", YamlNode::Text(spec.zarf_version));
  if (!spec.definition.flavor.empty()) build.Set("flavor", YamlNode::Text(spec.definition.flavor));
  build.Set("signed", YamlNode::Boolean(false));
  bool versionless = false;
  for (const YamlNode& component : package.ItemsOf("components")) {
    for (const YamlNode& chart : component.ItemsOf("charts")) {
      versionless = versionless || chart.TextOf("version").empty();
    }
  }
  if (versionless) {
    build.Set("versionRequirements",
              YamlNode::Sequence({VersionRequirement("v0.65.0", "a chart has no version")}));
  }
  build.Set("provenanceFiles", YamlNode::Sequence({YamlNode::Text("checksums.txt")}));
  return build;
}

// The definition with build data, its keys in Zarf's order.
YamlNode PackagedDefinition(const YamlNode& package, const ZarfSpec& spec, const std::string& aggregate) {
  YamlNode out = YamlNode::Mapping();
  for (std::string_view key : {"apiVersion", "kind", "metadata", "build", "components", "constants", "variables"}) {
    if (key == "build") {
      out.Set(key, BuildData(package, spec));
    } else if (const YamlNode* value = package.Find(key); value != nullptr) {
      out.Set(key, *value);
    }
  }
  out.Find("metadata")->Set("aggregateChecksum", YamlNode::Text(aggregate));
  return out;
}

// `<hex> <path>` lines of all files, sorted as bytes; a lone newline for a package without content.
absl::StatusOr<std::string> Checksums(const FileTree& tree) {
  std::vector<std::string> lines;
  for (const auto& [path, node] : tree.nodes()) {
    if (node.kind != NodeKind::kFile) continue;
    COW_RETURN_IF_ERROR(CheckExtractableName(path));
    if (path.find(' ') != std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat("'", path, "': checksums.txt cannot name a path with a space"));
    }
    COW_ASSIGN_OR_RETURN(Digest digest, DigestOf(*node.content));
    lines.push_back(absl::StrCat(digest.hex(), " ", path));
  }
  std::sort(lines.begin(), lines.end());
  return absl::StrCat(absl::StrJoin(lines, "\n"), "\n");
}

absl::Status AddComponents(const YamlNode& package, const SourceMap& sources, FileTree& tree) {
  for (const YamlNode& component : package.ItemsOf("components")) {
    std::string name = component.TextOf("name");
    absl::StatusOr<FileTree> files = ComponentTree(component, sources);
    if (!files.ok()) return Annotate(files.status(), absl::StrCat("component '", name, "'"));
    if (files->nodes().empty()) continue;
    COW_ASSIGN_OR_RETURN(ContentPtr tar, TarContent(*std::move(files), {.directory_slash = false}));
    COW_RETURN_IF_ERROR(tree.Add(absl::StrCat("components/", name, ".tar"), FileNode(std::move(tar), 0644, name)));
  }
  return absl::OkStatus();
}

absl::Status AddText(std::string_view path, std::string text, FileTree& tree) {
  return tree.Add(path, FileNode(BytesContent(std::move(text)), 0644, std::string(path)));
}

absl::Status WriteArchive(FileTree tree, bool compressed, const std::string& out) {
  COW_ASSIGN_OR_RETURN(ContentPtr tar, TarContent(std::move(tree), {.directory_slash = false}));
  COW_ASSIGN_OR_RETURN(auto file, FileSink::Create(out));
  COW_ASSIGN_OR_RETURN(auto compressor,
                       NewCompressor(compressed ? Compression::kZstd : Compression::kNone, *file, tar->size()));
  COW_RETURN_IF_ERROR(tar->CopyTo(*compressor));
  COW_RETURN_IF_ERROR(compressor->Finish());
  return file->Finish();
}

}  // namespace

std::string ZarfPackageName(const YamlNode& package, const DefinitionOptions& options) {
  const YamlNode* metadata = package.Find("metadata");
  std::string name = absl::StrCat("zarf-package-", metadata->TextOf("name"), "-", options.architecture);
  std::string version = metadata->TextOf("version");
  if (!version.empty()) absl::StrAppend(&name, "-", version);
  if (!options.flavor.empty()) absl::StrAppend(&name, "-", options.flavor);
  return name + (metadata->TrueAt("uncompressed") ? ".tar" : ".tar.zst");
}

absl::Status BuildZarfPackage(const ZarfSpec& spec, const std::string& out) {
  SourceMap sources(std::string(PathDirname(spec.definition.file)), spec.sources);
  COW_ASSIGN_OR_RETURN(YamlNode package, LoadDefinition(spec.definition, sources));
  COW_RETURN_IF_ERROR(ValidateDefinition(package, spec.definition.file));
  COW_RETURN_IF_ERROR(CheckZarfName("flavor", spec.definition.flavor));
  COW_RETURN_IF_ERROR(CheckOnCreate(package, spec));
  COW_RETURN_IF_ERROR(CheckArchitecture(*package.Find("metadata"), spec));
  std::string expected = ZarfPackageName(package, spec.definition);
  if (PathBasename(out) != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat(out, ": this package is named '", expected, "', not '", PathBasename(out), "'"));
  }
  FileTree tree;
  COW_RETURN_IF_ERROR(AddComponents(package, sources, tree));
  COW_RETURN_IF_ERROR(AddZarfImages(package, spec.images, spec.definition.architecture, tree));
  COW_ASSIGN_OR_RETURN(std::string checksums, Checksums(tree));
  YamlNode packaged = PackagedDefinition(package, spec, Digest::Of(checksums).hex());
  COW_RETURN_IF_ERROR(AddText("checksums.txt", std::move(checksums), tree));
  COW_RETURN_IF_ERROR(AddText("zarf.yaml", RenderYaml(packaged), tree));
  COW_RETURN_IF_ERROR(tree.AddParents(DefaultParentMode));
  return WriteArchive(std::move(tree), expected.ends_with(".zst"), out);
}

}  // namespace cow::pack
