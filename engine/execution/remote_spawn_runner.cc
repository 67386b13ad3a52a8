#include "engine/execution/remote_spawn_runner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/execution/prepared_action.h"
#include "engine/execution/reapi_messages.h"
#include "engine/execution/sandboxed_spawn_runner.h"

namespace cow::execution {
namespace {

// For starting the sandbox there and for taking the outputs: the deadline of the action is kept by the sandbox.
constexpr int64_t kMoreSeconds = 120;

// Names travel as text of protocol buffers.
bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t more = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 9;
    if (i + more >= text.size()) return false;
    for (size_t k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    const auto second = static_cast<unsigned char>(more > 0 ? text[i + 1] : 0);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f)) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

bool HasForeignNames(const Spawn& spawn) {
  const auto is_foreign = [](const SpawnInput& input) { return !IsUtf8(input.path); };
  if (std::any_of(spawn.inputs.begin(), spawn.inputs.end(), is_foreign)) return true;
  return spawn.host_tree != nullptr &&
         std::any_of(spawn.host_tree->entries.begin(), spawn.host_tree->entries.end(),
                     [](const HostTreeEntry& entry) { return !IsUtf8(entry.path) || !IsUtf8(entry.target); });
}

// What cow-remote-run says; kUnavailable if it did not come to that.
absl::StatusOr<SpawnResult> ResultOf(const std::string& report, store::RemoteRun run) {
  absl::StatusOr<std::string> bytes = ReadFile(report);
  if (!bytes.ok()) {
    return absl::UnavailableError(absl::StrCat("the worker could not start the sandbox: exit code ", run.exit_code,
                                               run.err.empty() ? "" : absl::StrCat(": ", run.err.substr(0, 400))));
  }
  COW_RETURN_IF_ERROR(RemoveFile(report));
  absl::StatusOr<TravelReport> told = DecodeReport(*bytes);
  if (!told.ok()) return absl::UnavailableError(absl::StrCat("the worker tells nonsense: ", told.status().message()));
  // Whatever is wrong there need not be wrong here.
  if (!told->status.ok()) return absl::UnavailableError(absl::StrCat("on the worker, ", told->status.message()));
  SpawnResult result = std::move(told->result);
  if (result.outcome != SpawnResult::Outcome::kNotExecuted) {
    result.out = std::move(run.out);
    result.err = std::move(run.err);
  }
  return result;
}

}  // namespace

std::string RemoteSpawnRunner::WhyNot(const Spawn& spawn) const {
  for (const char* requirement : {"no-remote", "no-remote-exec", "local"}) {
    if (plan_.action(spawn.action).execution_requirements.contains(requirement)) {
      return absl::StrCat("it has the execution requirement '", requirement, "'");
    }
  }
  if (spawn.audit) return "--audit watches actions of this machine";
  if (options_.min_tier == "S0") return "--sandbox=none takes away what would protect the worker";
  if (HasForeignNames(spawn)) return "it sees files whose names are not UTF-8";
  return "";
}

absl::StatusOr<store::RemoteWork> RemoteSpawnRunner::WorkFor(const Spawn& spawn, const std::string& report) {
  const Action& declared = plan_.action(spawn.action);
  store::RemoteWork work{.mnemonic = declared.mnemonic, .label = declared.owner.ToString()};
  // What passes in the end passed by luck, which nobody may keep.
  work.fresh = options_.always_run || declared.max_attempts > 1 || declared.execution_requirements.contains(kNoCacheRequirement);
  TravelOrder order{.spawn = spawn,
                    .has_root = spawn.root_tree.has_value() || spawn.host_tree != nullptr,
                    .limits = options_.limits,
                    .min_tier = options_.min_tier};
  order.spawn.argv.front() = ProgramOf(spawn);
  CommandMessage command{.arguments = {kTravelRunner}};
  for (size_t i = 0; i < spawn.writable.size(); ++i) {
    work.outputs.emplace_back(absl::StrCat(kTravelOutputs, "/", i), spawn.writable[i].host_path);
  }
  work.outputs.emplace_back(kTravelReport, report);
  for (const auto& output : work.outputs) command.output_paths.push_back(output.first);
  const auto& properties = declared.exec_properties.empty() ? options_.default_exec_properties : declared.exec_properties;
  command.platform.assign(properties.begin(), properties.end());
  ActionMessage action{.do_not_cache = work.fresh, .platform = command.platform};
  if (spawn.timeout_seconds > 0) action.timeout_seconds = spawn.timeout_seconds + kMoreSeconds;
  COW_ASSIGN_OR_RETURN(action.input_root, roots_.Make(order, &work.blobs));
  std::string command_bytes = EncodeCommand(std::move(command));
  action.command = Digest::Of(command_bytes);
  std::string action_bytes = EncodeAction(std::move(action));
  work.action = Digest::Of(action_bytes);
  work.blobs.push_back({.digest = Digest::Of(command_bytes), .bytes = std::move(command_bytes)});
  work.blobs.push_back({.digest = work.action, .bytes = std::move(action_bytes)});
  // Everybody has the empty blob.
  std::erase_if(work.blobs, [](const store::RemoteBlob& blob) { return blob.digest == Digest(); });
  return work;
}

absl::StatusOr<SpawnResult> RemoteSpawnRunner::Run(const Spawn& spawn, std::stop_token cancelled) {
  const std::string report = absl::StrCat(options_.scratch_root, "/report-", ++reports_);
  COW_ASSIGN_OR_RETURN(const store::RemoteWork work, WorkFor(spawn, report));
  absl::StatusOr<store::RemoteRun> run = executor_.Execute(work, cancelled);
  if (absl::IsCancelled(run.status())) return SpawnResult{.outcome = SpawnResult::Outcome::kCancelled};
  if (absl::IsDeadlineExceeded(run.status()) && spawn.timeout_seconds > 0) {
    return SpawnResult{.outcome = SpawnResult::Outcome::kTimedOut,
                       .wall_micros = spawn.timeout_seconds * 1'000'000,
                       .tier = options_.min_tier};
  }
  if (!run.ok()) return run.status();
  return ResultOf(report, *std::move(run));
}

}  // namespace cow::execution
