#include "engine/driver/build_state.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"
#include "engine/driver/outcome_encoding.h"
#include "engine/driver/remote_cache.h"
#include "engine/driver/uses_encoding.h"
#include "engine/execution/prepared_action.h"
#include "engine/loading/repository_inputs.h"
#include "engine/store/settled_file.h"

namespace cow::driver {
namespace {

using loading::RepositoryInput;
using store::SeenPath;

// Other failures only mean that nothing can be kept.
absl::Status IfChanged(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) ? status : absl::OkStatus();
}

class KeyHasher {
 public:
  KeyHasher& Add(std::string_view text) {
    hasher_.Add(text);
    return *this;
  }
  KeyHasher& Add(int64_t value) {
    hasher_.AddInt(value);
    return *this;
  }
  KeyHasher& Add(const std::vector<std::string>& words) {
    Add(static_cast<int64_t>(words.size()));
    for (const std::string& word : words) Add(word);
    return *this;
  }
  KeyHasher& Add(const BuildOptions& options) {
    Add(static_cast<int64_t>(options.native.size()));
    for (const auto& [name, value] : options.native) Add(name).Add(value);
    Add(static_cast<int64_t>(options.settings.size()));
    for (const SettingFlag& flag : options.settings) {
      Add(flag.label).Add(int64_t{flag.value.has_value()}).Add(flag.value.value_or("")).Add(int64_t{flag.negated});
    }
    return *this;
  }
  // A program of cow itself: another one may do something else.
  KeyHasher& AddProgram(const std::string& path) {
    FileInfo info = StatFile(path).value_or(FileInfo());
    return Add(path).Add(static_cast<int64_t>(info.inode)).Add(info.size).Add(info.mtime_ns).Add(info.ctime_ns);
  }
  // Those that Covers() lets differ.
  KeyHasher& Add(const TestOptions& tests) {
    Add(static_cast<int64_t>(tests.timeouts.size()));
    for (int64_t seconds : tests.timeouts) Add(seconds);
    return Add(int64_t{tests.flaky_attempts.value_or(0)}).Add(int64_t{tests.sharded}).Add(int64_t{tests.forced_shards});
  }
  std::string Finish() { return hasher_.Finish().hex(); }

 private:
  RecordHasher hasher_{"cow/build_state"};
};

std::string KeyOf(const BuildRequest& request, const std::string& workspace_root, const Installation& installation,
                  const store::LocalStore& store) {
  KeyHasher key;
  // What was concluded from times that turned out to lie is never looked at again.
  key.Add(store.files->deceptions());
  key.Add(int64_t{execution::kEngineEpoch}).Add(store.database->boot_id()).Add(workspace_root).Add(installation.rules_dir);
  key.AddProgram(ExecutablePath().value_or("")).AddProgram(installation.programs_dir + "/cow-sandbox");
  key.Add(static_cast<int64_t>(request.kind)).Add(request.patterns).Add(request.working_directory);
  key.Add(request.options).Add(request.output_groups).Add(request.aspects);
  key.Add(static_cast<int64_t>(request.aspect_parameters.size()));
  for (const auto& [name, value] : request.aspect_parameters) key.Add(name).Add(value);
  key.Add(int64_t{request.keep_going}).Add(int64_t{request.offline}).Add(int64_t{request.check_visibility});
  key.Add(int64_t{request.fetch}).Add(request.distdirs).Add(request.repository_cache).Add(request.min_sandbox);
  key.Add(request.test_options).Add(request.toolchain_resolution_debug);
  key.Add(static_cast<int64_t>(RemoteOutputsOf(request)));
  return absl::StrCat("driver/build/", key.Finish());
}

// States of the workspace that are kept for one request.
constexpr int kSlots = 4;

std::string SlotKey(const std::string& key, int slot) { return absl::StrCat(key, "/", slot); }
std::string ValuesKey(const std::string& key, int slot) { return absl::StrCat(key, "/", slot, "/values"); }
std::string UsesKey(const std::string& key, int slot) { return absl::StrCat(key, "/", slot, "/uses"); }
std::string OrderKey(const std::string& key) { return key + "/order"; }

// A file or directory a repository rule looked at; nullopt if its state is none that can be compared.
std::optional<SeenPath> PathOf(const RepositoryInput& input) {
  if (input.state.empty()) return SeenPath{.path = input.name, .kind = SeenPath::Kind::kAbsent};
  absl::string_view state = input.state;
  const bool directory = absl::ConsumePrefix(&state, "dir:");
  std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(state, absl::MaxSplits('/', 1));
  int64_t size = 0;
  if (!absl::SimpleAtoi(parts.second, &size)) return std::nullopt;
  absl::StatusOr<Digest> digest = Digest::FromHex(parts.first, size);
  if (!digest.ok()) return std::nullopt;
  return SeenPath{.path = input.name,
                  .kind = directory ? SeenPath::Kind::kDirectory : SeenPath::Kind::kFile,
                  .digest = *digest};
}

}  // namespace

