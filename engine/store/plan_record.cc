#include "engine/store/plan_record.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store/plan_copy.h"
#include "engine/store/plan_encoding.h"
#include "engine/store/plan_record_generated.h"
#include "flatbuffers/flatbuffers.h"

namespace cow::store {
namespace {

flatbuffers::Offset<record::PlanSets> EncodeSets(const SetNumbers& sets, flatbuffers::FlatBufferBuilder& builder) {
  auto orders = builder.CreateVector(sets.orders());
  auto ends = builder.CreateVector(sets.ends());
  return record::CreatePlanSets(builder, orders, ends, builder.CreateVector(sets.members()));
}

flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>> EncodeStrings(
    const std::vector<std::string>& strings, flatbuffers::FlatBufferBuilder& builder) {
  return builder.CreateVectorOfStrings(strings);
}

// The arrays of a record while it is made.
class Encoder {
 public:
  Encoder(const BuildPlan& plan, const std::vector<ActionId>& order)
      : plan_(plan), order_(order), numbers_(plan.actions.size(), kNoPlanIndex) {}

  absl::StatusOr<std::string> Encode() {
    for (ActionId id : order_) Add(id);
    for (const Artifact& artifact : plan_.artifacts) Add(artifact);
    const size_t most = std::max({plan_.artifacts.size(), named_.strings.texts().size(), named_.input_sets.members().size(),
                                  named_.argument_sets.members().size(), bodies_.size() / 4});
    if (most >= kMaxPlanIndex) return absl::ResourceExhaustedError("too large a plan to be recorded");
    return Finish();
  }

 private:
  void Add(ActionId id) {
    const Action& action = plan_.action(id);
    numbers_[id.value()] = static_cast<uint32_t>(inputs_.size());
    inputs_.push_back(named_.input_sets.Of(action.inputs));
    sets_before_.push_back(static_cast<uint32_t>(named_.input_sets.size()));
    for (ArtifactId output : action.outputs) outputs_.push_back(output.value());
    output_ends_.push_back(static_cast<uint32_t>(outputs_.size()));
    bodies_ += EncodeActionBody(action, named_);
    body_ends_.push_back(static_cast<uint32_t>(bodies_.size()));
    if (action.kind == Action::Kind::kRun) ++processes_;
  }

  void Add(const Artifact& artifact) {
    const auto& [kind, exec_path, root, source_path, owner, generating_action] = artifact;
    const uint32_t maker = generating_action.valid() ? numbers_[generating_action.value()] : kNoPlanIndex;
    StringNumbers& strings = named_.strings;
    artifacts_.emplace_back(strings.Of(exec_path), strings.Of(root), strings.Of(source_path),
                            strings.OfCopy(LabelText(owner)), maker, static_cast<uint8_t>(kind));
  }

  std::string Finish() {
    std::vector<std::string> trees;
    for (const HostTreePtr& tree : plan_.host_trees) trees.push_back(EncodeHostTree(*tree));
    std::vector<std::string> targets;
    for (const RequestedTarget& target : plan_.targets) targets.push_back(EncodeRequestedTarget(target));
    std::vector<std::string> tests;
    for (const TestSpec& test : plan_.tests) tests.push_back(EncodeTestSpec(test, numbers_));
    flatbuffers::FlatBufferBuilder builder(bodies_.size() * 2 + artifacts_.size() * 64 + 4096);
    auto strings = builder.CreateVector<flatbuffers::Offset<flatbuffers::String>>(
        named_.strings.texts().size(), [&](size_t i) { return builder.CreateString(named_.strings.texts()[i]); });
    auto artifacts = builder.CreateVectorOfStructs(artifacts_);
    auto input_sets = EncodeSets(named_.input_sets, builder);
    auto argument_sets = EncodeSets(named_.argument_sets, builder);
    auto inputs = builder.CreateVector(inputs_);
    auto sets_before = builder.CreateVector(sets_before_);
    auto output_ends = builder.CreateVector(output_ends_);
    auto outputs = builder.CreateVector(outputs_);
    auto body_ends = builder.CreateVector(body_ends_);
    auto bodies = builder.CreateVector(reinterpret_cast<const uint8_t*>(bodies_.data()), bodies_.size());
    auto tree_offsets = EncodeStrings(trees, builder);
    auto target_offsets = EncodeStrings(targets, builder);
    auto test_offsets = EncodeStrings(tests, builder);
    builder.Finish(record::CreatePlan(builder, strings, artifacts, input_sets, argument_sets, inputs, sets_before,
                                      output_ends, outputs, body_ends, bodies, tree_offsets, target_offsets,
                                      test_offsets, processes_),
                   record::PlanIdentifier());
    return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  }

