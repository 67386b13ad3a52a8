#include "rules/pack/zarf/definition.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/zarf/compose.h"
#include "rules/pack/zarf/schema.h"

namespace cow::pack {
namespace {

constexpr std::string_view kFence = "###";
constexpr std::string_view kArchitecture = "###ZARF_PKG_ARCH###";
constexpr std::string_view kComponentName = "###ZARF_COMPONENT_NAME###";

bool Compatible(const YamlNode& component, const DefinitionOptions& options) {
  const YamlNode* only = component.Find("only");
  if (only == nullptr || !only->IsMapping()) return true;
  const YamlNode* cluster = only->Find("cluster");
  std::string architecture = cluster == nullptr ? "" : cluster->TextOf("architecture");
  std::string flavor = only->TextOf("flavor");
  return (architecture.empty() || architecture == options.architecture) &&
         (flavor.empty() || flavor == options.flavor);
}

void ReplaceText(YamlNode& node, std::string_view from, const std::string& to) {
  if (node.IsScalar()) node.text = absl::StrReplaceAll(node.text, {{from, to}});
  for (YamlNode& item : node.items) ReplaceText(item, from, to);
  for (auto& [key, value] : node.entries) ReplaceText(value, from, to);
}

// Keeps the first of each name: the importer's own come first.
void AppendNamed(YamlNode& package, std::string_view key, const YamlNode& imported) {
  std::vector<YamlNode> all = package.ItemsOf(key);
  for (const YamlNode& item : imported.ItemsOf(key)) {
    bool present = std::any_of(all.begin(), all.end(),
                               [&](const YamlNode& own) { return own.TextOf("name") == item.TextOf("name"); });
    if (!present) all.push_back(item);
  }
  if (!all.empty()) package.Set(key, YamlNode::Sequence(std::move(all)));
}

class Loader {
 public:
  Loader(const DefinitionOptions& options, const SourceMap& sources) : options_(options), sources_(sources) {}

  // `folder` is the definition's folder relative to the main one; `only_component` is the one that is imported, or "".
  absl::StatusOr<YamlNode> Load(const std::string& file, const std::string& folder,
                                const std::string& only_component, std::vector<std::string> stack) {
    if (std::find(stack.begin(), stack.end(), file) != stack.end()) {
      stack.push_back(file);
      return absl::InvalidArgumentError(absl::StrCat("import cycle: ", absl::StrJoin(stack, " -> ")));
    }
    stack.push_back(file);
    COW_ASSIGN_OR_RETURN(std::string raw, ReadFile(file));
    COW_ASSIGN_OR_RETURN(std::string text, ExpandPackageTemplates(raw, options_, file));
    COW_ASSIGN_OR_RETURN(YamlNode package, ParseYaml(text, file));
    if (!package.IsMapping()) return ZarfError(file, 1, "zarf.yaml", "must be a mapping");
    COW_RETURN_IF_ERROR(CheckZarfSchema(package, file));
    std::vector<YamlNode> components;
    YamlNode imported_lists = YamlNode::Mapping();
    for (const YamlNode& component : std::vector<YamlNode>(package.ItemsOf("components"))) {
      if (!only_component.empty() && component.TextOf("name") != only_component) continue;
      if (!Compatible(component, options_)) continue;
      COW_ASSIGN_OR_RETURN(YamlNode composed, Resolve(component, file, folder, stack, imported_lists));
      components.push_back(std::move(composed));
    }
    package.Set("components", YamlNode::Sequence(std::move(components)));
    for (std::string_view key : {"constants", "variables"}) AppendNamed(package, key, imported_lists);
    return package;
  }

