#include "engine/analysis/exec_properties.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "engine/analysis/user_error.h"
#include "engine/loading/target.h"
#include "engine/starlark/dict_value.h"

namespace cow::analysis {

namespace {

constexpr std::string_view kReserved = "cow-";

std::string_view GroupOf(std::string_view name) {
  size_t dot = name.find('.');
  return dot == name.npos ? std::string_view() : name.substr(0, dot);
}

void AddProperties(const ExecProperties& from, std::string_view group, ExecProperties& into) {
  for (const auto& [name, value] : from) {
    if (GroupOf(name).empty()) into[name] = value;
  }
  if (group.empty()) return;
  for (const auto& [name, value] : from) {
    if (GroupOf(name) == group) into[name.substr(group.size() + 1)] = value;
  }
}

}  // namespace

absl::StatusOr<ExecProperties> ExecPropertiesOf(starlark::Value attribute) {
  ExecProperties properties;
  const auto* dict = attribute.As<starlark::Dict>();
  if (dict == nullptr) return properties;
  for (const auto& entry : *dict) {
    std::string name = loading::StringOf(entry.key);
    std::string_view bare = std::string_view(name).substr(GroupOf(name).empty() ? 0 : GroupOf(name).size() + 1);
    if (bare.starts_with(kReserved)) {
      return UserError("in exec_properties, '", name, "' begins with '", kReserved, "', which is for cow itself");
    }
    properties[name] = loading::StringOf(entry.value);
  }
  return properties;
}

ExecProperties PropertiesOfGroup(const ExecProperties& platform, const ExecProperties& target, std::string_view group) {
  ExecProperties properties;
  AddProperties(platform, group, properties);
  AddProperties(target, group, properties);
  return properties;
}

absl::Status CheckExecGroups(const ExecProperties& target, const std::vector<std::string>& groups) {
  std::vector<std::string> unknown;
  for (const auto& [name, value] : target) {
    std::string group(GroupOf(name));
    if (group.empty() || std::find(groups.begin(), groups.end(), group) != groups.end()) continue;
    if (unknown.empty() || unknown.back() != group) unknown.push_back(std::move(group));
  }
  if (unknown.empty()) return absl::OkStatus();
  return UserError("tried to set properties for non-existent exec groups: [", absl::StrJoin(unknown, ", "), "]");
}

}  // namespace cow::analysis
