// The part of TargetGraph that knows in which configuration a target is.
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/analysis/target_frame.h"
#include "engine/analysis/target_graph.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"
#include "engine/loading/transition.h"

namespace cow::analysis {

using loading::Target;
using loading::Transition;

namespace {

// "path:line:col: error: in the transition of ...:" before the traceback or the message.
absl::Status InTransition(const Target& target, std::string_view what, const absl::Status& status) {
  std::string head = absl::StrCat("in the transition of ", what, ":");
  if (!IsDiagnostic(status)) return target.Error(absl::StrCat(head, " ", status.message()));
  return MarkDiagnostic(absl::Status(
      status.code(),
      absl::StrCat(target.location().ToString(), ": error: ", head, "\n", status.message())));
}

std::string RuleText(const Target& target) {
  return absl::StrCat(target.rule_class().name(), " rule ", target.label().ToString());
}

}  // namespace

absl::StatusOr<TargetGraph::Key> TargetGraph::KeyOf(const Target& target,
                                                    const Configuration* configuration) {
  if (target.kind() == Target::Kind::kSourceFile || target.kind() == Target::Kind::kPackageGroup) {
    return Key{target.label(), nullptr, nullptr};
  }
  // Files of this machine are the same for all: they are digested once.
  if (IsNativeRule(target, "host_tree")) configuration = &parts_.configurations.exec();
  COW_ASSIGN_OR_RETURN(configuration, AfterRuleTransition(target, configuration));
  return Key{target.label(), configuration, nullptr};
}

absl::StatusOr<const Configuration*> TargetGraph::AfterRuleTransition(
    const Target& target, const Configuration* configuration) {
  const Transition* transition =
      target.is_rule() ? target.rule_class().definition().cfg : nullptr;
  if (transition == nullptr || transition->kind() == Transition::Kind::kNone) return configuration;
  if (transition->kind() == Transition::Kind::kExec) return &parts_.configurations.exec();
  auto known = after_transition_.find({&target, configuration});
  if (known != after_transition_.end()) return known->second;
  loading::PackagePtr package;
  {
    const PackageUseRecorder::Scope scope(parts_.uses, target.label().package());
    COW_ASSIGN_OR_RETURN(package, parts_.loader.Load(target.label().package()));
  }
  ConditionTable& before = conditions(configuration);
  RuleAttributes attributes;
  absl::Status resolved = attributes.Resolve(target, package, before);
  if (!resolved.ok()) return IsDiagnostic(resolved) ? resolved : target.Error(resolved.message());
  auto branches = transitions_.Run(*transition, before, attributes);
  if (!branches.ok()) return InTransition(target, RuleText(target), branches.status());
  if (branches->size() != 1 || (*branches)[0].split_key) {
    return InTransition(target, RuleText(target),
                        UserError("a rule may change the configuration, but not split it: the "
                                  "function has to return one dictionary of settings"));
  }
  const Configuration* after = (*branches)[0].configuration;
  after_transition_.emplace(std::make_pair(&target, configuration), after);
  return after;
}

absl::StatusOr<std::vector<EdgeConfiguration>> TargetGraph::ConfigurationsOf(
    const Frame& frame, const loading::Attribute& attribute, const RuleAttributes& attributes) {
  const Configuration* configuration = frame.key.second;
  const Transition* transition = attribute.cfg;
  if (transition == nullptr) return std::vector<EdgeConfiguration>{{std::nullopt, configuration}};
  if (transition->kind() == Transition::Kind::kNone || frame.executions.empty()) {
    if (!transition->is_starlark()) {
      return std::vector<EdgeConfiguration>{{std::nullopt, &parts_.configurations.exec()}};
    }
  } else if (transition->kind() == Transition::Kind::kExec) {
    for (const Execution& execution : frame.executions) {
      if (execution.group != transition->definition().exec_group) continue;
      return std::vector<EdgeConfiguration>{{std::nullopt, execution.tools}};
    }
    return UserError("attribute '", attribute.name, "' has cfg = config.exec(\"",
                     transition->definition().exec_group,
                     "\"), but the rule has no exec group of that name");
  }
  auto branches = transitions_.Run(*transition, conditions(configuration), attributes);
  if (branches.ok()) return branches;
  return InTransition(*frame.declared,
                      absl::StrCat("attribute '", attribute.name, "' of ", RuleText(*frame.declared)),
                      branches.status());
}

}  // namespace cow::analysis
