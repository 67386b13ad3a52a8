#include "engine/analysis/build_setting.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_split.h"
#include "engine/analysis/platform_table.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/starlark/operations.h"

namespace cow::analysis {

using loading::BuildSetting;
using starlark::Value;
using Type = BuildSetting::Type;

namespace {

std::string_view TypeText(const BuildSetting& setting) {
  if (setting.is_repeatable()) return "list(string)";
  switch (setting.type()) {
    case Type::kBool:
      return "bool";
    case Type::kInt:
      return "int";
    case Type::kString:
      return "string";
    case Type::kStringList:
      return "list(string)";
    case Type::kStringSet:
      return "set(string)";
    case Type::kLabel:
      return "label";
  }
  return "";
}

absl::Status WrongType(const BuildSetting& setting, Value value) {
  return UserError("expected value of type '", TypeText(setting), "', but got ",
                   starlark::Repr(value), " (", starlark::TypeName(value), ")");
}

void NormaliseSet(const BuildSetting& setting, std::vector<std::string>& texts) {
  if (setting.type() != Type::kStringSet) return;
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

absl::StatusOr<OptionValue> Texts(const BuildSetting& setting, Value value) {
  if (value.Is(starlark::Kind::kString) || !starlark::IsIterable(value)) {
    return WrongType(setting, value);
  }
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, starlark::Elements(value));
  std::vector<std::string> texts;
  for (Value element : elements) {
    if (!element.Is(starlark::Kind::kString)) return WrongType(setting, value);
    texts.push_back(loading::StringOf(element));
  }
  NormaliseSet(setting, texts);
  return texts;
}

absl::StatusOr<OptionValue> LabelFrom(const BuildSetting& setting, Value value,
                                      const PackageId& base, const loading::Workspace& workspace) {
  if (const Label* label = loading::LabelOf(value)) return *label;
  if (!value.Is(starlark::Kind::kString)) return WrongType(setting, value);
  COW_ASSIGN_OR_RETURN(Label label, workspace.ParseLabel(loading::StringOf(value), base));
  return label;
}

std::string FlagName(const SettingFlag& flag) {
  return absl::StrCat("--", flag.negated ? "no" : "", flag.label);
}

// One use of a flag, on top of the uses before.
absl::Status AddUse(const SettingFlag& flag, const loading::Target& target,
                    const loading::Workspace& workspace, std::map<Label, OptionValue>& settings) {
  const BuildSetting& setting = *BuildSettingOf(target);
  if (flag.negated && (setting.type() != Type::kBool || flag.value)) {
    return UserError("in ", FlagName(flag), ": '", target.label().ToString(),
                     flag.value ? "' takes no value in its 'no' form" : "' is not a boolean setting");
  }
  if (!flag.value && setting.type() != Type::kBool) {
    return UserError("in ", FlagName(flag), ": a value is needed: ", FlagName(flag), "=VALUE");
  }
  absl::StatusOr<OptionValue> value =
      ParseSetting(setting, flag.value.value_or(flag.negated ? "false" : "true"), workspace);
  if (!value.ok()) return UserError("in ", FlagName(flag), ": ", value.status().message());
  auto known = settings.find(target.label());
  if (!setting.is_repeatable() || known == settings.end()) {
    settings[target.label()] = *std::move(value);
    return absl::OkStatus();
  }
  auto& texts = std::get<std::vector<std::string>>(known->second);
  auto& more = std::get<std::vector<std::string>>(*value);
  texts.insert(texts.end(), more.begin(), more.end());
  NormaliseSet(setting, texts);
  return absl::OkStatus();
}

}  // namespace

const BuildSetting* BuildSettingOf(const loading::Target& target) {
  return target.is_rule() ? target.rule_class().definition().build_setting : nullptr;
}

absl::StatusOr<OptionValue> SettingDefault(const loading::Target& target) {
  const BuildSetting& setting = *BuildSettingOf(target);
  Value value = target.Attr("build_setting_default");
  if (setting.type() == Type::kString && setting.is_repeatable()) {
    return std::vector<std::string>{loading::StringOf(value)};
  }
  switch (setting.type()) {
    case Type::kBool:
      return value.IsTrue();
    case Type::kInt:
      return value.ToInt64().value_or(0);
    case Type::kString:
      return loading::StringOf(value);
    case Type::kStringList:
    case Type::kStringSet:
      return Texts(setting, value);
    case Type::kLabel:
      if (const Label* label = loading::LabelOf(value)) return *label;
      return target.Error("this setting needs a label as 'build_setting_default'");
  }
  return target.Error("this setting has no value");
}

absl::StatusOr<OptionValue> ParseSetting(const BuildSetting& setting, std::string_view text,
                                         const loading::Workspace& workspace) {
  switch (setting.type()) {
    case Type::kBool: {
      COW_ASSIGN_OR_RETURN(bool truth, ParseBool(text));
      return truth;
    }
    case Type::kInt: {
      COW_ASSIGN_OR_RETURN(int64_t number, ParseInt(text));
      return number;
    }
    case Type::kString:
      if (setting.is_repeatable()) return std::vector<std::string>{std::string(text)};
      return std::string(text);
    case Type::kStringList:
    case Type::kStringSet: {
      std::vector<std::string> texts{std::string(text)};
      if (!setting.is_repeatable()) texts = absl::StrSplit(text, ',', absl::SkipEmpty());
      NormaliseSet(setting, texts);
      return texts;
    }
    case Type::kLabel: {
      COW_ASSIGN_OR_RETURN(Label label, workspace.ParseLabel(text, {}));
      return label;
    }
  }
  return UserError("this setting has no value");
}

absl::StatusOr<OptionValue> SettingFromStarlark(const BuildSetting& setting, Value value,
                                                const PackageId& base,
                                                const loading::Workspace& workspace) {
  if (setting.is_repeatable()) return Texts(setting, value);
  switch (setting.type()) {
    case Type::kBool:
      if (!value.IsBool()) return WrongType(setting, value);
      return value.boolean();
    case Type::kInt:
      if (!value.ToInt64()) return WrongType(setting, value);
      return *value.ToInt64();
    case Type::kString:
      if (!value.Is(starlark::Kind::kString)) return WrongType(setting, value);
      return loading::StringOf(value);
    case Type::kStringList:
    case Type::kStringSet:
      return Texts(setting, value);
    case Type::kLabel:
      return LabelFrom(setting, value, base, workspace);
  }
  return WrongType(setting, value);
}

absl::Status AddSettings(const std::vector<SettingFlag>& flags, loading::PackageLoader& loader,
                         const loading::Workspace& workspace,
                         std::map<Label, OptionValue>& settings) {
  for (const SettingFlag& flag : flags) {
    absl::StatusOr<Label> label = workspace.ParseLabel(flag.label, {});
    if (!label.ok()) return UserError("in ", FlagName(flag), ": ", label.status().message());
    absl::StatusOr<const loading::Target*> target = FollowAliases(loader, *label);
    if (!target.ok()) {
      if (IsDiagnostic(target.status())) return target.status();
      return UserError("in ", FlagName(flag), ": ", target.status().message());
    }
    const BuildSetting* setting = BuildSettingOf(**target);
    if (setting == nullptr) {
      return UserError("in ", FlagName(flag), ": '", (*target)->label().ToString(),
                       "' is not a build setting");
    }
    if (!setting->is_flag()) {
      return UserError("in ", FlagName(flag), ": '", (*target)->label().ToString(),
                       "' is a build setting, but not a flag: it cannot be set on the command line");
    }
    COW_RETURN_IF_ERROR(AddUse(flag, **target, workspace, settings));
  }
  return absl::OkStatus();
}

}  // namespace cow::analysis