 private:
  absl::StatusOr<YamlNode> Resolve(const YamlNode& component, const std::string& file, const std::string& folder,
                                   const std::vector<std::string>& stack, YamlNode& imported_lists) {
    const YamlNode* import = component.Find("import");
    YamlNode own = component;
    own.Remove("import");
    RebasePaths(own, folder);
    if (import == nullptr || import->IsEmpty()) return own;
    std::string path = import->TextOf("path");
    if (path.empty() || path.starts_with('/')) {
      return ZarfError(file, import->line, "import.path", "must be a relative path");
    }
    std::string name = import->TextOf("name").empty() ? component.TextOf("name") : import->TextOf("name");
    std::string place = SourceMap::Normalize(JoinPath(folder, path));
    COW_ASSIGN_OR_RETURN(std::string found, sources_.Find(place));
    COW_ASSIGN_OR_RETURN(FileInfo info, StatFile(found));
    bool directory = info.kind == FileKind::kDirectory;
    if (!directory && path.ends_with(".yaml")) place = SourceMap::Normalize(std::string(PathDirname(place)));
    COW_ASSIGN_OR_RETURN(YamlNode package,
                         Load(directory ? JoinPath(found, "zarf.yaml") : found, place, name, stack));
    if (package.ItemsOf("components").size() != 1) {
      return ZarfError(file, import->line, "import",
                       absl::StrCat("finds ", package.ItemsOf("components").size(), " components '", name, "' for ",
                                    options_.architecture, " in '", path, "', expected one"));
    }
    for (std::string_view key : {"constants", "variables"}) AppendNamed(imported_lists, key, package);
    return MergeComponent(package.ItemsOf("components")[0], own, file);
  }

  const DefinitionOptions& options_;
  const SourceMap& sources_;
};

}  // namespace

SourceMap::SourceMap(std::string folder, const std::vector<std::pair<std::string, std::string>>& given)
    : folder_(std::move(folder)) {
  for (const auto& [path, source] : given) given_[Normalize(path)] = source;
}

std::string SourceMap::Normalize(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::string_view part : std::vector<std::string_view>(absl::StrSplit(path, '/', absl::SkipEmpty()))) {
    if (part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  return absl::StrJoin(parts, "/");
}

absl::StatusOr<std::string> SourceMap::Find(std::string_view path) const {
  if (path.find("://") != std::string_view::npos || path.starts_with('/')) {
    return absl::InvalidArgumentError(absl::StrCat("'", path, "' is not a relative path; nothing is downloaded here"));
  }
  std::string normal = Normalize(path);
  if (auto it = given_.find(normal); it != given_.end()) return it->second;
  std::string place = JoinPath(folder_.empty() ? "." : folder_, normal);
  if (FileExists(place)) return place;
  return absl::NotFoundError(absl::StrCat("no content for '", path, "': no --source names it and '", place,
                                          "' does not exist"));
}

absl::StatusOr<std::string> ExpandPackageTemplates(const std::string& text, const DefinitionOptions& options,
                                                   const std::string& file) {
  std::string out;
  size_t at = 0;
  while (true) {
    size_t found = text.find("###ZARF_PKG_", at);
    out.append(text, at, found == std::string::npos ? found : found - at);
    if (found == std::string::npos) return out;
    std::string_view rest = std::string_view(text).substr(found);
    auto line = static_cast<int>(std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(found), '\n')) + 1;
    if (rest.starts_with(kArchitecture)) {
      out += options.architecture;
      at = found + kArchitecture.size();
      continue;
    }
    size_t end = rest.find(kFence, kFence.size());
    std::string_view name = end == std::string_view::npos ? "" : rest.substr(kFence.size(), end - kFence.size());
    std::string_view variable = name;
    bool known_form = variable.starts_with("ZARF_PKG_TMPL_") || variable.starts_with("ZARF_PKG_VAR_");
    variable.remove_prefix(std::min(variable.size(), variable.starts_with("ZARF_PKG_TMPL_") ? size_t{14} : size_t{13}));
    if (!known_form || variable.empty() || variable.find_first_of(" \n\t#") != std::string_view::npos) {
      return ZarfError(file, line, rest.substr(0, std::min<size_t>(40, rest.find('\n'))), "is not a package template");
    }
    auto value = options.variables.find(absl::AsciiStrToUpper(variable));
    if (value == options.variables.end()) {
      return ZarfError(file, line, absl::StrCat(kFence, name, kFence),
                       absl::StrCat("has no value, give --set ", absl::AsciiStrToUpper(variable), "=..."));
    }
    out += value->second;
    at = found + end + kFence.size();
  }
}

absl::StatusOr<YamlNode> LoadDefinition(const DefinitionOptions& options, const SourceMap& sources) {
  COW_ASSIGN_OR_RETURN(YamlNode package, Loader(options, sources).Load(options.file, "", "", {}));
  for (YamlNode& component : package.Find("components")->items) {
    ReplaceText(component, kComponentName, component.TextOf("name"));
  }
  return package;
}

}  // namespace cow::pack
