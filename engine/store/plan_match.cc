#include <utility>

#include "absl/container/flat_hash_map.h"
#include "engine/store/plan_encoding.h"
#include "engine/store/plan_record.h"
#include "engine/store/plan_record_generated.h"

namespace cow::store {
namespace {

// Numbers what a plan holds as the record did: equal things get equal numbers, others numbers that the record has not.
// So an action is the same if it is encoded to the same bytes.
class Matcher {
 public:
  Matcher(const record::Plan& record, const BuildPlan& plan) : record_(record), plan_(plan) {
    for (const flatbuffers::String* text : *record.strings()) numbers_.strings.Of(text->string_view());
    numbers_.artifacts = IdNumbers(MatchArtifacts());
    numbers_.host_trees = IdNumbers(MatchHostTrees());
    AddSets(*record.input_sets(), numbers_.input_sets);
    AddSets(*record.argument_sets(), numbers_.argument_sets);
  }

  PlanMatch Match() {
    match_.actions.reserve(plan_.actions.size());
    for (const Action& action : plan_.actions) match_.actions.push_back(IsSame(action));
    return std::move(match_);
  }

 private:
  static void AddSets(const record::PlanSets& sets, SetNumbers& numbers) {
    uint32_t begin = 0;
    std::vector<uint32_t> members;
    for (uint32_t set = 0; set < sets.ends()->size(); ++set) {
      members.clear();
      for (; begin < sets.ends()->Get(set); ++begin) members.push_back(sets.members()->Get(begin));
      numbers.AddRecorded(sets.orders()->Get(set), members);
    }
  }

  std::vector<uint32_t> MatchArtifacts() {
    absl::flat_hash_map<uint32_t, uint32_t> by_path;
    const uint32_t recorded = record_.artifacts()->size();
    for (uint32_t i = 0; i < recorded; ++i) by_path.emplace(record_.artifacts()->Get(i)->path(), i);
    std::vector<uint32_t> numbers;
    for (const Artifact& artifact : plan_.artifacts) {
      auto found = by_path.find(numbers_.strings.Find(artifact.exec_path));
      const bool same = found != by_path.end() && IsSame(artifact, *record_.artifacts()->Get(found->second));
      match_.artifacts.push_back(same ? ArtifactId(found->second) : ArtifactId());
      numbers.push_back(same ? found->second : recorded + static_cast<uint32_t>(numbers.size()));
    }
    return numbers;
  }

  bool IsSame(const Artifact& artifact, const record::PlanArtifact& recorded) const {
    const StringNumbers& strings = numbers_.strings;
    return static_cast<uint8_t>(artifact.kind) == recorded.kind() && strings.Find(artifact.root) == recorded.root() &&
           strings.Find(artifact.source_path) == recorded.source_path() &&
           strings.Find(LabelText(artifact.owner)) == recorded.owner();
  }

  std::vector<uint32_t> MatchHostTrees() const {
    std::vector<uint32_t> numbers;
    const uint32_t recorded = record_.host_trees()->size();
    for (const HostTreePtr& tree : plan_.host_trees) {
      const std::string encoded = EncodeHostTree(*tree);
      uint32_t number = 0;
      while (number < recorded && record_.host_trees()->Get(number)->string_view() != encoded) ++number;
      numbers.push_back(number < recorded ? number : recorded + static_cast<uint32_t>(numbers.size()));
    }
    return numbers;
  }

  bool IsSame(const Action& action) {
    const ArtifactId first = match_.artifacts[action.outputs.front().value()];
    if (!first.valid()) return false;
    const uint32_t number = record_.artifacts()->Get(first.value())->action();
    if (number == kNoPlanIndex || !HasOutputs(action, number)) return false;
    if (numbers_.input_sets.Of(action.inputs) != record_.inputs()->Get(number)) return false;
    const uint32_t begin = number == 0 ? 0 : record_.body_ends()->Get(number - 1);
    const std::string_view body(reinterpret_cast<const char*>(record_.bodies()->data()) + begin,
                                record_.body_ends()->Get(number) - begin);
    return EncodeActionBody(action, numbers_) == body;
  }

  bool HasOutputs(const Action& action, uint32_t number) const {
    uint32_t at = number == 0 ? 0 : record_.output_ends()->Get(number - 1);
    if (record_.output_ends()->Get(number) - at != action.outputs.size()) return false;
    for (ArtifactId output : action.outputs) {
      const ArtifactId recorded = match_.artifacts[output.value()];
      if (!recorded.valid() || recorded.value() != record_.outputs()->Get(at++)) return false;
    }
    return true;
  }

  const record::Plan& record_;
  const BuildPlan& plan_;
  PlanNumbers numbers_;
  PlanMatch match_;
};

}  // namespace

PlanMatch PlanRecord::Match(const BuildPlan& plan) const {
  const record::Plan& record = *record::GetPlan(bytes_.data());
  const uint64_t most = uint64_t{record.artifacts()->size()} + plan.artifacts.size();
  if (most >= kMaxPlanIndex) {
    return {std::vector<ArtifactId>(plan.artifacts.size()), std::vector<bool>(plan.actions.size())};
  }
  return Matcher(record, plan).Match();
}

}  // namespace cow::store