struct BuildState::Last {
  store::PathSnapshot snapshot;
  OutcomeRecord record{};
  store::PathSnapshot::Differences differences{};
  std::optional<store::PlanRecord> plan{};
  std::optional<store::PlanValues> values{};

  static std::unique_ptr<Last> Open(std::string bytes);
};

// Null if it is nothing that could be used.
std::unique_ptr<BuildState::Last> BuildState::Last::Open(std::string bytes) {
  absl::StatusOr<store::PathSnapshot> snapshot = store::PathSnapshot::Open(std::move(bytes));
  if (!snapshot.ok()) return nullptr;
  absl::StatusOr<OutcomeRecord> record = DecodeOutcome(snapshot->payload());
  if (!record.ok()) return nullptr;
  return std::make_unique<Last>(Last{*std::move(snapshot), *std::move(record)});
}

BuildState::BuildState(const BuildRequest& request, const std::string& workspace_root,
                       const Installation& installation, store::LocalStore& store)
    : key_(KeyOf(request, workspace_root, installation, store)),
      workspace_root_(workspace_root),
      began_ns_(store::WallClockNanos()),
      store_(store) {}

BuildState::~BuildState() = default;

bool BuildState::Covers(const BuildRequest& request) {
  if (request.kind == BuildRequest::Kind::kShell || request.kind == BuildRequest::Kind::kPush || request.audit) return false;
  if (request.kind != BuildRequest::Kind::kTest) return request.build;
  const TestOptions& tests = request.test_options;
  return request.test_output != "all" && tests.cached && tests.runs_per_test == 1;
}

std::optional<BuildState::Recalled> BuildState::Recall() {
  if (store_.files->trust() == store::Trust::kNothing) return std::nullopt;
  for (int slot : Slots()) {
    std::optional<Recalled> recalled = RecallFrom(slot);
    if (!recalled) continue;
    slot_ = slot;
    UseSlot(slot);
    return recalled;
  }
  last_.reset();
  return std::nullopt;
}

// Those in use, the one used last first.
std::vector<int> BuildState::Slots() const {
  std::vector<int> slots;
  absl::StatusOr<std::optional<std::string>> order = store_.database->Get(store::Table::kState, OrderKey(key_));
  if (!order.ok() || !order->has_value()) return slots;
  for (char digit : **order) {
    const int slot = digit - '0';
    if (slot >= 0 && slot < kSlots && std::find(slots.begin(), slots.end(), slot) == slots.end()) slots.push_back(slot);
  }
  return slots;
}

void BuildState::UseSlot(int slot) const {
  std::vector<int> slots = Slots();
  if (!slots.empty() && slots.front() == slot) return;
  std::erase(slots, slot);
  slots.insert(slots.begin(), slot);
  store_.database->Put(store::Table::kState, OrderKey(key_), absl::StrJoin(slots, ""));
}

std::optional<BuildState::Recalled> BuildState::RecallFrom(int slot) {
  absl::StatusOr<std::optional<std::string>> bytes = store_.database->Get(store::Table::kState, SlotKey(key_, slot));
  if (!bytes.ok() || !bytes->has_value()) return std::nullopt;
  std::unique_ptr<Last> last = Last::Open(*std::move(*bytes));
  if (last == nullptr) return std::nullopt;
  auto no_file = [](const std::string& path) { return absl::StatusOr<Digest>(absl::NotFoundError(path)); };
  if (!loading::AreCurrent(last->record.environment, no_file)) return std::nullopt;
  last_ = std::move(last);
  Recalled recalled;
  switch (last_->snapshot.Compare(ProcessorCount(), *store_.files, &last_->differences)) {
    case store::PathSnapshot::Verdict::kChanged: return std::nullopt;
    case store::PathSnapshot::Verdict::kPartly:
      slot_ = slot;
      recalled.part = ChangedPart();
      if (!recalled.part) return std::nullopt;
      recalled.processes = last_->plan->processes();
      break;
    case store::PathSnapshot::Verdict::kSameContents: {
      const store::PathSnapshot::Update nothing{.payload = last_->snapshot.payload()};
      absl::StatusOr<std::string> fresh =
          last_->snapshot.Retake(last_->differences, nothing, ProcessorCount(), *store_.files);
      if (fresh.ok()) store_.database->Put(store::Table::kState, SlotKey(key_, slot), *fresh);
      break;
    }
    case store::PathSnapshot::Verdict::kSame: break;
  }
  recalled.outcome = last_->record.outcome;
  return recalled;
}

