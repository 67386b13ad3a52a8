#include "engine/analysis/condition_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/analysis/build_setting.h"
#include "engine/analysis/configuration_table.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/target.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"

namespace cow::analysis {

using starlark::Value;

namespace {

// Names of processors that Bazel's users write.
std::string_view CanonicalCpu(std::string_view cpu) {
  if (cpu == "k8" || cpu == "amd64") return "x86_64";
  if (cpu == "arm64") return "aarch64";
  return cpu;
}

std::string Conditions(const std::vector<Label>& labels) {
  std::string text;
  for (const Label& label : labels) absl::StrAppend(&text, "\n    ", label.ToString());
  return text;
}

void Demand(ConditionTable::Match& match, std::string_view what, std::string_view value,
            bool holds) {
  match.demands.insert(absl::StrCat(what, "=", value));
  match.holds = match.holds && holds;
}

bool Specialises(const std::set<std::string>& a, const std::set<std::string>& b) {
  return a.size() > b.size() && std::includes(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

absl::StatusOr<OptionValue> ConditionTable::SettingValue(const loading::Target& build_setting) {
  if (BuildSettingOf(build_setting) == nullptr) {
    return UserError("'", build_setting.label().ToString(), "' is not a build setting");
  }
  auto it = configuration_.options.settings.find(build_setting.label());
  if (it != configuration_.options.settings.end()) return it->second;
  return SettingDefault(build_setting);
}

absl::StatusOr<Label> ConditionTable::ActualOf(const loading::Target& alias) {
  Value actual = alias.Attr("actual");
  if (const Label* label = loading::LabelOf(actual)) return *label;
  const auto* select = actual.As<loading::SelectValue>();
  if (select == nullptr) return alias.Error("an alias needs 'actual'");
  starlark::Heap heap;
  starlark::Thread thread(heap);
  loader_.workspace().options().limits.Apply(thread);
  absl::StatusOr<Value> chosen = Resolve(thread, *select, "actual", alias.label());
  if (!chosen.ok()) {
    return IsDiagnostic(chosen.status()) ? chosen.status() : alias.Error(chosen.status().message());
  }
  if (const Label* label = loading::LabelOf(*chosen)) return *label;
  return alias.Error("an alias needs 'actual'");
}

absl::StatusOr<const loading::Target*> ConditionTable::FollowAliases(const Label& label) {
  constexpr int kMaxAliases = 32;
  Label next = label;
  for (int i = 0; i < kMaxAliases; ++i) {
    COW_ASSIGN_OR_RETURN(const loading::Target* target, loader_.LoadTarget(next));
    if (!IsNativeRule(*target, "alias")) return target;
    COW_ASSIGN_OR_RETURN(next, ActualOf(*target));
  }
  return UserError("too many aliases in a row, the first is '", label.ToString(), "'");
}

absl::StatusOr<bool> ConditionTable::HasConstraint(const Label& label) {
  COW_ASSIGN_OR_RETURN(const loading::Target* value, FollowAliases(label));
  return platforms_.Has(configuration_.platform, value->label());
}

absl::StatusOr<std::vector<Label>> ConditionTable::MissingConstraints(
    const std::vector<Label>& wanted) {
  std::vector<Label> missing;
  for (const Label& label : wanted) {
    COW_ASSIGN_OR_RETURN(bool has, HasConstraint(label));
    if (!has) missing.push_back(label);
  }
  return missing;
}

absl::StatusOr<ConditionTable::Match> ConditionTable::Evaluate(const Label& condition) {
  auto it = known_.find(condition);
  if (it != known_.end()) return it->second;
  if (!active_.insert(condition).second) {
    return UserError("the condition '", condition.ToString(), "' depends on itself");
  }
  absl::StatusOr<Match> match = EvaluateFresh(condition);
  active_.erase(condition);
  if (match.ok()) known_.emplace(condition, *match);
  return match;
}

absl::StatusOr<ConditionTable::Match> ConditionTable::EvaluateFresh(const Label& condition) {
  COW_ASSIGN_OR_RETURN(const loading::Target* target, FollowAliases(condition));
  if (IsNativeRule(*target, "config_setting")) return EvaluateSetting(*target);
  if (IsNativeRule(*target, "constraint_value")) {
    COW_ASSIGN_OR_RETURN(bool has, platforms_.Has(configuration_.platform, target->label()));
    return Match{has, {absl::StrCat("constraint ", target->label().ToString(), "=")}};
  }
  return UserError("'", condition.ToString(),
                   "' is not a valid select condition: it is neither a config_setting nor a ",
                   "constraint_value");
}

absl::StatusOr<ConditionTable::Match> ConditionTable::EvaluateSetting(
    const loading::Target& setting) {
  Match match{true, {}};
  COW_RETURN_IF_ERROR(EvaluateValues(setting, match));
  for (const auto& [name, value] : setting.StringDictAttr("define_values")) {
    auto it = configuration_.defines.find(name);
    Demand(match, "define " + name, value,
           it != configuration_.defines.end() && it->second == value);
  }
  COW_RETURN_IF_ERROR(EvaluateFlags(setting, match));
  COW_RETURN_IF_ERROR(EvaluateConstraints(setting, match));
  if (match.demands.empty()) {
    return setting.Error(
        "a config_setting needs at least one of values, define_values, flag_values, "
        "constraint_values");
  }
  return match;
}

absl::Status ConditionTable::EvaluateConstraints(const loading::Target& setting, Match& match) {
  for (const Label& label : setting.LabelListAttr("constraint_values")) {
    absl::StatusOr<bool> has = HasConstraint(label);
    if (!has.ok())
      return IsDiagnostic(has.status()) ? has.status() : setting.Error(has.status().message());
    COW_ASSIGN_OR_RETURN(const loading::Target* value, FollowAliases(label));
    Demand(match, "constraint " + value->label().ToString(), "", *has);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ConditionTable::HasNativeValue(std::string_view name,
                                                    const std::string& value) {
  if (name == "cpu") return CanonicalCpu(value) == CanonicalCpu(configuration_.cpu);
  const NativeOption& option = *FindNativeOption(name);
  if (name == "host_cpu") {
    const OptionValue& host =
        NativeValue(configuration_.options, *FindNativeOption("host_platform"));
    COW_ASSIGN_OR_RETURN(PlatformInfo platform, platforms_.LoadPlatform(std::get<Label>(host)));
    return CanonicalCpu(value) == CanonicalCpu(PlatformTable::CpuOf(platform));
  }
  COW_ASSIGN_OR_RETURN(OptionValue wanted, ParseNativeOption(option, value, loader_.workspace()));
  const OptionValue& actual = NativeValue(configuration_.options, option);
  const auto* wanted_texts = std::get_if<std::vector<std::string>>(&wanted);
  if (wanted_texts == nullptr) return wanted == actual;
  const auto& texts = std::get<std::vector<std::string>>(actual);
  return std::all_of(wanted_texts->begin(), wanted_texts->end(), [&](const std::string& text) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
  });
}

absl::Status ConditionTable::EvaluateValues(const loading::Target& setting, Match& match) {
  for (const auto& [name, value] : setting.StringDictAttr("values")) {
    if (FindNativeOption(name) == nullptr) {
      std::vector<std::string> names;
      for (const NativeOption& option : NativeOptions()) names.push_back(option.name);
      std::string closest = ClosestMatch(name, names);
      return setting.Error(absl::StrCat(
          "error while parsing configuration settings: unrecognized option: ", name,
          closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")));
    }
    absl::StatusOr<bool> holds = HasNativeValue(name, value);
    if (!holds.ok()) {
      if (IsDiagnostic(holds.status())) return holds.status();
      return setting.Error(absl::StrCat("error while parsing configuration settings: ", name, ": ",
                                        holds.status().message()));
    }
    std::pair<std::string, std::string> define = absl::StrSplit(value, absl::MaxSplits('=', 1));
    if (name == "define") {
      Demand(match, "define " + define.first, define.second, *holds);
    } else {
      Demand(match, name, name == "cpu" ? CanonicalCpu(value) : value, *holds);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ConditionTable::HasSettingValue(const loading::Target& flag,
                                                     const std::string& value) {
  const loading::BuildSetting& setting = *BuildSettingOf(flag);
  COW_ASSIGN_OR_RETURN(OptionValue wanted, ParseSetting(setting, value, loader_.workspace()));
  COW_ASSIGN_OR_RETURN(OptionValue actual, SettingValue(flag));
  const auto* wanted_texts = std::get_if<std::vector<std::string>>(&wanted);
  if (wanted_texts == nullptr) return wanted == actual;
  if (wanted_texts->size() != 1) {
    return UserError("\"", value, "\" not a valid value for flag ", flag.label().ToString(),
                     ". Only single, exact values are allowed. If you want to match multiple "
                     "values, consider Skylib's selects.config_setting_group");
  }
  const auto& texts = std::get<std::vector<std::string>>(actual);
  return std::find(texts.begin(), texts.end(), wanted_texts->front()) != texts.end();
}

absl::Status ConditionTable::EvaluateFlags(const loading::Target& setting, Match& match) {
  const auto* flags = setting.Attr("flag_values").As<starlark::Dict>();
  if (flags == nullptr) return absl::OkStatus();
  for (const auto& entry : *flags) {
    const Label* label = loading::LabelOf(entry.key);
    absl::StatusOr<const loading::Target*> flag = FollowAliases(*label);
    if (!flag.ok())
      return IsDiagnostic(flag.status()) ? flag.status() : setting.Error(flag.status().message());
    if (BuildSettingOf(**flag) == nullptr) {
      return setting.Error(absl::StrCat("error while parsing flag_values: '", label->ToString(),
                                        "' is not a build setting"));
    }
    std::string wanted = loading::StringOf(entry.value);
    absl::StatusOr<bool> holds = HasSettingValue(**flag, wanted);
    if (!holds.ok()) {
      if (IsDiagnostic(holds.status())) return holds.status();
      return setting.Error(absl::StrCat("error while parsing flag_values: ", label->ToString(),
                                        ": ", holds.status().message()));
    }
    Demand(match, "flag " + (*flag)->label().ToString(), wanted, *holds);
  }
  return absl::OkStatus();
}

// A config_setting without a visibility of its own is public, whatever its package says.
absl::Status ConditionTable::CheckUsable(const Label& condition, const Label& target) {
  COW_ASSIGN_OR_RETURN(const loading::Target* declared, loader_.LoadTarget(condition));
  if (IsNativeRule(*declared, "config_setting") && !declared->IsExplicit("visibility")) {
    return absl::OkStatus();
  }
  return loader_.CheckVisible(*declared, target);
}

absl::StatusOr<Value> ConditionTable::Choose(const loading::SelectPart& part,
                                             std::string_view attribute, const Label& target) {
  struct Candidate {
    Label label;
    Match match;
    Value value;
  };
  std::vector<Candidate> candidates;
  std::vector<Label> checked;
  Value fallback;
  for (const loading::SelectBranch& branch : part.branches) {
    if (loading::IsDefaultCondition(branch.key)) {
      fallback = branch.value;
      continue;
    }
    const Label* label = loading::LabelOf(branch.key);
    checked.push_back(*label);
    COW_RETURN_IF_ERROR(CheckUsable(*label, target));
    COW_ASSIGN_OR_RETURN(Match match, Evaluate(*label));
    if (match.holds) candidates.push_back({*label, std::move(match), branch.value});
  }
  std::string head =
      absl::StrCat("configurable attribute \"", attribute, "\" in ", target.ToString());
  if (candidates.empty()) {
    if (!fallback.IsUnset()) return fallback;
    if (!part.no_match_error.empty()) {
      return UserError(head, " doesn't match this configuration: ", part.no_match_error);
    }
    return UserError(
        head, " doesn't match this configuration (", configuration_.short_name(),
        "); add \"//conditions:default\" or a condition that holds. Conditions checked:",
        Conditions(checked));
  }
  for (const Candidate& best : candidates) {
    bool wins = std::all_of(candidates.begin(), candidates.end(), [&](const Candidate& other) {
      return &other == &best || Specialises(best.match.demands, other.match.demands) ||
             starlark::Equals(best.value, other.value).value_or(false);
    });
    if (wins) return best.value;
  }
  std::vector<Label> matched;
  for (const Candidate& candidate : candidates) matched.push_back(candidate.label);
  return UserError(
      "illegal ambiguous match on ", head, ":", Conditions(matched),
      "\nmultiple matches are not allowed unless one is unambiguously more specialized or they ",
      "resolve to the same value");
}

absl::StatusOr<Value> ConditionTable::Resolve(starlark::Thread& thread,
                                              const loading::SelectValue& select,
                                              std::string_view attribute, const Label& target) {
  Value result;
  for (const loading::SelectPart& part : select.parts()) {
    Value next = part.plain;
    if (!part.is_plain()) {
      COW_ASSIGN_OR_RETURN(next, Choose(part, attribute, target));
    }
    if (next.IsNone()) continue;
    if (result.IsUnset()) {
      result = next;
      continue;
    }
    starlark::BinaryOp op =
        next.Is(starlark::Kind::kDict) ? starlark::BinaryOp::kOr : starlark::BinaryOp::kAdd;
    COW_ASSIGN_OR_RETURN(result, starlark::Binary(thread, op, result, next));
  }
  return result;
}

}  // namespace cow::analysis
