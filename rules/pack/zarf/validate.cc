#include "rules/pack/zarf/validate.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "rules/pack/zarf/schema.h"

namespace cow::pack {
namespace {

constexpr size_t kMaxChartName = 40;
constexpr size_t kMaxReleaseName = 53;

bool IsPackageName(std::string_view name) {
  return !name.empty() && name[0] != '-' && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
  });
}

bool IsDnsLabel(std::string_view name) {
  return IsPackageName(name) && absl::ascii_islower(name[0]) && name.back() != '-' && name.size() <= kMaxReleaseName;
}

bool IsVariableName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
  });
}

class Validator {
 public:
  explicit Validator(const std::string& file) : file_(file) {}

  absl::Status Package(const YamlNode& package) {
    COW_RETURN_IF_ERROR(Head(package));
    for (std::string_view list : {"constants", "variables"}) {
      for (const YamlNode& item : package.ItemsOf(list)) {
        if (!IsVariableName(item.TextOf("name"))) {
          return Error(item, absl::StrCat(list, ".name"),
                       absl::StrCat("'", item.TextOf("name"), "' must be of A-Z, 0-9 and _"));
        }
      }
    }
    const std::vector<YamlNode>& components = package.ItemsOf("components");
    if (components.empty()) return Error(package, "components", "has no component for this architecture and flavor");
    for (const YamlNode& component : components) COW_RETURN_IF_ERROR(Component(component));
    bool yolo = package.Find("metadata")->TrueAt("yolo");
    for (const YamlNode& component : components) {
      if (yolo && !component.ItemsOf("images").empty()) {
        return Error(component, "images", "may not be used in a package with metadata.yolo");
      }
    }
    return Groups(components);
  }

 private:
  absl::Status Error(const YamlNode& node, std::string_view field, std::string_view why) {
    return ZarfError(file_, node.line, field, why);
  }

  absl::Status Head(const YamlNode& package) {
    std::string api = package.TextOf("apiVersion"), kind = package.TextOf("kind");
    if (!api.empty() && api != "zarf.dev/v1alpha1") {
      return Error(package, "apiVersion", absl::StrCat("is '", api, "', supported is 'zarf.dev/v1alpha1'"));
    }
    if (kind != "ZarfPackageConfig") {
      return Error(package, "kind", absl::StrCat("is '", kind, "', supported is 'ZarfPackageConfig'"));
    }
    const YamlNode* metadata = package.Find("metadata");
    if (metadata == nullptr || !metadata->IsMapping()) return Error(package, "metadata", "is missing");
    if (!IsPackageName(metadata->TextOf("name"))) {
      return Error(*metadata, "metadata.name",
                   absl::StrCat("'", metadata->TextOf("name"), "' must be of a-z, 0-9 and -"));
    }
    return Annotate(CheckZarfName("metadata.version", metadata->TextOf("version")), file_);
  }

  absl::Status Unique(const YamlNode& node, std::string_view what, const std::string& name,
                      std::set<std::string>& seen) {
    if (name.empty()) return Error(node, absl::StrCat(what, ".name"), "is missing");
    COW_RETURN_IF_ERROR(Annotate(CheckZarfName(absl::StrCat(what, " name"), name), file_));
    if (seen.insert(name).second) return absl::OkStatus();
    return Error(node, absl::StrCat(what, ".name"), absl::StrCat("'", name, "' is used twice"));
  }

  absl::Status Component(const YamlNode& component) {
    std::string name = component.TextOf("name");
    COW_RETURN_IF_ERROR(Unique(component, "component", name, components_));
    if (!IsPackageName(name)) return Error(component, "component.name", "must be of a-z, 0-9 and -");
    if (component.TrueAt("default") && component.TrueAt("required")) {
      return Error(component, "component", absl::StrCat("'", name, "' may not be both default and required"));
    }
    std::set<std::string> charts, manifests;
    for (const YamlNode& chart : component.ItemsOf("charts")) {
      COW_RETURN_IF_ERROR(Unique(chart, "chart", chart.TextOf("name"), charts));
      COW_RETURN_IF_ERROR(Chart(chart));
    }
    for (const YamlNode& manifest : component.ItemsOf("manifests")) {
      COW_RETURN_IF_ERROR(Unique(manifest, "manifest", manifest.TextOf("name"), manifests));
      if (manifest.TextOf("name").size() > kMaxChartName) {
        return Error(manifest, "manifest.name", "is longer than 40 characters");
      }
      if (manifest.ItemsOf("files").empty()) return Error(manifest, "manifest.files", "is empty");
    }
    return Actions(component);
  }

