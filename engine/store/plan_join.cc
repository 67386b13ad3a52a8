#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store/plan_copy.h"
#include "engine/store/plan_record.h"

namespace cow::store {
namespace {

// Adds what recorded targets need to a plan that has some of it already.
class Joiner {
 public:
  Joiner(const record::Plan& recorded, const PlanMatch& match, BuildPlan* plan)
      : recorded_(recorded), match_(match), plan_(*plan), copier_(recorded, plan), added_(recorded.inputs()->size()) {
    for (uint32_t i = 0; i < match.artifacts.size(); ++i) {
      if (match.artifacts[i].valid()) {
        copier_.Know(match.artifacts[i].value(), ArtifactId(i));
      } else {
        others_.insert(plan_.artifacts[i].exec_path);
      }
    }
  }

  absl::Status Add(RequestedTarget target) {
    plan_.targets.push_back(copier_.Map(std::move(target)));
    return AddMakers();
  }

  absl::Status Add(TestSpec test) {
    if (!added_[test.action.value()]) COW_RETURN_IF_ERROR(AddAction(test.action.value()));
    COW_RETURN_IF_ERROR(AddMakers());
    plan_.tests.push_back(copier_.Map(std::move(test)));
    return absl::OkStatus();
  }

  absl::Status Finish() {
    for (uint32_t i = 0; i < match_.artifacts.size(); ++i) COW_RETURN_IF_ERROR(CheckMaker(i));
    return copier_.AddHostTrees();
  }

 private:
  static absl::Status Differs(const Artifact& artifact) {
    return absl::AbortedError(absl::StrCat("'", artifact.exec_path, "' is not what it was"));
  }

  // What makes the artifacts that were added, and what is needed for that.
  absl::Status AddMakers() {
    for (; seen_ < copier_.originals().size(); ++seen_) {
      const uint32_t original = copier_.originals()[seen_].value();
      if (others_.contains(recorded_.strings()->Get(recorded_.artifacts()->Get(original)->path())->string_view())) {
        return Differs(plan_.artifacts[copier_.Map(original).value()]);
      }
      const uint32_t maker = recorded_.artifacts()->Get(original)->action();
      if (maker != kNoPlanIndex && !added_[maker]) COW_RETURN_IF_ERROR(AddAction(maker));
    }
    return absl::OkStatus();
  }

  absl::Status AddAction(uint32_t number) {
    added_[number] = true;
    absl::Status known;
    ForSlice(*recorded_.outputs(), *recorded_.output_ends(), number, [&](uint32_t output) {
      const Artifact& artifact = plan_.artifacts[copier_.Map(output).value()];
      if (artifact.generating_action.valid()) known = Differs(artifact);
    });
    return known.ok() ? copier_.AddAction(number) : known;
  }

  // What both have is made in the same way, if what was added needs it.
  absl::Status CheckMaker(uint32_t id) const {
    const Artifact& artifact = plan_.artifacts[id];
    const ArtifactId recorded = match_.artifacts[id];
    if (!recorded.valid() || !copier_.IsNamed(recorded.value())) return absl::OkStatus();
    if (!artifact.generating_action.valid()) return absl::OkStatus();
    return match_.actions[artifact.generating_action.value()] ? absl::OkStatus() : Differs(artifact);
  }

  const record::Plan& recorded_;
  const PlanMatch& match_;
  BuildPlan& plan_;
  PlanCopier copier_;
  std::vector<bool> added_;  // by number in the record
  absl::flat_hash_set<std::string> others_;  // paths of the plan that are other things in the record, or not in it
  size_t seen_ = 0;          // of the artifacts that were added
};

}  // namespace

absl::StatusOr<std::vector<Label>> PlanRecord::Targets() const {
  std::vector<Label> labels;
  for (const flatbuffers::String* encoded : *record::GetPlan(bytes_.data())->targets()) {
    COW_ASSIGN_OR_RETURN(RequestedTarget target, DecodeRequestedTarget(encoded->string_view()));
    labels.push_back(std::move(target.label));
  }
  return labels;
}

absl::Status PlanRecord::AddTo(const std::function<bool(const Label&)>& wanted, BuildPlan* plan) const {
  const record::Plan& recorded = *record::GetPlan(bytes_.data());
  const PlanMatch match = Match(*plan);
  Joiner joiner(recorded, match, plan);
  for (const flatbuffers::String* encoded : *recorded.targets()) {
    COW_ASSIGN_OR_RETURN(RequestedTarget target, DecodeRequestedTarget(encoded->string_view()));
    if (wanted(target.label)) COW_RETURN_IF_ERROR(joiner.Add(std::move(target)));
  }
  for (const flatbuffers::String* encoded : *recorded.tests()) {
    COW_ASSIGN_OR_RETURN(TestSpec test, DecodeTestSpec(encoded->string_view()));
    if (wanted(test.label)) COW_RETURN_IF_ERROR(joiner.Add(std::move(test)));
  }
  return joiner.Finish();
}

}  // namespace cow::store
