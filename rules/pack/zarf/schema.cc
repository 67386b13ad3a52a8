#include "rules/pack/zarf/schema.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"

namespace cow::pack {
namespace {

enum class FieldType { kText, kBool, kInt, kTexts, kFree, kObject, kObjects, kUnsupported };

struct Schema;
struct Field {
  std::string_view name;
  FieldType type = FieldType::kText;
  const Schema* child = nullptr;  // of kObject and kObjects
  std::string_view why = {};      // of kUnsupported
};
struct Schema {
  std::span<const Field> fields;
};

constexpr FieldType kText = FieldType::kText, kBool = FieldType::kBool, kInt = FieldType::kInt,
                    kTexts = FieldType::kTexts, kFree = FieldType::kFree, kObject = FieldType::kObject,
                    kObjects = FieldType::kObjects, kUnsupported = FieldType::kUnsupported;

constexpr Field kMetadataFields[] = {{"name"},
                                     {"description"},
                                     {"version"},
                                     {"url"},
                                     {"image"},
                                     {"uncompressed", kBool},
                                     {"architecture"},
                                     {"yolo", kBool},
                                     {"authors"},
                                     {"documentation"},
                                     {"source"},
                                     {"vendor"},
                                     {"aggregateChecksum", kUnsupported, nullptr, "it is computed"},
                                     {"annotations", kFree},
                                     {"allowNamespaceOverride", kBool}};
constexpr Schema kMetadata{kMetadataFields};

constexpr Field kClusterFields[] = {{"architecture"}, {"distros", kTexts}};
constexpr Schema kCluster{kClusterFields};
constexpr Field kOnlyFields[] = {{"localOS"}, {"cluster", kObject, &kCluster}, {"flavor"}};
constexpr Schema kOnly{kOnlyFields};

constexpr Field kImportFields[] = {
    {"name"}, {"path"}, {"url", kUnsupported, nullptr, "imports come from the workspace, give a path"}};
constexpr Schema kImport{kImportFields};

constexpr Field kManifestFields[] = {
    {"name"},
    {"namespace"},
    {"files", kTexts},
    {"kustomizeAllowAnyDirectory", kBool},
    {"kustomizations", kUnsupported, nullptr, "render them in a build step and give files"},
    {"noWait", kBool},
    {"serverSideApply"},
    {"template", kBool}};
constexpr Schema kManifest{kManifestFields};

constexpr Field kChartVariableFields[] = {{"name"}, {"description"}, {"path"}};
constexpr Schema kChartVariable{kChartVariableFields};
constexpr Field kChartValueFields[] = {{"sourcePath"}, {"targetPath"}};
constexpr Schema kChartValue{kChartValueFields};
constexpr Field kChartFields[] = {
    {"name"},
    {"version"},
    {"url", kUnsupported, nullptr, "charts come from the workspace, give a localPath"},
    {"repoName", kUnsupported, nullptr, "charts come from the workspace, give a localPath"},
    {"gitPath", kUnsupported, nullptr, "charts come from the workspace, give a localPath"},
    {"localPath"},
    {"namespace"},
    {"releaseName"},
    {"noWait", kBool},
    {"valuesFiles", kTexts},
    {"templatedValuesFiles", kUnsupported, nullptr, "use valuesFiles"},
    {"variables", kObjects, &kChartVariable},
    {"values", kObjects, &kChartValue},
    {"schemaValidation", kBool},
    {"serverSideApply"}};
constexpr Schema kChart{kChartFields};

constexpr Field kTargetFields[] = {{"namespace"}, {"selector"}, {"container"}, {"path"}};
constexpr Schema kTarget{kTargetFields};
constexpr Field kInjectionFields[] = {{"source"}, {"target", kObject, &kTarget}, {"compress", kBool}};
constexpr Schema kInjection{kInjectionFields};

constexpr Field kFileFields[] = {
    {"source"},
    {"shasum"},
    {"target"},
    {"executable", kBool},
    {"symlinks", kTexts},
    {"extractPath", kUnsupported, nullptr, "extract the file in a build step"},
    {"template", kBool}};
constexpr Schema kFile{kFileFields};

constexpr Field kShellFields[] = {{"windows"}, {"linux"}, {"darwin"}};
constexpr Schema kShell{kShellFields};
constexpr Field kWaitClusterFields[] = {{"kind"}, {"name"}, {"namespace"}, {"condition"}};
constexpr Schema kWaitCluster{kWaitClusterFields};
constexpr Field kWaitNetworkFields[] = {{"protocol"}, {"address"}, {"code", kInt}};
constexpr Schema kWaitNetwork{kWaitNetworkFields};
constexpr Field kWaitFields[] = {{"cluster", kObject, &kWaitCluster}, {"network", kObject, &kWaitNetwork}};
constexpr Schema kWait{kWaitFields};
constexpr Field kVariableFields[] = {{"name"},          {"description"},       {"default"}, {"prompt", kBool},
                                     {"sensitive", kBool}, {"autoIndent", kBool}, {"pattern"}, {"type"}};
constexpr Schema kVariable{kVariableFields};
constexpr Field kSetValueFields[] = {{"key"}, {"value", kFree}, {"type"}};
constexpr Schema kSetValue{kSetValueFields};
constexpr Field kActionFields[] = {{"mute", kBool},
                                   {"maxTotalSeconds", kInt},
                                   {"maxRetries", kInt},
                                   {"dir"},
                                   {"env", kTexts},
                                   {"cmd"},
                                   {"shell", kObject, &kShell},
                                   {"setVariable"},
                                   {"setVariables", kObjects, &kVariable},
                                   {"setValues", kObjects, &kSetValue},
                                   {"description"},
                                   {"wait", kObject, &kWait},
                                   {"template", kBool}};
constexpr Schema kAction{kActionFields};
constexpr Field kDefaultsFields[] = {{"mute", kBool}, {"maxTotalSeconds", kInt}, {"maxRetries", kInt},
                                     {"dir"},         {"env", kTexts},           {"shell", kObject, &kShell}};
constexpr Schema kDefaults{kDefaultsFields};
constexpr Field kActionSetFields[] = {{"defaults", kObject, &kDefaults}, {"before", kObjects, &kAction},
                                      {"after", kObjects, &kAction},     {"onSuccess", kObjects, &kAction},
                                      {"onFailure", kObjects, &kAction}};
constexpr Schema kActionSet{kActionSetFields};
constexpr Field kActionsFields[] = {{"onCreate", kObject, &kActionSet},
                                    {"onDeploy", kObject, &kActionSet},
                                    {"onRemove", kObject, &kActionSet}};
constexpr Schema kActions{kActionsFields};

constexpr Field kHealthFields[] = {{"apiVersion"}, {"kind"}, {"namespace"}, {"name"}};
constexpr Schema kHealth{kHealthFields};

constexpr Field kComponentFields[] = {
    {"name"},
    {"description"},
    {"default", kBool},
    {"required", kBool},
    {"only", kObject, &kOnly},
    {"group"},
    {"import", kObject, &kImport},
    {"manifests", kObjects, &kManifest},
    {"charts", kObjects, &kChart},
    {"dataInjections", kObjects, &kInjection},
    {"files", kObjects, &kFile},
    {"images", kTexts},
    {"imageArchives", kUnsupported, nullptr, "name the images and give each by --image"},
    {"repos", kUnsupported, nullptr, "git repositories are not packed"},
    {"scripts", kUnsupported, nullptr, "it is deprecated, use actions"},
    {"actions", kObject, &kActions},
    {"healthChecks", kObjects, &kHealth},
    {"stateAccess", kUnsupported, nullptr, "it is not known to this tool"}};
constexpr Schema kComponent{kComponentFields};

constexpr Field kConstantFields[] = {{"name"}, {"value"}, {"description"}, {"autoIndent", kBool}, {"pattern"}};
constexpr Schema kConstant{kConstantFields};

constexpr Field kPackageFields[] = {
    {"apiVersion"},
    {"kind"},
    {"metadata", kObject, &kMetadata},
    {"build", kUnsupported, nullptr, "it is written by the build"},
    {"components", kObjects, &kComponent},
    {"constants", kObjects, &kConstant},
    {"variables", kObjects, &kVariable},
    {"values", kUnsupported, nullptr, "package values are not packed"},
    {"documentation", kUnsupported, nullptr, "package documentation is not packed"}};
constexpr Schema kPackage{kPackageFields};

class Checker {
 public:
  explicit Checker(const std::string& file) : file_(file) {}

