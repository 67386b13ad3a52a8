#include "engine/execution/plan_worker.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/path_order.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/execution/audit_report.h"
#include "engine/execution/cached_result.h"
#include "engine/execution/failed_sandbox.h"
#include "engine/execution/failure_hints.h"
#include "engine/execution/failure_report.h"
#include "engine/execution/in_process_action.h"
#include "engine/execution/input_index.h"
#include "engine/execution/input_paths.h"
#include "engine/execution/output_collection.h"
#include "engine/execution/shell_quote.h"
#include "engine/execution/remembered_results.h"
#include "engine/execution/unread_inputs.h"
#include "engine/store/action_cache.h"
#include "engine/store/cas.h"
#include "engine/store/fetcher.h"

namespace cow::execution {
namespace {

WorkOutcome FailedBecause(const Action& action, std::string_view reason) {
  return {.kind = WorkOutcome::Kind::kFailed, .text = DescribeFailure(action, reason)};
}

// What the user, not the machine, has to put right.
bool IsUsersFault(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status);
}

// By place in prepared.inputs, from what a spawn reports, which got no directories. Empty if that is not all.
std::vector<bool> ReadsOf(const PreparedAction& prepared, const std::vector<bool>& reported) {
  std::vector<bool> read;
  size_t next = 0;
  for (const SpawnInput& input : prepared.inputs) {
    const bool told = input.kind != SpawnInput::Kind::kDirectory;
    if (told && next == reported.size()) return {};
    read.push_back(!told || reported[next++]);
  }
  return next == reported.size() ? read : std::vector<bool>();
}

// An output, or above or inside one.
bool IsOfOutput(const PreparedAction& prepared, std::string_view path) {
  return std::any_of(prepared.outputs.begin(), prepared.outputs.end(), [&](const auto& output) {
    return IsAtOrBelow(path, output.path) || IsAtOrBelow(output.path, path);
  });
}

}  // namespace

PlanWorker::Inputs PlanWorker::InputsOf(ActionId id) const {
  const std::vector<ArtifactId>& ids = slice_.node(id).inputs;
  return {ids, values_.GetAll(ids)};
}

absl::StatusOr<WorkOutcome> PlanWorker::Lost(const Inputs& inputs, const std::vector<size_t>& lost) const {
  WorkOutcome outcome{.kind = WorkOutcome::Kind::kLost};
  for (size_t index : lost) outcome.lost.push_back(inputs.ids[index]);
  return outcome;
}

absl::StatusOr<WorkOutcome> PlanWorker::Judge(const absl::Status& error, const Action& action, const Inputs& inputs) {
  if (IsUsersFault(error)) return FailedBecause(action, std::string(error.message()));
  if (!store::IsMiss(error)) return error;
  COW_ASSIGN_OR_RETURN(std::vector<size_t> lost, supply_.FindAbsent(inputs.values));
  // A miss without a lost input is the loss of something else: the machine's fault.
  if (lost.empty()) return error;
  return Lost(inputs, lost);
}

absl::StatusOr<WorkOutcome> PlanWorker::Look(ActionId id) {
  const Action& action = plan_.action(id);
  Inputs inputs = InputsOf(id);
  const bool is_process = action.kind == Action::Kind::kRun;
  if (services_.remembered != nullptr) {
    auto known = services_.remembered->Take(id, action, inputs.ids, inputs.values);
    const WorkOutcome::Kind kind = is_process ? WorkOutcome::Kind::kHit : WorkOutcome::Kind::kMade;
    if (known) return WorkOutcome{.kind = kind, .values = *std::move(known)};
  }
  if (!is_process) return Make(id, inputs);
  absl::StatusOr<PreparedAction> prepared = Prepare(plan_, id, inputs.ids, inputs.values, trees_);
  if (!prepared.ok()) return Judge(prepared.status(), action, inputs);
  if (id == options_.always_run) return Miss(*prepared, MissReason::kCacheOff);
  COW_ASSIGN_OR_RETURN(WorkOutcome outcome, LookUp(id, *prepared));
  const bool is_known = outcome.kind == WorkOutcome::Kind::kHit;
  if (options_.only_offer && !is_known) return WorkOutcome{.kind = WorkOutcome::Kind::kCancelled};
  return outcome.kind == WorkOutcome::Kind::kMiss ? WithInputs(std::move(outcome), inputs) : outcome;
}

