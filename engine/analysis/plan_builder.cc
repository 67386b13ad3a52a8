#include "engine/analysis/plan_builder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/analysis/configured_target.h"
#include "engine/analysis/file_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow::analysis {
namespace {

std::vector<ArtifactId> LinkedFiles(const RunfilesTree& tree) {
  std::vector<ArtifactId> files;
  for (const RunfilesEntry& link : tree.symlinks) files.push_back(link.artifact);
  return files;
}

}  // namespace

PlanBuilder::PlanBuilder(const ArtifactTable& artifacts, std::string workspace,
                         const starlark::EvaluationLimits& limits)
    : artifacts_(artifacts), workspace_(std::move(workspace)), expander_([this](ArtifactId id) { return Want(id); }, limits) {}

ArtifactId PlanBuilder::Want(ArtifactId artifact) {
  auto [it, fresh] =
      numbers_.try_emplace(artifact, ArtifactId(static_cast<uint32_t>(plan_.artifacts.size())));
  if (fresh) {
    plan_.artifacts.push_back(artifacts_[artifact]);
    pending_.push_back(artifact);
  }
  return it->second;
}

std::vector<ArtifactId> PlanBuilder::WantAll(const ValueDepset& files) {
  std::vector<ArtifactId> ids;
  for (const DepsetElement& element : files.ToList())
    ids.push_back(Want(element.value.As<FileValue>()->id()));
  return ids;
}

HostTreeId PlanBuilder::WantHostTree(const HostTreePtr& tree) {
  if (tree == nullptr) return HostTreeId();
  auto [it, fresh] = host_trees_.try_emplace(
      tree.get(), HostTreeId(static_cast<uint32_t>(plan_.host_trees.size())));
  if (fresh) plan_.host_trees.push_back(tree);
  return it->second;
}

absl::StatusOr<RunfilesTreePtr> PlanBuilder::WantRunfiles(const FilesToRunValue& program) {
  auto [place, fresh] = runfiles_.try_emplace(&program);
  if (!fresh) return place->second.tree;
  const Runfiles& runfiles = program.runfiles();
  auto number = [this](starlark::Value file) { return Want(file.As<FileValue>()->id()); };
  auto tree = std::make_shared<RunfilesTree>();
  tree->path = program.executable()->artifact().exec_path + ".runfiles";
  tree->workspace = workspace_;
  tree->files = inputs_.Convert(runfiles.files, number);
  for (const auto& [links, is_root] : {std::pair(&runfiles.symlinks, false), std::pair(&runfiles.root_symlinks, true)}) {
    for (const DepsetElement& element : links->ToList()) {
      const auto* link = element.value.As<SymlinkEntry>();
      std::string path = is_root ? link->path() : RunfilesKey(workspace_, link->path());
      tree->symlinks.push_back({std::move(path), number(link->target())});
    }
  }
  COW_RETURN_IF_ERROR(CheckCollisions(program, *tree));
  const std::vector<ArtifactId> files = tree->files.ToList();
  place->second.only_program =
      tree->symlinks.empty() && files.size() == 1 && files[0] == Want(program.executable()->id());
  place->second.tree = std::move(tree);
  return place->second.tree;
}

absl::Status PlanBuilder::CheckCollisions(const FilesToRunValue& program, const RunfilesTree& tree) const {
  // Files alone may stand for the same thing in several configurations.
  if (tree.symlinks.empty()) return absl::OkStatus();
  std::vector<RunfilesCollision> collisions;
  EntriesOf(tree, plan_.artifacts, &collisions);
  if (collisions.empty()) return absl::OkStatus();
  const auto& [kept, dropped] = collisions.front();
  auto file = [this](const RunfilesEntry& entry) { return plan_.artifact(entry.artifact).exec_path; };
  return UserError("in the runfiles of ", program.target().label.ToString(), ", '", kept.path, "' is ", file(kept),
                   kept.path == dropped.path ? " and also " : absl::StrCat(", above '", dropped.path, "', which is "),
                   file(dropped));
}

// Programs that need nothing besides themselves get no tree.
absl::Status PlanBuilder::AddRunfiles(const ActionRecord& record, Action& action) {
  for (const FilesToRunValue* program : record.programs) {
    COW_ASSIGN_OR_RETURN(RunfilesTreePtr tree, WantRunfiles(*program));
    auto same_place = [&](const RunfilesTreePtr& other) { return other->path == tree->path; };
    if (runfiles_.at(program).only_program ||
        std::any_of(action.runfiles.begin(), action.runfiles.end(), same_place)) {
      continue;
    }
    action.inputs = Depset<ArtifactId>(LinkedFiles(*tree), {action.inputs});
    action.runfiles.push_back(std::move(tree));
  }
  return absl::OkStatus();
}

