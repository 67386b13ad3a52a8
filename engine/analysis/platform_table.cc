#include "engine/analysis/platform_table.h"

#include <sys/utsname.h>

#include <utility>

#include "engine/analysis/analyzer.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/loading/target.h"

namespace cow::analysis {

namespace {

constexpr int kMaxAliases = 32;
constexpr int kMaxParents = 32;

}  // namespace

bool IsNativeRule(const loading::Target& target, std::string_view kind) {
  return target.is_rule() && target.rule_class().is_native() && target.rule_class().name() == kind;
}

absl::StatusOr<Label> PlatformOfCpu(std::string_view cpu) {
  for (std::string_view name : {"k8", "x86_64", "amd64"}) {
    if (cpu == name) return Label::Parse("@cow//platforms:linux_amd64", {});
  }
  for (std::string_view name : {"aarch64", "arm64"}) {
    if (cpu == name) return Label::Parse("@cow//platforms:linux_arm64", {});
  }
  return UserError("no platform is known for '", cpu,
                   "' (cow knows k8, x86_64, amd64, aarch64, arm64); name one with --platforms");
}

absl::StatusOr<Label> DefaultHostPlatform() {
  utsname machine{};
  uname(&machine);
  std::string_view hardware = machine.machine;
  if (hardware == "x86_64") return Label::Parse("@cow//platforms:linux_amd64", {});
  if (hardware == "aarch64") return Label::Parse("@cow//platforms:linux_arm64", {});
  return absl::UnimplementedError(absl::StrCat("no platform is known for this machine (", hardware,
                                               "); name one with --host_platform"));
}

absl::StatusOr<const loading::Target*> FollowAliases(loading::PackageLoader& loader,
                                                     const Label& label) {
  Label next = label;
  for (int i = 0; i < kMaxAliases; ++i) {
    COW_ASSIGN_OR_RETURN(const loading::Target* target, loader.LoadTarget(next));
    if (!IsNativeRule(*target, "alias")) return target;
    std::optional<Label> actual = target->LabelAttr("actual");
    if (!actual) return target->Error("this alias stands where no configuration is known yet: 'actual' may not be a select");
    next = *actual;
  }
  return UserError("too many aliases in a row, the first is '", label.ToString(), "'");
}

absl::StatusOr<const loading::Target*> PlatformTable::LoadNative(const Label& label,
                                                                 std::string_view kind) {
  COW_ASSIGN_OR_RETURN(const loading::Target* target, FollowAliases(loader_, label));
  if (IsNativeRule(*target, kind)) return target;
  return UserError("'", label.ToString(), "' is not a ", kind);
}

absl::StatusOr<PlatformTable::ConstraintValue> PlatformTable::LoadConstraint(const Label& label) {
  auto it = constraints_.find(label);
  if (it != constraints_.end()) return it->second;
  COW_ASSIGN_OR_RETURN(const loading::Target* value, LoadNative(label, "constraint_value"));
  std::optional<Label> setting_label = value->LabelAttr("constraint_setting");
  if (!setting_label) return value->Error("a constraint_value needs 'constraint_setting'");
  COW_ASSIGN_OR_RETURN(const loading::Target* setting,
                       LoadNative(*setting_label, "constraint_setting"));
  ConstraintValue result{.value = value->label(), .setting = setting->label()};
  if (std::optional<Label> fallback = setting->LabelAttr("default_constraint_value")) {
    COW_ASSIGN_OR_RETURN(const loading::Target* target, LoadNative(*fallback, "constraint_value"));
    result.default_value = target->label();
    result.has_default = true;
  }
  constraints_.emplace(label, result);
  return result;
}

absl::Status PlatformTable::AddConstraints(const loading::Target& platform, PlatformInfo& info) {
  std::map<Label, Label> own;
  for (const Label& label : platform.LabelListAttr("constraint_values")) {
    absl::StatusOr<ConstraintValue> constraint = LoadConstraint(label);
    if (!constraint.ok())
      return Annotate(constraint.status(), absl::StrCat("in platform ", info.label.ToString()));
    auto [it, fresh] = own.emplace(constraint->setting, constraint->value);
    if (!fresh && it->second != constraint->value) {
      return platform.Error(absl::StrCat(
          "two constraint_values for constraint_setting '", constraint->setting.ToString(), "': '",
          it->second.ToString(), "' and '", constraint->value.ToString(), "'"));
    }
  }
  for (const auto& [setting, value] : own) info.constraints[setting] = value;
  return absl::OkStatus();
}

absl::StatusOr<PlatformInfo> PlatformTable::LoadPlatform(const Label& label, int depth) {
  COW_ASSIGN_OR_RETURN(const loading::Target* target, LoadNative(label, "platform"));
  if (depth > kMaxParents) return target->Error("too many parents of platforms in a row");
  PlatformInfo info;
  for (const Label& parent : target->LabelListAttr("parents")) {
    COW_ASSIGN_OR_RETURN(info, LoadPlatform(parent, depth + 1));
  }
  info.label = target->label();
  COW_RETURN_IF_ERROR(AddConstraints(*target, info));
  absl::StatusOr<ExecProperties> properties = ExecPropertiesOf(target->Attr("exec_properties"));
  if (!properties.ok()) return target->Error(properties.status().message());
  for (const auto& [name, value] : *properties) info.exec_properties[name] = value;
  // An empty text takes away what a parent says.
  std::erase_if(info.exec_properties, [](const auto& property) { return property.second.empty(); });
  return info;
}

absl::StatusOr<PlatformInfo> PlatformTable::LoadPlatform(const Label& label) {
  return LoadPlatform(label, 0);
}

absl::StatusOr<bool> PlatformTable::Has(const PlatformInfo& platform,
                                        const Label& constraint_value) {
  COW_ASSIGN_OR_RETURN(ConstraintValue constraint, LoadConstraint(constraint_value));
  auto it = platform.constraints.find(constraint.setting);
  if (it != platform.constraints.end()) return it->second == constraint.value;
  return constraint.has_default && constraint.default_value == constraint.value;
}

absl::StatusOr<std::vector<Label>> PlatformTable::Missing(const PlatformInfo& platform,
                                                          const std::vector<Label>& wanted) {
  std::vector<Label> missing;
  for (const Label& label : wanted) {
    COW_ASSIGN_OR_RETURN(bool has, Has(platform, label));
    if (!has) missing.push_back(label);
  }
  return missing;
}

std::string PlatformTable::CpuOf(const PlatformInfo& platform) {
  for (const auto& [setting, value] : platform.constraints) {
    if (setting.name() == "cpu") return value.name();
  }
  return platform.label.name();
}

}  // namespace cow::analysis