  const BuildPlan& plan_;
  const std::vector<ActionId>& order_;
  PlanNumbers named_;
  std::vector<uint32_t> numbers_;  // in the record, by ActionId
  std::vector<record::PlanArtifact> artifacts_;
  std::vector<uint32_t> inputs_, sets_before_, outputs_, output_ends_, body_ends_;
  std::string bodies_;
  int64_t processes_ = 0;
};

// Which artifacts and actions depend on what changed: one pass, because everything comes after what it needs.
class Reach {
 public:
  Reach(const record::Plan& plan, const std::vector<ArtifactId>& changed)
      : plan_(plan), artifacts_(plan.artifacts()->size()), sets_(plan.input_sets()->ends()->size()),
        actions_(plan.inputs()->size()) {
    for (ArtifactId id : changed) artifacts_[id.value()] = true;
    uint32_t set = 0;
    for (uint32_t action = 0; action < actions_.size(); ++action) {
      for (; set < plan.sets_before()->Get(action); ++set) sets_[set] = IsReached(set);
      const uint32_t inputs = plan.inputs()->Get(action);
      if (inputs != kNoPlanIndex && sets_[inputs]) Add(action);
    }
  }

  // Another action that belongs to the part, as it makes nothing that others need.
  void AddSink(uint32_t action) { actions_[action] = true; }

  bool HasAction(uint32_t action) const { return action != kNoPlanIndex && actions_[action]; }
  bool HasArtifact(ArtifactId id) const { return id.valid() && artifacts_[id.value()]; }

 private:
  bool IsReached(uint32_t set) const {
    bool reached = false;
    ForSlice(*plan_.input_sets()->members(), *plan_.input_sets()->ends(), set, [&](uint32_t member) {
      const uint32_t index = IndexOfMember(member);
      reached |= KindOfMember(member) == SetMember::kSet ? sets_[index] : artifacts_[index];
    });
    return reached;
  }

  void Add(uint32_t action) {
    actions_[action] = true;
    ForSlice(*plan_.outputs(), *plan_.output_ends(), action, [&](uint32_t output) { artifacts_[output] = true; });
  }

  const record::Plan& plan_;
  std::vector<bool> artifacts_, sets_, actions_;
};

// Copies the chosen actions and targets into a plan of their own.
class PartBuilder {
 public:
  PartBuilder(const record::Plan& plan, const Reach& reach, const PlanValues& values)
      : plan_(plan), reach_(reach), values_(values), copier_(plan, &part_.plan) {}

  absl::Status AddActions() {
    for (uint32_t action = 0; action < plan_.inputs()->size(); ++action) {
      if (reach_.HasAction(action)) COW_RETURN_IF_ERROR(copier_.AddAction(action));
    }
    return absl::OkStatus();
  }

  void AddTarget(size_t place, RequestedTarget target) {
    part_.plan.targets.push_back(copier_.Map(std::move(target)));
    part_.targets.push_back(place);
  }

  void AddTest(TestSpec test) { part_.plan.tests.push_back(copier_.Map(std::move(test))); }

  absl::StatusOr<PlanPart> Finish() {
    COW_RETURN_IF_ERROR(copier_.AddHostTrees());
    part_.artifacts = copier_.originals();
    for (uint32_t i = 0; i < part_.artifacts.size(); ++i) {
      const ArtifactId original = part_.artifacts[i];
      if (part_.plan.artifacts[i].generating_action.valid()) continue;
      if (part_.plan.artifacts[i].is_source() && reach_.HasArtifact(original)) continue;
      // What is only named has no value.
      std::optional<ActionOutput> value = values_.Get(original);
      if (value) part_.plan.known.push_back({ArtifactId(i), *std::move(value)});
    }
    return std::move(part_);
  }

