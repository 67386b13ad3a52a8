#include "engine/store/plan_copy.h"

#include <memory>
#include <utility>

#include "engine/base/status.h"

namespace cow::store {
namespace {

std::string_view Slice(const flatbuffers::Vector<uint8_t>& bytes, const PlanIndices& ends, uint32_t at) {
  const uint32_t begin = at == 0 ? 0 : ends.Get(at - 1);
  return {reinterpret_cast<const char*>(bytes.data()) + begin, ends.Get(at) - begin};
}

}  // namespace

PlanCopier::PlanCopier(const record::Plan& recorded, BuildPlan* plan)
    : recorded_(recorded), plan_(*plan), first_action_(plan->actions.size()),
      actions_(recorded.inputs()->size(), kNoPlanIndex), named_(recorded.artifacts()->size()) {
  names_.text = [this](uint32_t i) { return Text(i); };
  names_.artifact = [this](uint32_t id) { return Map(id); };
  names_.argument_set = [this](uint32_t set) {
    return SetOf<ArgValue>(*recorded_.argument_sets(), set, &argument_sets_);
  };
}

ArtifactId PlanCopier::Map(uint32_t original) {
  named_[original] = true;
  auto [place, added] = ids_.try_emplace(original, ArtifactId(static_cast<uint32_t>(plan_.artifacts.size())));
  if (!added) return place->second;
  const record::PlanArtifact& encoded = *recorded_.artifacts()->Get(original);
  plan_.artifacts.push_back({.kind = static_cast<Artifact::Kind>(encoded.kind()),
                             .exec_path = Text(encoded.path()),
                             .root = Text(encoded.root()),
                             .source_path = Text(encoded.source_path()),
                             .owner = LabelOf(Text(encoded.owner())).value_or(Label())});
  originals_.push_back(ArtifactId(original));
  return place->second;
}

RunfilesTreePtr PlanCopier::Map(RunfilesTree tree) {
  std::vector<ArtifactId> files = tree.files.ToList();
  for (ArtifactId& id : files) id = Map(id.value());
  tree.files = Depset<ArtifactId>(std::move(files), {});
  for (RunfilesEntry& link : tree.symlinks) link.artifact = Map(link.artifact.value());
  return std::make_shared<const RunfilesTree>(std::move(tree));
}

RequestedTarget PlanCopier::Map(RequestedTarget target) {
  for (ArtifactId& id : target.outputs) id = Map(id.value());
  for (ArtifactId& id : target.runfiles) id = Map(id.value());
  if (target.executable.valid()) target.executable = Map(target.executable.value());
  if (target.runfiles_tree != nullptr) target.runfiles_tree = Map(*target.runfiles_tree);
  return target;
}

TestSpec PlanCopier::Map(TestSpec test) {
  test.action = ActionId(actions_[test.action.value()]);
  if (test.log.valid()) test.log = Map(test.log.value());
  return test;
}

void PlanCopier::Assign(uint32_t member, ArgValue* element) {
  if (KindOfMember(member) == SetMember::kText) {
    *element = Text(IndexOfMember(member));
  } else {
    *element = Map(IndexOfMember(member));
  }
}

// Decodes a set after those it contains, without recursion.
template <typename T>
Depset<T> PlanCopier::SetOf(const record::PlanSets& sets, uint32_t wanted, KnownSets<T>* known) {
  std::vector<uint32_t> stack = {wanted};
  while (!stack.empty()) {
    const uint32_t set = stack.back();
    std::vector<T> direct;
    std::vector<Depset<T>> transitive;
    const size_t depth = stack.size();
    if (known->contains(set)) {
      stack.pop_back();
      continue;
    }
    ForSlice(*sets.members(), *sets.ends(), set, [&](uint32_t member) {
      if (KindOfMember(member) != SetMember::kSet) return;
      if (!known->contains(IndexOfMember(member))) stack.push_back(IndexOfMember(member));
    });
    if (stack.size() > depth) continue;
    ForSlice(*sets.members(), *sets.ends(), set, [&](uint32_t member) {
      if (KindOfMember(member) == SetMember::kSet) {
        transitive.push_back(known->at(IndexOfMember(member)));
      } else {
        Assign(member, &direct.emplace_back());
      }
    });
    known->emplace(set, Depset<T>(std::move(direct), std::move(transitive),
                                  static_cast<DepsetOrder>(sets.orders()->Get(set))));
    stack.pop_back();
  }
  return known->at(wanted);
}

absl::Status PlanCopier::AddAction(uint32_t number) {
  COW_ASSIGN_OR_RETURN(Action action,
                       DecodeActionBody(Slice(*recorded_.bodies(), *recorded_.body_ends(), number), names_));
  if (const uint32_t inputs = recorded_.inputs()->Get(number); inputs != kNoPlanIndex) {
    action.inputs = SetOf<ArtifactId>(*recorded_.input_sets(), inputs, &input_sets_);
  }
  const ActionId id(static_cast<uint32_t>(plan_.actions.size()));
  ForSlice(*recorded_.outputs(), *recorded_.output_ends(), number, [&](uint32_t output) {
    action.outputs.push_back(Map(output));
    plan_.artifacts[action.outputs.back().value()].generating_action = id;
  });
  actions_[number] = id.value();
  plan_.actions.push_back(std::move(action));
  return absl::OkStatus();
}

// No plan has one twice.
absl::StatusOr<HostTreeId> PlanCopier::HostTreeOf(uint32_t number) {
  const std::string_view encoded = recorded_.host_trees()->Get(number)->string_view();
  for (uint32_t i = 0; i < plan_.host_trees.size(); ++i) {
    if (EncodeHostTree(*plan_.host_trees[i]) == encoded) return HostTreeId(i);
  }
  COW_ASSIGN_OR_RETURN(HostTree tree, DecodeHostTree(encoded));
  plan_.host_trees.push_back(std::make_shared<const HostTree>(std::move(tree)));
  return HostTreeId(static_cast<uint32_t>(plan_.host_trees.size() - 1));
}

absl::Status PlanCopier::AddHostTrees() {
  absl::flat_hash_map<uint32_t, HostTreeId> known;
  for (size_t i = first_action_; i < plan_.actions.size(); ++i) {
    HostTreeId& id = plan_.actions[i].host_tree;
    if (!id.valid()) continue;
    auto [place, added] = known.try_emplace(id.value());
    if (added) {
      COW_ASSIGN_OR_RETURN(place->second, HostTreeOf(id.value()));
    }
    id = place->second;
  }
  return absl::OkStatus();
}

}  // namespace cow::store