absl::StatusOr<WorkOutcome> PlanWorker::WithInputs(WorkOutcome miss, const Inputs& inputs) {
  std::vector<size_t> places;
  std::vector<ArtifactValue> elsewhere;
  for (size_t i = 0; i < inputs.ids.size(); ++i) {
    if (!supply_.MayBeElsewhere(inputs.values[i])) continue;
    places.push_back(i);
    elsewhere.push_back(inputs.values[i]);
  }
  if (elsewhere.empty()) return miss;
  COW_ASSIGN_OR_RETURN(std::vector<size_t> lost, supply_.Bring(elsewhere));
  if (lost.empty()) return miss;
  for (size_t& index : lost) index = places[index];
  return Lost(inputs, lost);
}

void PlanWorker::Distrust(ActionId id) {
  absl::MutexLock lock(&mutex_);
  distrusted_.insert(id);
}

bool PlanWorker::IsDistrusted(ActionId id) const {
  absl::MutexLock lock(&mutex_);
  return distrusted_.contains(id);
}

std::vector<bool> PlanWorker::NeededOf(ActionId id) const {
  const Action& action = plan_.action(id);
  const bool all = options_.remote_outputs == RemoteOutputs::kAll || IsDistrusted(id);
  std::vector<bool> needed;
  for (ArtifactId output : action.outputs) {
    // What an action did not use is a part of its second key.
    needed.push_back(all || output == action.unused_inputs_list || needed_here_.contains(output));
  }
  return needed;
}

absl::StatusOr<WorkOutcome> PlanWorker::Make(ActionId id, const Inputs& inputs) {
  const Action& action = plan_.action(id);
  // An alias passes bytes on, so it answers for them; only a template needs them now.
  bool reads = action.kind == Action::Kind::kExpandTemplate;
  auto lost = reads ? supply_.Supply(inputs.values) : supply_.FindLost(inputs.values);
  if (!lost.ok()) return Judge(lost.status(), action, inputs);
  if (!lost->empty()) return Lost(inputs, *lost);
  InputPaths paths(plan_, inputs.ids, inputs.values, trees_);
  absl::StatusOr<ArtifactValue> value = MakeInProcess(action, inputs.values, paths, services_.cas);
  if (!value.ok()) return Judge(value.status(), action, inputs);
  const Artifact& output = plan_.artifact(action.outputs.front());
  if (value->kind != OutputKindOf(output.kind)) {
    return FailedBecause(action, absl::StrCat("its output '", output.exec_path, "' is not declared as what it is"));
  }
  WorkOutcome made{.kind = WorkOutcome::Kind::kMade, .values = {*std::move(value)}};
  // The bytes of what an alias names are those of the alias; those of a template are in nothing that is recorded.
  if (action.kind == Action::Kind::kExpandTemplate) {
    made.note = notes_.OnKnown(output.exec_path, inputs.values.front().digest);
  }
  return made;
}

WorkOutcome PlanWorker::Miss(const PreparedAction& prepared, MissReason reason, std::string lost) const {
  KeyNote note{.key = prepared.key, .miss = reason, .lost = std::move(lost)};
  return {.kind = WorkOutcome::Kind::kMiss, .note = notes_.OnMiss(prepared.outputs[0].path, std::move(note))};
}

absl::StatusOr<WorkOutcome> PlanWorker::LookUp(ActionId id, const PreparedAction& prepared) {
  if (!prepared.cacheable) return Miss(prepared, MissReason::kNotCacheable);
  if (!options_.use_cached_results) return Miss(prepared, MissReason::kCacheOff);
  COW_ASSIGN_OR_RETURN(Lookup lookup, ResultOf(id, prepared, prepared.key));
  if (!lookup.found && MayIgnoreUnread(plan_.action(id))) {
    COW_ASSIGN_OR_RETURN(std::optional<ActionResult> alike, ResultOfSameReads(id, prepared));
    if (alike) {
      // The next time it is found at once.
      services_.action_cache.Put(prepared.key, *alike).IgnoreError();
      notes_.OnSameReads(prepared.key, prepared.preimage);
      lookup.found = std::move(alike);
    }
  }
  const bool is_local = lookup.found.has_value();
  if (is_local && options_.only_offer) {
    remote_.Offer(plan_.action(id), prepared, *lookup.found, ReadFor(plan_.action(id), prepared, *lookup.found));
  }
  if (!is_local) lookup.found = RemoteResultOf(id, prepared);
  if (!lookup.found) return Miss(prepared, lookup.miss, lookup.lost);
  auto values = UsableValues(*lookup.found, prepared.outputs, options_.min_sandbox_tier);
  const std::string& name = prepared.outputs[0].path;
  return WorkOutcome{.kind = WorkOutcome::Kind::kHit,
                     .values = *std::move(values),
                     .wall_micros = lookup.found->wall_micros,
                     .is_remote = !is_local,
                     .note = is_local ? notes_.OnKnown(name, prepared.key)
                                      : notes_.OnRemote(name, prepared.key, prepared.preimage)};
}