  absl::Status Chart(const YamlNode& chart) {
    std::string name = chart.TextOf("name"), release = chart.TextOf("releaseName");
    COW_RETURN_IF_ERROR(Annotate(CheckZarfName("chart version", chart.TextOf("version")), file_));
    if (name.size() > kMaxChartName) return Error(chart, "chart.name", "is longer than 40 characters");
    if (chart.TextOf("namespace").empty()) return Error(chart, "chart.namespace", "is missing");
    if (chart.TextOf("localPath").empty()) return Error(chart, "chart.localPath", "is missing");
    if (release.empty()) release = name;
    if (!IsDnsLabel(release)) {
      return Error(chart, "chart.releaseName",
                   absl::StrCat("'", release, "' must be a DNS label: a-z, 0-9, -, starting with a letter"));
    }
    return absl::OkStatus();
  }

  absl::Status Actions(const YamlNode& component) {
    const YamlNode* actions = component.Find("actions");
    if (actions == nullptr) return absl::OkStatus();
    for (const auto& [phase, set] : actions->entries) {
      for (std::string_view list : {"before", "after", "onSuccess", "onFailure"}) {
        for (const YamlNode& action : set.ItemsOf(list)) {
          std::string field = absl::StrCat("actions.", phase, ".", list);
          COW_RETURN_IF_ERROR(Action(action, field, phase == "onDeploy"));
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status Action(const YamlNode& action, const std::string& field, bool deploy) {
    const YamlNode* wait = action.Find("wait");
    bool waits = wait != nullptr && !wait->IsEmpty(), runs = !action.TextOf("cmd").empty();
    if (waits == runs) return Error(action, field, "must have either cmd or wait");
    if (waits && (wait->Find("cluster") == nullptr) == (wait->Find("network") == nullptr)) {
      return Error(action, field + ".wait", "must have either cluster or network");
    }
    bool sets = !action.TextOf("setVariable").empty() || !action.ItemsOf("setVariables").empty();
    if (sets && (!deploy || waits)) return Error(action, field, "may set variables only in a cmd of onDeploy");
    for (const YamlNode& variable : action.ItemsOf("setVariables")) {
      if (!IsVariableName(variable.TextOf("name"))) {
        return Error(variable, field + ".setVariables", "has a name not of A-Z, 0-9 and _");
      }
    }
    return absl::OkStatus();
  }

  absl::Status Groups(const std::vector<YamlNode>& components) {
    std::map<std::string, int> members, defaults;
    for (const YamlNode& component : components) {
      std::string group = component.TextOf("group");
      if (group.empty()) continue;
      if (component.TrueAt("required")) return Error(component, "group", "may not hold a required component");
      ++members[group];
      if (component.TrueAt("default") && ++defaults[group] > 1) {
        return Error(component, "group", absl::StrCat("'", group, "' has two default components"));
      }
    }
    for (const auto& [group, count] : members) {
      if (count < 2) {
        return absl::InvalidArgumentError(absl::StrCat(file_, ": group '", group, "' has only one component"));
      }
    }
    return absl::OkStatus();
  }

  const std::string& file_;
  std::set<std::string> components_;
};

}  // namespace

absl::Status ValidateDefinition(const YamlNode& package, const std::string& file) {
  return Validator(file).Package(package);
}

absl::Status CheckZarfName(std::string_view what, std::string_view name) {
  if (name.find_first_of("/\\") == std::string_view::npos && name != "..") return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, " '", name, "' may not hold a path separator or be '..'"));
}

absl::Status CheckExtractableName(std::string_view path) {
  auto bad = [&](std::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("Zarf would not extract '", path, "': ", why));
  };
  if (path.empty()) return bad("the name is empty");
  if (path.find_first_of("\\:") != std::string_view::npos) return bad("the name holds '\\' or ':'");
  for (std::string_view part : std::vector<std::string_view>(absl::StrSplit(path, '/'))) {
    if (part.empty() || part == "." || part == "..") return bad("empty, '.' or '..' part");
    if (part.back() == '.' || part.back() == ' ') return bad("a part ends in dot or space");
    std::string stem = absl::AsciiStrToUpper(part.substr(0, part.find('.')));
    bool numbered = stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) &&
                    absl::ascii_isdigit(stem[3]);
    if (stem == "CON" || stem == "PRN" || stem == "AUX" || stem == "NUL" || numbered) {
      return bad("a part is a device name of Windows");
    }
  }
  return absl::OkStatus();
}

}  // namespace cow::pack