  absl::Status Object(YamlNode& node, const Schema& schema, const std::string& path) {
    if (node.kind == YamlNode::Kind::kNull) return absl::OkStatus();
    if (!node.IsMapping()) return Wrong(node, path, "a mapping");
    for (auto& [key, value] : node.entries) {
      auto field = std::find_if(schema.fields.begin(), schema.fields.end(),
                                [&name = key](const Field& f) { return f.name == name; });
      std::string place = path.empty() ? key : absl::StrCat(path, ".", key);
      if (field == schema.fields.end()) return Unknown(value, schema, key, place);
      COW_RETURN_IF_ERROR(Value(value, *field, place));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Value(YamlNode& value, const Field& field, const std::string& place) {
    if (field.type == kUnsupported) {
      if (value.IsEmpty()) return absl::OkStatus();
      return ZarfError(file_, value.line, place, absl::StrCat("is not supported: ", field.why));
    }
    if (value.kind == YamlNode::Kind::kNull) return absl::OkStatus();
    switch (field.type) {
      case kText:
        return Text(value, place);
      case kBool:
        if (value.IsScalar() && !value.quoted && (value.text == "true" || value.text == "false")) {
          return absl::OkStatus();
        }
        return Wrong(value, place, "true or false");
      case kInt: {
        int64_t number = 0;
        if (value.IsScalar() && !value.quoted && absl::SimpleAtoi(value.text, &number)) return absl::OkStatus();
        return Wrong(value, place, "a number");
      }
      case kTexts:
      case kObjects:
        return List(value, field, place);
      case kObject:
        return Object(value, *field.child, place);
      case kFree:
      case kUnsupported:
        break;
    }
    return absl::OkStatus();
  }

  absl::Status Text(YamlNode& value, const std::string& place) {
    if (!value.IsScalar()) return Wrong(value, place, "text");
    value.quoted = true;
    return absl::OkStatus();
  }

  absl::Status List(YamlNode& value, const Field& field, const std::string& place) {
    if (!value.IsSequence()) return Wrong(value, place, "a list");
    for (size_t i = 0; i < value.items.size(); ++i) {
      std::string item = absl::StrCat(place, "[", i, "]");
      COW_RETURN_IF_ERROR(field.type == kTexts ? Text(value.items[i], item)
                                               : Object(value.items[i], *field.child, item));
    }
    return absl::OkStatus();
  }

  absl::Status Wrong(const YamlNode& value, const std::string& place, std::string_view expected) {
    return ZarfError(file_, value.line, place, absl::StrCat("must be ", expected));
  }

  absl::Status Unknown(const YamlNode& value, const Schema& schema, const std::string& key, const std::string& place) {
    std::vector<std::string> names;
    for (const Field& field : schema.fields) names.emplace_back(field.name);
    std::string closest = ClosestMatch(key, names);
    return ZarfError(file_, value.line, place,
                     closest.empty() ? "is not a field of v1alpha1"
                                     : absl::StrCat("is not a field of v1alpha1 (did you mean '", closest, "'?)"));
  }

  const std::string& file_;
};

}  // namespace

absl::Status ZarfError(const std::string& file, int line, std::string_view field, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(file, ":", line, ": '", field, "' ", why));
}

absl::Status CheckZarfSchema(YamlNode& package, const std::string& file) {
  return Checker(file).Object(package, kPackage, "");
}

}  // namespace cow::pack
