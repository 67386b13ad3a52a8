#include "engine/analysis/condition_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/analysis/user_error.h"
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

std::string CanonicalFlag(loading::AttributeType type, std::string_view text) {
  if (type != loading::AttributeType::kBool) return std::string(text);
  return text == "1" || text == "true" || text == "True" || text == "yes" ? "true" : "false";
}

std::string FlagText(Value value) {
  if (value.Is(starlark::Kind::kList)) return absl::StrJoin(loading::StringsOf(value), ",");
  return starlark::Str(value);
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

absl::StatusOr<std::string> ConditionTable::FlagValue(const loading::Target& build_setting) {
  const loading::BuildSetting* setting =
      build_setting.is_rule() ? build_setting.rule_class().definition().build_setting : nullptr;
  if (setting == nullptr)
    return UserError("'", build_setting.label().ToString(), "' is not a build setting");
  auto it = configuration_.flags.find(build_setting.label());
  if (it != configuration_.flags.end()) return CanonicalFlag(setting->value_type(), it->second);
  return CanonicalFlag(setting->value_type(),
                       FlagText(build_setting.Attr("build_setting_default")));
}

absl::StatusOr<ConditionTable::Match> ConditionTable::Evaluate(const Label& condition) {
  auto it = known_.find(condition);
  if (it != known_.end()) return it->second;
  COW_ASSIGN_OR_RETURN(Match match, EvaluateFresh(condition));
  known_.emplace(condition, match);
  return match;
}

absl::StatusOr<ConditionTable::Match> ConditionTable::EvaluateFresh(const Label& condition) {
  COW_ASSIGN_OR_RETURN(const loading::Target* target, FollowAliases(loader_, condition));
  if (target->is_rule() && target->rule_class().is_native()) {
    if (target->rule_class().name() == "config_setting") return EvaluateSetting(*target);
    if (target->rule_class().name() == "constraint_value") {
      COW_ASSIGN_OR_RETURN(bool has, platforms_.Has(configuration_.platform, target->label()));
      return Match{has, {absl::StrCat("constraint ", target->label().ToString(), "=")}};
    }
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
  for (const Label& label : setting.LabelListAttr("constraint_values")) {
    absl::StatusOr<bool> has = platforms_.Has(configuration_.platform, label);
    if (!has.ok())
      return IsDiagnostic(has.status()) ? has.status() : setting.Error(has.status().message());
    COW_ASSIGN_OR_RETURN(const loading::Target* value, FollowAliases(loader_, label));
    Demand(match, "constraint " + value->label().ToString(), "", *has);
  }
  if (match.demands.empty()) {
    return setting.Error(
        "a config_setting needs at least one of values, define_values, flag_values, "
        "constraint_values");
  }
  return match;
}

absl::Status ConditionTable::EvaluateValues(const loading::Target& setting, Match& match) {
  for (const auto& [name, value] : setting.StringDictAttr("values")) {
    if (name == "compilation_mode") {
      Demand(match, name, value, configuration_.compilation_mode == value);
    } else if (name == "cpu") {
      Demand(match, name, value, CanonicalCpu(value) == CanonicalCpu(configuration_.cpu));
    } else if (name == "define") {
      std::pair<std::string, std::string> pair = absl::StrSplit(value, absl::MaxSplits('=', 1));
      auto it = configuration_.defines.find(pair.first);
      Demand(match, "define " + pair.first, pair.second,
             it != configuration_.defines.end() && it->second == pair.second);
    } else {
      return setting.Error(
          absl::StrCat("unknown option '", name,
                       "' in 'values' (cow knows compilation_mode, cpu and define here)"));
    }
  }
  return absl::OkStatus();
}

absl::Status ConditionTable::EvaluateFlags(const loading::Target& setting, Match& match) {
  const auto* flags = setting.Attr("flag_values").As<starlark::Dict>();
  if (flags == nullptr) return absl::OkStatus();
  for (const auto& entry : *flags) {
    const Label* label = loading::LabelOf(entry.key);
    absl::StatusOr<const loading::Target*> flag = FollowAliases(loader_, *label);
    if (!flag.ok())
      return IsDiagnostic(flag.status()) ? flag.status() : setting.Error(flag.status().message());
    absl::StatusOr<std::string> actual = FlagValue(**flag);
    if (!actual.ok()) return setting.Error(actual.status().message());
    loading::AttributeType type = (*flag)->rule_class().definition().build_setting->value_type();
    std::string wanted = CanonicalFlag(type, loading::StringOf(entry.value));
    bool holds = *actual == wanted;
    if (type == loading::AttributeType::kStringList) {
      std::vector<std::string> items = absl::StrSplit(*actual, ',');
      holds = std::find(items.begin(), items.end(), wanted) != items.end();
    }
    Demand(match, "flag " + (*flag)->label().ToString(), wanted, holds);
  }
  return absl::OkStatus();
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