std::optional<ActionResult> PlanWorker::RemoteResultOf(ActionId id, const PreparedAction& prepared) {
  const Action& action = plan_.action(id);
  std::optional<store::RemoteResult> remote =
      remote_.Find(action, prepared, options_.min_sandbox_tier, NeededOf(id));
  if (!remote) return std::nullopt;
  services_.action_cache.Put(prepared.key, remote->result).IgnoreError();
  // Nothing runs that reads nothing: such a set would make the result one for all contents.
  const bool has_read = std::find(remote->read.begin(), remote->read.end(), true) != remote->read.end();
  if (has_read && remote->read.size() == prepared.inputs.size()) {
    StoreByReads(action, prepared, std::move(remote->read), remote->result).IgnoreError();
  }
  return std::move(remote->result);
}

// A result that can be used, or why there is none.
absl::StatusOr<PlanWorker::Lookup> PlanWorker::ResultOf(ActionId id, const PreparedAction& prepared, const Digest& key) {
  // A cache that cannot be read is a cache without results.
  absl::StatusOr<std::optional<ActionResult>> result = services_.action_cache.Get(key);
  if (!result.ok() || !result->has_value()) return Lookup{.miss = MissReason::kNoResult};
  auto values = UsableValues(**result, prepared.outputs, options_.min_sandbox_tier);
  if (!values) return Lookup{.miss = MissReason::kRefused};
  COW_ASSIGN_OR_RETURN(std::vector<size_t> lost, FindLost(id, *values));
  if (!lost.empty()) return Lookup{.miss = MissReason::kBlobLost, .lost = prepared.outputs[lost.front()].path};
  return Lookup{.found = std::move(**result)};
}

absl::StatusOr<std::vector<size_t>> PlanWorker::FindLost(ActionId id, const std::vector<ArtifactValue>& values) {
  auto lost = IsDistrusted(id) ? supply_.FindAbsent(values) : supply_.FindLost(values);
  if (!lost.ok() || lost->empty() || !remote_.MayAsk(plan_.action(id))) return lost;
  return remote_.FindLost(values, NeededOf(id));
}

absl::StatusOr<std::optional<ActionResult>> PlanWorker::ResultOfSameReads(ActionId id, const PreparedAction& prepared) {
  if (services_.read_sets == nullptr) return std::nullopt;
  const Digest shape = ShapeOf(prepared);
  for (const store::ReadSet& read : services_.read_sets->Get(shape)) {
    if (read.size() != prepared.inputs.size()) continue;
    COW_ASSIGN_OR_RETURN(Lookup lookup, ResultOf(id, prepared, KeyOfRead(shape, prepared, read)));
    if (lookup.found) return std::move(lookup.found);
  }
  return std::nullopt;
}

absl::StatusOr<WorkOutcome> PlanWorker::Run(ActionId id, std::stop_token cancelled, const Announce& announce) {
  const Action& action = plan_.action(id);
  Inputs inputs = InputsOf(id);
  absl::StatusOr<PreparedAction> prepared = Prepare(plan_, id, inputs.ids, inputs.values, trees_);
  if (!prepared.ok()) return Judge(prepared.status(), action, inputs);
  if (options_.show_commands) {
    announce({.text = absl::StrCat("# ", action.owner.ToString(), " [", ProgressText(action, prepared->outputs[0].path),
                                   "]\n", ShellCommand(prepared->argv))});
  }
  for (const ParamFile& file : prepared->written_files) {
    COW_RETURN_IF_ERROR(services_.cas.Put(file.bytes).status());
  }
  absl::StatusOr<WorkOutcome> outcome = RunOnce(id, *prepared, inputs, cancelled, announce);
  // A process that passes in the end passed by luck: that is no result to keep.
  if (action.max_attempts > 1) prepared->cacheable &= outcome.ok() && outcome->kind != WorkOutcome::Kind::kFailed;
  for (int attempt = 2; attempt <= action.max_attempts && outcome.ok(); ++attempt) {
    if (outcome->kind != WorkOutcome::Kind::kFailed || cancelled.stop_requested()) break;
    outcome = RunOnce(id, *prepared, inputs, cancelled, announce);
    if (outcome.ok()) outcome->attempts = attempt;
  }
  const bool failed = outcome.ok() && outcome->kind == WorkOutcome::Kind::kFailed;
  if (failed || (outcome.ok() && outcome->kind == WorkOutcome::Kind::kRan)) {
    notes_.OnRan(prepared->outputs[0].path, prepared->key, prepared->preimage, failed);
  }
  return outcome;
}

