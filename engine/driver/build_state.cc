#include "engine/driver/build_state.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"
#include "engine/driver/outcome_encoding.h"
#include "engine/execution/prepared_action.h"
#include "engine/loading/repository_inputs.h"
#include "engine/store/settled_file.h"

namespace cow::driver {
namespace {

using loading::RepositoryInput;
using store::SeenPath;

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
                  const std::string& boot_id) {
  KeyHasher key;
  key.Add(int64_t{execution::kEngineEpoch}).Add(boot_id).Add(workspace_root).Add(installation.rules_dir);
  key.AddProgram(ExecutablePath().value_or("")).AddProgram(installation.programs_dir + "/cow-sandbox");
  key.Add(static_cast<int64_t>(request.kind)).Add(request.patterns).Add(request.working_directory);
  key.Add(request.options).Add(request.output_groups).Add(request.aspects);
  key.Add(static_cast<int64_t>(request.aspect_parameters.size()));
  for (const auto& [name, value] : request.aspect_parameters) key.Add(name).Add(value);
  key.Add(int64_t{request.keep_going}).Add(int64_t{request.offline}).Add(int64_t{request.check_visibility});
  key.Add(int64_t{request.fetch}).Add(request.distdirs).Add(request.repository_cache).Add(request.min_sandbox);
  key.Add(request.test_options).Add(request.toolchain_resolution_debug);
  return absl::StrCat("driver/build/", key.Finish());
}

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

BuildState::BuildState(const BuildRequest& request, const std::string& workspace_root,
                       const Installation& installation, store::LocalStore& store)
    : key_(KeyOf(request, workspace_root, installation, store.database->boot_id())),
      began_ns_(store::WallClockNanos()),
      store_(store) {}

bool BuildState::Covers(const BuildRequest& request) {
  if (request.kind != BuildRequest::Kind::kTest) return request.build;
  const TestOptions& tests = request.test_options;
  return request.test_output != "all" && tests.cached && tests.runs_per_test == 1;
}

std::optional<BuildState::Outcome> BuildState::Recall() const {
  absl::StatusOr<std::optional<std::string>> record = store_.database->Get(store::Table::kState, key_);
  if (!record.ok() || !record->has_value()) return std::nullopt;
  absl::StatusOr<store::PathSnapshot> snapshot = store::PathSnapshot::Open(*std::move(*record));
  if (!snapshot.ok()) return std::nullopt;
  std::vector<RepositoryInput> environment;
  absl::StatusOr<Outcome> outcome = DecodeOutcome(snapshot->payload(), &environment);
  if (!outcome.ok()) return std::nullopt;
  auto no_file = [](const std::string& path) { return absl::StatusOr<Digest>(absl::NotFoundError(path)); };
  if (!loading::AreCurrent(environment, no_file)) return std::nullopt;
  switch (snapshot->Compare(ProcessorCount(), *store_.files)) {
    case store::PathSnapshot::Verdict::kChanged: return std::nullopt;
    case store::PathSnapshot::Verdict::kSameContents:
      if (absl::StatusOr<std::string> fresh = snapshot->Retake(ProcessorCount(), *store_.files); fresh.ok()) {
        store_.database->Put(store::Table::kState, key_, *fresh);
      }
      break;
    case store::PathSnapshot::Verdict::kSame: break;
  }
  return *std::move(outcome);
}

void BuildState::Remember(const Outcome& outcome, std::vector<SeenPath> seen,
                          const std::vector<RepositoryInput>& inputs) const {
  std::vector<RepositoryInput> environment;
  for (const RepositoryInput& input : inputs) {
    if (input.kind != RepositoryInput::Kind::kFile) {
      environment.push_back(input);
      continue;
    }
    std::optional<SeenPath> path = PathOf(input);
    if (!path) return;
    seen.push_back(*std::move(path));
  }
  absl::StatusOr<std::string> record = store::PathSnapshot::Take(
      std::move(seen), began_ns_, EncodeOutcome(outcome, environment), ProcessorCount(), *store_.files);
  if (record.ok()) store_.database->Put(store::Table::kState, key_, *record);
}

std::vector<SeenPath> PathsOf(const std::vector<loading::FileRead>& reads) {
  std::vector<SeenPath> seen;
  for (const loading::FileRead& read : reads) {
    switch (read.kind) {
      case loading::FileRead::Kind::kFile:
        seen.push_back({.path = read.path, .digest = read.digest});
        break;
      case loading::FileRead::Kind::kDirectory:
        seen.push_back({.path = read.path, .kind = SeenPath::Kind::kSourceDirectory, .digest = read.digest});
        break;
      case loading::FileRead::Kind::kAbsent:
        seen.push_back({.path = read.path, .kind = SeenPath::Kind::kAbsent});
        break;
    }
  }
  return seen;
}

}  // namespace cow::driver