// Reads the plan of a slot and its values; false if they are not there.
bool BuildState::ReadPlan(int slot, Last& last) const {
  if (!last.record.plan) return false;
  absl::StatusOr<std::optional<std::string>> values = store_.database->Get(store::Table::kState, ValuesKey(key_, slot));
  if (!values.ok() || !values->has_value()) return false;
  absl::StatusOr<store::PlanValues> opened = store::PlanValues::Open(*std::move(*values));
  if (!opened.ok() || opened->generation() != last.record.generation) return false;
  if (!store_.BeginSession().ok()) return false;
  absl::StatusOr<std::string> bytes = store_.cas->Get(*last.record.plan);
  if (!bytes.ok()) return false;
  absl::StatusOr<store::PlanRecord> plan = store::PlanRecord::Open(*std::move(bytes));
  if (!plan.ok() || opened->size() != plan->artifact_count()) return false;
  last.values = *std::move(opened);
  last.plan = *std::move(plan);
  return true;
}

std::unique_ptr<BuildState::Last> BuildState::OpenLast() const {
  const std::vector<int> slots = Slots();
  if (slots.empty() || store_.files->trust() == store::Trust::kNothing) return nullptr;
  absl::StatusOr<std::optional<std::string>> bytes =
      store_.database->Get(store::Table::kState, SlotKey(key_, slots.front()));
  if (!bytes.ok() || !bytes->has_value()) return nullptr;
  std::unique_ptr<Last> last = Last::Open(*std::move(*bytes));
  return last != nullptr && ReadPlan(slots.front(), *last) ? std::move(last) : nullptr;
}

std::unique_ptr<KeptAnalysis> BuildState::Kept(loading::PackageLoader& packages) const {
  std::unique_ptr<Last> last = OpenLast();
  if (last == nullptr) return nullptr;
  absl::StatusOr<std::optional<std::string>> bytes =
      store_.database->Get(store::Table::kState, UsesKey(key_, Slots().front()));
  if (!bytes.ok() || !bytes->has_value()) return nullptr;
  absl::StatusOr<analysis::PackageUses> uses = DecodeUses(**bytes, *last->record.plan);
  auto no_file = [](const std::string& path) { return absl::StatusOr<Digest>(absl::NotFoundError(path)); };
  if (!uses.ok() || !loading::AreCurrent(last->record.environment, no_file)) return nullptr;
  last->snapshot.Compare(ProcessorCount(), *store_.files, &last->differences, store::PathSnapshot::Extent::kAll);
  std::erase_if(last->differences.changes, [](const auto& change) { return change.role != SeenPath::Role::kInput; });
  for (const store::PathSnapshot::Change& change : last->differences.changes) {
    if (change.tag != kLoadedPath) return nullptr;
  }
  return KeptAnalysis::Of({.plan = *std::move(last->plan),
                           .uses = *std::move(uses),
                           .skipped = last->record.outcome.result.skipped,
                           .reads = last->snapshot.Inputs(kLoadedPath),
                           .changes = std::move(last->differences.changes)},
                          packages);
}

std::unique_ptr<execution::RememberedResults> BuildState::Remembered(const BuildPlan& plan) const {
  const std::unique_ptr<Last> last = OpenLast();
  if (last == nullptr) return nullptr;
  store::PlanMatch match = last->plan->Match(plan);
  for (const TestSpec& test : plan.tests) match.actions[test.action.value()] = false;
  store::ArtifactValues values(plan.artifacts.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (match.artifacts[i].valid()) values[i] = last->values->Get(match.artifacts[i]);
  }
  return std::make_unique<execution::RememberedResults>(std::move(match.actions), std::move(values));
}

// What depends on the differences; nullopt if that is not known.
std::optional<store::PlanPart> BuildState::ChangedPart() {
  if (!ReadPlan(slot_, *last_)) return std::nullopt;
  std::vector<ArtifactId> changed;
  absl::flat_hash_set<std::string> rewritten;
  for (const store::PathSnapshot::Change& change : last_->differences.changes) {
    if (change.role == SeenPath::Role::kSource) {
      if (change.tag >= last_->plan->artifact_count()) return std::nullopt;
      changed.push_back(ArtifactId(change.tag));
      continue;
    }
    absl::string_view path = change.path;
    if (!absl::ConsumePrefix(&path, workspace_root_ + "/")) return std::nullopt;
    for (std::string_view at = path; !at.empty(); at = PathDirname(at)) rewritten.emplace(at);
  }
  absl::StatusOr<store::PlanPart> part = last_->plan->PartOf(changed, rewritten, *last_->values);
  if (!part.ok()) return std::nullopt;
  return *std::move(part);
}