absl::StatusOr<WorkOutcome> PlanWorker::RunOnce(ActionId id, const PreparedAction& prepared, const Inputs& inputs,
                                                std::stop_token cancelled, const Announce& announce) {
  absl::StatusOr<WorkOutcome> outcome = RunPrepared(id, prepared, inputs, cancelled, announce);
  // The sandbox itself may be killed (out of memory, say): once more, with a new one.
  if (absl::IsUnavailable(outcome.status()) && !cancelled.stop_requested()) {
    outcome = RunPrepared(id, prepared, inputs, cancelled, announce);
  }
  return outcome;
}

Spawn PlanWorker::SpawnOf(ActionId id, const PreparedAction& prepared, const std::vector<SpawnWritable>& writable) const {
  const Action& action = plan_.action(id);
  Spawn spawn{.action = id,
              .argv = prepared.argv,
              .env = prepared.env,
              .inputs = prepared.inputs,
              .writable = writable,
              .working_directory = action.working_directory,
              .timeout_seconds = action.timeout_seconds,
              .report_reads = IsWatched(action),
              .audit = options_.audit,
              // Tests may use the directory they start in, as under Bazel.
              .writable_root = action.captured_output.valid()};
  // The directory of a tree output is one of the writable ones.
  std::erase_if(spawn.inputs, [](const SpawnInput& input) { return input.kind == SpawnInput::Kind::kDirectory; });
  if (action.host_tree.valid()) spawn.host_tree = plan_.host_trees[action.host_tree.value()];
  spawn.root_tree = prepared.root_tree;
  return spawn;
}

absl::StatusOr<SpawnResult> PlanWorker::RunSpawn(ActionId id, const PreparedAction& prepared,
                                                 const std::vector<SpawnWritable>& writable,
                                                 std::stop_token cancelled) {
  COW_ASSIGN_OR_RETURN(SpawnResult result, services_.spawn_runner.Run(SpawnOf(id, prepared, writable), cancelled));
  result.read = ReadsOf(prepared, result.read);
  return result;
}

absl::StatusOr<WorkOutcome> PlanWorker::RunPrepared(ActionId id, const PreparedAction& prepared, const Inputs& inputs,
                                                    std::stop_token cancelled, const Announce& announce) {
  COW_ASSIGN_OR_RETURN(ScratchOutputs scratch, scratch_.Take(prepared.outputs));
  absl::StatusOr<SpawnResult> spawned = RunSpawn(id, prepared, scratch.writable(), cancelled);
  if (store::IsMiss(spawned.status())) {
    // An input has to be downloaded first, or is gone. Mostly all are there, and nobody has looked.
    services_.cas.ForgetLooks();
    auto lost = supply_.Supply(inputs.values);
    if (!lost.ok()) return Judge(lost.status(), plan_.action(id), inputs);
    if (!lost->empty()) return Lost(inputs, *lost);
    spawned = RunSpawn(id, prepared, scratch.writable(), cancelled);
    if (store::IsMiss(spawned.status())) return Judge(spawned.status(), plan_.action(id), inputs);
  }
  if (!spawned.ok()) return spawned.status();
  if (options_.audit) AnnounceAudit(id, prepared, *spawned, announce);
  if (spawned->outcome == SpawnResult::Outcome::kCancelled) return WorkOutcome{.kind = WorkOutcome::Kind::kCancelled};
  absl::StatusOr<WorkOutcome> outcome = spawned->succeeded()
                                            ? Accept(id, prepared, *spawned, scratch.writable(), announce)
                                            : Failed(id, prepared, *spawned);
  if (options_.keep_failed_sandboxes && outcome.ok() && outcome->kind == WorkOutcome::Kind::kFailed) {
    absl::StatusOr<std::string> notes = KeepFailedSandbox(options_.workspace_root, plan_.action(id), prepared,
                                                          SpawnOf(id, prepared, scratch.writable()), *spawned);
    outcome->text += notes.ok() ? *notes : absl::StrCat("\nnote: the sandbox could not be kept: ", notes.status().message());
  }
  return outcome;
}

