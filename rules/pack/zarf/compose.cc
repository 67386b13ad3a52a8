#include "rules/pack/zarf/compose.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/zarf/definition.h"
#include "rules/pack/zarf/schema.h"

namespace cow::pack {
namespace {

void RebaseText(YamlNode& node, const std::string& folder) {
  if (!node.IsScalar() || node.text.empty() || node.text.starts_with('/') ||
      node.text.find("://") != std::string::npos) {
    return;
  }
  node.text = SourceMap::Normalize(JoinPath(folder, node.text));
}

// The member of each object in a list; a list member is rebased item by item.
void RebaseMembers(YamlNode& component, std::string_view list, std::string_view member, const std::string& folder) {
  YamlNode* objects = component.Find(list);
  if (objects == nullptr) return;
  for (YamlNode& object : objects->items) {
    YamlNode* value = object.Find(member);
    if (value == nullptr) continue;
    if (value->IsSequence()) {
      for (YamlNode& item : value->items) RebaseText(item, folder);
    } else {
      RebaseText(*value, folder);
    }
  }
}

void AppendList(YamlNode& into, const YamlNode& from, std::string_view key) {
  std::vector<YamlNode> all = into.ItemsOf(key);
  const std::vector<YamlNode>& more = from.ItemsOf(key);
  if (more.empty()) return;
  all.insert(all.end(), more.begin(), more.end());
  into.Set(key, YamlNode::Sequence(std::move(all)));
}

void OverrideTexts(YamlNode& into, const YamlNode& from, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) {
    if (const YamlNode* value = from.Find(key); value != nullptr && !value->IsEmpty()) into.Set(key, *value);
  }
}

// Objects of one name are merged, the others appended.
void MergeNamed(YamlNode& into, const YamlNode& from, std::string_view key,
                std::initializer_list<std::string_view> texts, std::initializer_list<std::string_view> lists) {
  std::vector<YamlNode> all = into.ItemsOf(key);
  for (const YamlNode& object : from.ItemsOf(key)) {
    auto same = std::find_if(all.begin(), all.end(),
                             [&](const YamlNode& own) { return own.TextOf("name") == object.TextOf("name"); });
    if (same == all.end()) {
      all.push_back(object);
      continue;
    }
    OverrideTexts(*same, object, texts);
    for (std::string_view list : lists) AppendList(*same, object, list);
  }
  if (!all.empty()) into.Set(key, YamlNode::Sequence(std::move(all)));
}

void MergeActions(YamlNode& into, const YamlNode& from) {
  const YamlNode* own = from.Find("actions");
  YamlNode* base = into.Find("actions");
  if (base == nullptr && own == nullptr) return;
  YamlNode merged = base == nullptr ? YamlNode::Mapping() : *base;
  for (std::string_view phase : {"onCreate", "onDeploy", "onRemove"}) {
    const YamlNode* more = own == nullptr ? nullptr : own->Find(phase);
    YamlNode set = merged.Find(phase) == nullptr ? YamlNode::Mapping() : *merged.Find(phase);
    set.Remove("defaults");  // the importer's defaults rule, even when it has none
    if (more != nullptr) {
      OverrideTexts(set, *more, {"defaults"});
      for (std::string_view list : {"before", "after", "onFailure", "onSuccess"}) AppendList(set, *more, list);
    }
    if (set.IsEmpty()) {
      merged.Remove(phase);
    } else {
      merged.Set(phase, std::move(set));
    }
  }
  into.Remove("actions");
  if (!merged.IsEmpty()) into.Set("actions", std::move(merged));
}

absl::Status MergeOnly(YamlNode& into, const YamlNode& from, const std::string& file) {
  const YamlNode* own = from.Find("only");
  if (own == nullptr) return absl::OkStatus();
  YamlNode only = into.Find("only") == nullptr ? YamlNode::Mapping() : *into.Find("only");
  OverrideTexts(only, *own, {"flavor"});
  if (std::string os = own->TextOf("localOS"); !os.empty()) {
    if (!only.TextOf("localOS").empty()) {
      return ZarfError(file, own->line, "only.localOS",
                       absl::StrCat("is '", os, "' but the imported component has '", only.TextOf("localOS"), "'"));
    }
    OverrideTexts(only, *own, {"localOS"});
  }
  if (!only.IsEmpty()) into.Set("only", std::move(only));
  return absl::OkStatus();
}

}  // namespace

void RebasePaths(YamlNode& component, const std::string& folder) {
  if (folder.empty()) return;
  RebaseMembers(component, "charts", "localPath", folder);
  RebaseMembers(component, "charts", "valuesFiles", folder);
  RebaseMembers(component, "manifests", "files", folder);
  RebaseMembers(component, "files", "source", folder);
  RebaseMembers(component, "dataInjections", "source", folder);
}

absl::StatusOr<YamlNode> MergeComponent(YamlNode imported, const YamlNode& own, const std::string& file) {
  for (std::string_view key : {"name", "default", "required", "group"}) {
    const YamlNode* value = own.Find(key);
    if (value == nullptr) {
      imported.Remove(key);
    } else {
      imported.Set(key, *value);
    }
  }
  OverrideTexts(imported, own, {"description"});
  COW_RETURN_IF_ERROR(MergeOnly(imported, own, file));
  MergeActions(imported, own);
  for (std::string_view key : {"dataInjections", "files", "images", "healthChecks"}) AppendList(imported, own, key);
  MergeNamed(imported, own, "charts", {"namespace", "releaseName", "version"},
             {"valuesFiles", "variables", "values"});
  MergeNamed(imported, own, "manifests", {"namespace"}, {"files"});
  return imported;
}

}  // namespace cow::pack