absl::StatusOr<Action> PlanBuilder::Convert(const ActionRecord& record) {
  Action action = record.action;
  for (ArtifactId& output : action.outputs) output = Want(output);
  if (action.unused_inputs_list.valid())
    action.unused_inputs_list = Want(action.unused_inputs_list);
  auto number = [this](starlark::Value file) { return Want(file.As<FileValue>()->id()); };
  action.inputs = inputs_.Convert(record.inputs, number);
  COW_RETURN_IF_ERROR(AddRunfiles(record, action));
  action.host_tree = WantHostTree(record.host_tree);
  if (action.root_tree.valid()) {
    action.root_tree = Want(action.root_tree);
    action.inputs = Depset<ArtifactId>({action.root_tree}, {action.inputs});
  }
  auto in_arguments = [&](const absl::Status& status) {
    return MarkDiagnostic(absl::Status(
        status.code(),
        absl::StrCat(record.location.ToString(), ": error: in the arguments of action ",
                     action.mnemonic, " of ", action.owner.ToString(), ":\n", status.message())));
  };
  for (const auto& spec : record.arguments) {
    absl::StatusOr<ArgList> list = expander_.Expand(*spec);
    if (!list.ok()) return in_arguments(list.status());
    action.arguments.push_back(*std::move(list));
  }
  for (const auto& [key, item] : record.computed_substitutions) {
    absl::StatusOr<std::string> text = expander_.JoinText(item);
    if (!text.ok()) return in_arguments(text.status());
    action.substitutions.emplace_back(key, *std::move(text));
  }
  return action;
}

absl::Status PlanBuilder::Drain() {
  while (!pending_.empty()) {
    ArtifactId wanted = pending_.back();
    pending_.pop_back();
    if (artifacts_[wanted].is_source()) continue;
    const ActionRecord* record = artifacts_.generator(wanted);
    if (record == nullptr) {
      return UserError("'", artifacts_[wanted].short_path(), "' of ",
                       artifacts_[wanted].owner.ToString(), " has no generating action");
    }
    auto [it, fresh] =
        actions_.try_emplace(record, ActionId(static_cast<uint32_t>(plan_.actions.size())));
    if (!fresh) continue;
    ActionId id = it->second;
    plan_.actions.emplace_back();
    COW_ASSIGN_OR_RETURN(Action action, Convert(*record));
    for (ArtifactId output : action.outputs) plan_.artifacts[output.value()].generating_action = id;
    plan_.actions[id.value()] = std::move(action);
  }
  return absl::OkStatus();
}

absl::StatusOr<PlanBuilder::AddedAction> PlanBuilder::AddTestAction(const FilesToRunValue& program,
                                                                    const ActionRecord& record,
                                                                    std::vector<Artifact> outputs) {
  ActionId id(static_cast<uint32_t>(plan_.actions.size()));
  plan_.actions.emplace_back();
  COW_ASSIGN_OR_RETURN(Action action, Convert(record));
  COW_ASSIGN_OR_RETURN(RunfilesTreePtr runfiles, WantRunfiles(program));
  action.working_directory = JoinPath(runfiles->path, workspace_);
  std::vector<ArtifactId> own = LinkedFiles(*runfiles);
  if (action.root_tree.valid()) own.push_back(action.root_tree);
  action.inputs = Depset<ArtifactId>(std::move(own), {runfiles->files});
  action.runfiles = {std::move(runfiles)};
  action.inputs_in_runfiles = true;
  for (Artifact& output : outputs) {
    action.outputs.push_back(ArtifactId(static_cast<uint32_t>(plan_.artifacts.size())));
    output.generating_action = id;
    plan_.artifacts.push_back(std::move(output));
  }
  const ArtifactId log = action.outputs.front();
  action.captured_output = log;
  plan_.actions[id.value()] = std::move(action);
  return AddedAction{id, log};
}

absl::Status CheckOutputPlaces(const BuildPlan& plan) {
  std::vector<const Artifact*> outputs;
  for (const Artifact& artifact : plan.artifacts) {
    if (!artifact.is_source()) outputs.push_back(&artifact);
  }
  // With '/' before all other characters, what lies below a path comes right after it.
  std::sort(outputs.begin(), outputs.end(), [](const Artifact* a, const Artifact* b) {
    return std::lexicographical_compare(a->exec_path.begin(), a->exec_path.end(),
                                        b->exec_path.begin(), b->exec_path.end(),
                                        [](char x, char y) {
                                          return (x == '/' ? 0 : static_cast<unsigned char>(x)) <
                                                 (y == '/' ? 0 : static_cast<unsigned char>(y));
                                        });
  });
  for (size_t i = 1; i < outputs.size(); ++i) {
    const Artifact& above = *outputs[i - 1];
    const Artifact& below = *outputs[i];
    if (!absl::StartsWith(below.exec_path, above.exec_path + "/")) continue;
    return UserError("the output '", below.short_path(), "' of ", below.owner.ToString(),
                     " lies below the output '", above.short_path(), "' of ",
                     above.owner.ToString());
  }
  return absl::OkStatus();
}

absl::StatusOr<BuildPlan> PlanBuilder::Finish() {
  COW_RETURN_IF_ERROR(Drain());
  COW_RETURN_IF_ERROR(CheckOutputPlaces(plan_));
  return std::move(plan_);
}

}  // namespace cow::analysis