absl::Status PlanWorker::WriteCaptured(const Action& action, const SpawnResult& spawned,
                                       const std::vector<SpawnWritable>& writable) const {
  const std::string& path = plan_.artifact(action.captured_output).exec_path;
  for (const SpawnWritable& folder : writable) {
    if (folder.path == PathDirname(path)) {
      // What the process left there is replaced, never followed: it could be a symlink to any file of this machine.
      std::string host_path = JoinPath(folder.host_path, PathBasename(path));
      COW_RETURN_IF_ERROR(RemoveTree(host_path));
      return WriteFile(host_path, spawned.out + spawned.err);
    }
  }
  return absl::InternalError(absl::StrCat("no directory was writable for '", path, "'"));
}

absl::StatusOr<WorkOutcome> PlanWorker::Accept(ActionId id, const PreparedAction& prepared, const SpawnResult& spawned,
                                               const std::vector<SpawnWritable>& writable, const Announce& announce) {
  std::string printed = PrintedText(spawned.out, spawned.err);
  const bool captured = plan_.action(id).captured_output.valid();
  if (captured) COW_RETURN_IF_ERROR(WriteCaptured(plan_.action(id), spawned, writable));
  InputIndex index(prepared.inputs);
  ScanRequest request{.writable = writable,
                      .outputs = prepared.outputs,
                      .is_input = [&](const std::string& path) { return index.IsInputOrAbove(path); }};
  COW_ASSIGN_OR_RETURN(CollectedOutputs collected, CollectOutputs(request, services_.cas));
  if (!collected.broken.empty()) {
    std::string reason = absl::StrJoin(collected.broken, "\n  and ");
    return WorkOutcome{.kind = WorkOutcome::Kind::kFailed,
                       .text = DescribeBrokenPromise(plan_.action(id), prepared.argv, spawned, reason),
                       .printed = std::move(printed),
                       .wall_micros = spawned.wall_micros};
  }
  if (!spawned.limit.empty()) {
    announce({.kind = Message::Kind::kWarning,
              .text = absl::StrCat(plan_.action(id).owner.ToString(), ": ", plan_.action(id).mnemonic, " ",
                                   spawned.limit, "; its result is not cached")});
  }
  absl::Status stored = Store(plan_.action(id), prepared, spawned, collected.values);
  if (!stored.ok()) {
    announce({.kind = Message::Kind::kWarning,
              .text = absl::StrCat("warning: a result could not be stored in the action cache: ", stored.message())});
  }
  return WorkOutcome{.kind = WorkOutcome::Kind::kRan,
                     .values = std::move(collected.values),
                     .text = captured ? "" : std::move(printed),
                     .wall_micros = spawned.wall_micros,
                     .tier = spawned.tier,
                     .reached_limit = !spawned.limit.empty()};
}

absl::Status PlanWorker::Store(const Action& action, const PreparedAction& prepared, const SpawnResult& spawned,
                               const std::vector<ArtifactValue>& values) {
  // Who is watched may have been disturbed by that.
  if (!prepared.cacheable || !spawned.limit.empty() || options_.audit) return absl::OkStatus();
  ActionResult result{
      .sandbox_tier = spawned.tier, .wall_micros = spawned.wall_micros, .max_rss_kib = spawned.max_rss_kib};
  for (size_t i = 0; i < values.size(); ++i) result.outputs.push_back(OutputOf(values[i], prepared.outputs[i].path));
  COW_ASSIGN_OR_RETURN(result.stdout_digest, services_.cas.Put(spawned.out));
  COW_ASSIGN_OR_RETURN(result.stderr_digest, services_.cas.Put(spawned.err));
  COW_RETURN_IF_ERROR(services_.action_cache.Put(prepared.key, result));
  remote_.Offer(action, prepared, result, IsWatched(action) ? spawned.read : store::ReadSet());
  return StoreByReads(action, prepared, spawned.read, result);
}