 private:
  const record::Plan& plan_;
  const Reach& reach_;
  const PlanValues& values_;
  PlanPart part_;
  PlanCopier copier_;
};

const record::Plan& Root(const std::string& bytes) { return *record::GetPlan(bytes.data()); }

// The targets of a plan that have to be written again.
class TargetFilter {
 public:
  TargetFilter(const record::Plan& plan, const Reach& reach, const absl::flat_hash_set<std::string>& rewritten)
      : plan_(plan), reach_(reach), rewritten_(rewritten) {}

  bool Has(const RequestedTarget& target) const {
    auto touched = [this](ArtifactId id) { return Touched(id); };
    if (std::any_of(target.outputs.begin(), target.outputs.end(), touched)) return true;
    if (std::any_of(target.runfiles.begin(), target.runfiles.end(), touched)) return true;
    if (!target.executable.valid()) return false;
    return Touched(target.executable) || rewritten_.contains(absl::StrCat(PathOf(target.executable), ".runfiles"));
  }

 private:
  std::string PathOf(ArtifactId id) const {
    return plan_.strings()->Get(plan_.artifacts()->Get(id.value())->path())->str();
  }
  bool Touched(ArtifactId id) const {
    return reach_.HasArtifact(id) || (!rewritten_.empty() && rewritten_.contains(PathOf(id)));
  }

  const record::Plan& plan_;
  const Reach& reach_;
  const absl::flat_hash_set<std::string>& rewritten_;
};

// All runs of the tests of which one run is reached.
absl::StatusOr<std::vector<TestSpec>> ReachedTests(const record::Plan& plan, Reach* reach) {
  std::vector<TestSpec> all;
  absl::flat_hash_set<Label> labels;
  for (const flatbuffers::String* encoded : *plan.tests()) {
    COW_ASSIGN_OR_RETURN(TestSpec test, DecodeTestSpec(encoded->string_view()));
    if (reach->HasAction(test.action.value())) labels.insert(test.label);
    all.push_back(std::move(test));
  }
  std::erase_if(all, [&](const TestSpec& test) { return !labels.contains(test.label); });
  for (const TestSpec& test : all) reach->AddSink(test.action.value());
  return all;
}

}  // namespace

absl::StatusOr<std::string> EncodePlan(const BuildPlan& plan, const std::vector<ActionId>& order) {
  return Encoder(plan, order).Encode();
}

absl::StatusOr<PlanRecord> PlanRecord::Open(std::string bytes) {
  if (bytes.size() < 64 || !record::PlanBufferHasIdentifier(bytes.data())) {
    return absl::DataLossError("not the record of a plan");
  }
  return PlanRecord(std::move(bytes));
}

absl::StatusOr<PlanPart> PlanRecord::PartOf(const std::vector<ArtifactId>& changed,
                                            const absl::flat_hash_set<std::string>& rewritten,
                                            const PlanValues& values) const {
  const record::Plan& plan = Root(bytes_);
  if (values.size() != plan.artifacts()->size()) return absl::DataLossError("these are the values of another plan");
  Reach reach(plan, changed);
  COW_ASSIGN_OR_RETURN(std::vector<TestSpec> tests, ReachedTests(plan, &reach));
  PartBuilder builder(plan, reach, values);
  COW_RETURN_IF_ERROR(builder.AddActions());
  const TargetFilter filter(plan, reach, rewritten);
  for (uint32_t i = 0; i < plan.targets()->size(); ++i) {
    COW_ASSIGN_OR_RETURN(RequestedTarget target, DecodeRequestedTarget(plan.targets()->Get(i)->string_view()));
    if (filter.Has(target)) builder.AddTarget(i, std::move(target));
  }
  for (TestSpec& test : tests) builder.AddTest(std::move(test));
  return builder.Finish();
}

size_t PlanRecord::artifact_count() const { return Root(bytes_).artifacts()->size(); }

int64_t PlanRecord::processes() const { return Root(bytes_).processes(); }

std::string PlanRecord::OwnerOf(std::string_view exec_path) const {
  const record::Plan& plan = Root(bytes_);
  for (const record::PlanArtifact* artifact : *plan.artifacts()) {
    if (artifact->action() == kNoPlanIndex) continue;
    if (plan.strings()->Get(artifact->path())->string_view() != exec_path) continue;
    return plan.strings()->Get(artifact->owner())->str();
  }
  return "";
}

}  // namespace cow::store