std::string BuildState::OwnerOf(const std::string& exec_path) const { return last_->plan->OwnerOf(exec_path); }

absl::Status BuildState::Remember(const Outcome& outcome, const BuildPlan& plan, execution::ExecutionResult executed,
                                  Looked looked) const {
  OutcomeRecord record{.outcome = outcome};
  std::vector<SeenPath> seen = std::move(looked.paths);
  for (const RepositoryInput& input : looked.inputs) {
    if (input.kind == RepositoryInput::Kind::kDownload) continue;
    if (input.kind != RepositoryInput::Kind::kFile) {
      record.environment.push_back(input);
      continue;
    }
    std::optional<SeenPath> path = PathOf(input);
    if (!path) return absl::OkStatus();
    seen.push_back(*std::move(path));
  }
  std::move(executed.paths.begin(), executed.paths.end(), std::back_inserter(seen));
  if (absl::StatusOr<std::string> bytes = store::EncodePlan(plan, executed.done); bytes.ok()) {
    if (absl::StatusOr<Digest> digest = store_.cas->Put(*bytes); digest.ok()) record.plan = *digest;
  }
  absl::StatusOr<std::string> snapshot = store::PathSnapshot::Take(std::move(seen), began_ns_, EncodeOutcome(record),
                                                                   ProcessorCount(), *store_.files);
  if (!snapshot.ok()) return IfChanged(snapshot.status());
  // A new one, or that which was not used for longest.
  const std::vector<int> slots = Slots();
  const int slot = slots.size() < kSlots ? static_cast<int>(slots.size()) : slots.back();
  store_.database->Put(store::Table::kState, ValuesKey(key_, slot),
                       store::PlanValues::Encode(executed.values, record.generation));
  const bool reusable = looked.uses && record.plan;
  store_.database->Put(store::Table::kState, UsesKey(key_, slot), reusable ? EncodeUses(*looked.uses, *record.plan) : "");
  store_.database->Put(store::Table::kState, SlotKey(key_, slot), *snapshot);
  UseSlot(slot);
  return absl::OkStatus();
}

absl::Status BuildState::Update(const Outcome& outcome, const store::PlanPart& part,
                                execution::ExecutionResult executed) const {
  OutcomeRecord record = last_->record;
  record.outcome = outcome;
  ++record.generation;
  store::ArtifactValues values = last_->values->Decode();
  for (size_t i = 0; i < part.artifacts.size(); ++i) {
    if (executed.values[i]) values[part.artifacts[i].value()] = std::move(executed.values[i]);
  }
  const std::string payload = EncodeOutcome(record);
  store::PathSnapshot::Update update{.payload = payload, .build_began_ns = began_ns_};
  for (SeenPath& path : executed.paths) {
    if (path.role == SeenPath::Role::kSource) path.tag = part.artifacts[path.tag].value();
    // What lay below it is gone with it.
    if (path.role == SeenPath::Role::kOutput && path.kind == SeenPath::Kind::kAbsent) update.dropped.push_back(path.path);
    update.seen.push_back(std::move(path));
  }
  for (const Artifact& artifact : part.plan.artifacts) {
    const bool remade = artifact.kind == Artifact::Kind::kTree && artifact.generating_action.valid();
    if (remade) update.dropped.push_back(JoinPath(workspace_root_, artifact.exec_path));
  }
  absl::StatusOr<std::string> snapshot =
      last_->snapshot.Retake(last_->differences, update, ProcessorCount(), *store_.files);
  if (!snapshot.ok()) return IfChanged(snapshot.status());
  store_.database->Put(store::Table::kState, ValuesKey(key_, slot_),
                       store::PlanValues::Encode(values, record.generation));
  store_.database->Put(store::Table::kState, SlotKey(key_, slot_), *snapshot);
  return absl::OkStatus();
}

std::vector<SeenPath> PathsOf(const std::vector<loading::FileRead>& reads) {
  std::vector<SeenPath> seen;
  for (const loading::FileRead& read : reads) {
    switch (read.kind) {
      case loading::FileRead::Kind::kFile:
        seen.push_back({.path = read.path, .digest = read.digest, .tag = kLoadedPath});
        break;
      case loading::FileRead::Kind::kDirectory:
        seen.push_back({.path = read.path, .kind = SeenPath::Kind::kSourceDirectory, .digest = read.digest, .tag = kLoadedPath});
        break;
      case loading::FileRead::Kind::kAbsent:
        seen.push_back({.path = read.path, .kind = SeenPath::Kind::kAbsent, .tag = kLoadedPath});
        break;
    }
  }
  return seen;
}

}  // namespace cow::driver