store::ReadSet PlanWorker::ReadFor(const Action& action, const PreparedAction& prepared, const ActionResult& result) const {
  if (services_.read_sets == nullptr || !IsWatched(action)) return {};
  const Digest shape = ShapeOf(prepared);
  for (store::ReadSet& read : services_.read_sets->Get(shape)) {
    if (read.size() != prepared.inputs.size()) continue;
    auto known = services_.action_cache.Get(KeyOfRead(shape, prepared, read));
    if (known.ok() && known->has_value() && (*known)->outputs == result.outputs) return std::move(read);
  }
  return {};
}

// Also under what was read of the inputs, if that is known and is less than all.
absl::Status PlanWorker::StoreByReads(const Action& action, const PreparedAction& prepared, store::ReadSet read,
                                      const ActionResult& result) {
  if (services_.read_sets == nullptr || !MayIgnoreUnread(action)) return absl::OkStatus();
  if (read.empty()) read.assign(prepared.inputs.size(), true);
  for (size_t i = 0; i < action.outputs.size(); ++i) {
    if (action.outputs[i] != action.unused_inputs_list) continue;
    COW_ASSIGN_OR_RETURN(std::string list, services_.cas.Get(result.outputs[i].digest));
    MarkUnused(prepared, list, &read);
  }
  if (std::find(read.begin(), read.end(), false) == read.end()) return absl::OkStatus();
  const Digest shape = ShapeOf(prepared);
  COW_RETURN_IF_ERROR(services_.action_cache.Put(KeyOfRead(shape, prepared, read), result));
  services_.read_sets->Add(shape, read);
  return absl::OkStatus();
}

FailureScene PlanWorker::SceneOf(const Action& action, const InputIndex& index) const {
  return {.owner = action.owner,
          .workspace_root = options_.workspace_root,
          .is_input = [&index](const std::string& path) { return index.IsInputOrInside(path); },
          .made_by = [this, made = absl::flat_hash_map<std::string_view, ArtifactId>()](const std::string& path) mutable {
            const bool first = made.empty();
            for (uint32_t i = 0; first && i < plan_.artifacts.size(); ++i) {
              if (!plan_.artifacts[i].is_source()) made.emplace(plan_.artifacts[i].exec_path, ArtifactId(i));
            }
            auto found = made.find(path);
            if (found != made.end()) return plan_.artifact(found->second).owner.ToString();
            return options_.owner_elsewhere ? options_.owner_elsewhere(path) : "";
          }};
}

HostTreePtr PlanWorker::RootOf(const Digest& tree) const {
  auto root = std::make_shared<HostTree>();
  absl::StatusOr<std::shared_ptr<const store::TreeContents>> contents = trees_.Read(tree);
  if (!contents.ok()) return root;
  for (const store::TreeEntry& entry : (*contents)->entries) {
    root->entries.push_back({.kind = entry.kind == store::TreeEntry::Kind::kSymlink ? HostTreeEntry::Kind::kSymlink
                                                                                   : HostTreeEntry::Kind::kFile,
                             .path = entry.path});
  }
  return root;
}

void PlanWorker::AnnounceAudit(ActionId id, const PreparedAction& prepared, const SpawnResult& spawned,
                               const Announce& announce) const {
  const Action& action = plan_.action(id);
  InputIndex index(prepared.inputs);
  AuditScene scene{.scene = SceneOf(action, index), .is_declared = [&](const std::string& path) {
                     return index.IsInputOrAbove(path) || index.IsInputOrInside(path) || IsOfOutput(prepared, path);
                   }};
  if (action.host_tree.valid()) scene.host_tree = plan_.host_trees[action.host_tree.value()];
  if (prepared.root_tree) scene.host_tree = RootOf(*prepared.root_tree);
  std::string text = DescribeAudit(ProgressText(action, prepared.outputs[0].path), spawned.asked, scene);
  if (!text.empty()) announce({.text = std::move(text)});
}

WorkOutcome PlanWorker::Failed(ActionId id, const PreparedAction& prepared, const SpawnResult& spawned) const {
  const Action& action = plan_.action(id);
  InputIndex index(prepared.inputs);
  const FailureScene scene = SceneOf(action, index);
  std::string printed = PrintedText(spawned.out, spawned.err);
  return {.kind = WorkOutcome::Kind::kFailed,
          .text = DescribeFailedSpawn(action, prepared.argv, spawned, HintsFor(printed, scene)),
          .printed = std::move(printed),
          .wall_micros = spawned.wall_micros,
          .timed_out = spawned.outcome == SpawnResult::Outcome::kTimedOut};
}

}  // namespace cow::execution
