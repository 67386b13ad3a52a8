#include "engine/driver/remote_execution.h"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/command_line_error.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"
#include "engine/execution/printable_text.h"

namespace cow::driver {
namespace {

using execution::Strategy;

constexpr int kJobsWithExecutor = 50;
constexpr size_t kLongestWarning = 2000;  // of what a server says

absl::StatusOr<std::vector<std::string>> ParseStrategies(std::string_view flag, std::string_view text) {
  std::vector<std::string> names;
  for (absl::string_view name : absl::StrSplit(absl::string_view(text.data(), text.size()), ',', absl::SkipEmpty())) {
    if (name == "local" || name == "linux-sandbox" || name == "sandboxed") {
      // Nothing runs on this machine without its sandbox.
      names.emplace_back("sandboxed");
    } else if (name == "remote") {
      names.emplace_back(name);
    } else {
      return absl::InvalidArgumentError(absl::StrCat(flag, ": there is no strategy '", name, "'; there are: remote, sandboxed (also as local)"));
    }
  }
  return names;
}

std::vector<Strategy> StrategiesOf(const std::vector<std::string>& names) {
  if (names.empty()) return {Strategy::kRemote, Strategy::kSandboxed};
  std::vector<Strategy> strategies;
  for (const std::string& name : names) strategies.push_back(name == "remote" ? Strategy::kRemote : Strategy::kSandboxed);
  return strategies;
}

execution::Strategies AllStrategies(const BuildRequest& request) {
  execution::Strategies all{.usual = StrategiesOf(request.spawn_strategy), .local_fallback = request.local_fallback};
  for (const auto& [mnemonic, names] : request.strategy) all.by_mnemonic[mnemonic] = StrategiesOf(names);
  return all;
}

bool NamesRemote(const std::vector<std::string>& names) { return std::find(names.begin(), names.end(), "remote") != names.end(); }

std::string RunnerProgram(const Session& session) { return session.installation.programs_dir + "/cow-remote-run"; }

}  // namespace

absl::Status SetRemoteExecutor(const std::string& address, BuildRequest* request) {
  if (!address.empty()) COW_RETURN_IF_ERROR(remote::CheckExecutorAddress(address));
  request->remote.executor = address;
  return absl::OkStatus();
}

absl::Status AddDefaultExecProperty(std::string_view text, BuildRequest* request) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == text.npos) {
    return absl::InvalidArgumentError(absl::StrCat("--remote_default_exec_properties wants NAME=VALUE, got '", text, "'"));
  }
  request->default_exec_properties[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  return absl::OkStatus();
}

absl::Status SetSpawnStrategy(std::string_view text, BuildRequest* request) {
  COW_ASSIGN_OR_RETURN(request->spawn_strategy, ParseStrategies("--spawn_strategy", text));
  return absl::OkStatus();
}

absl::Status AddStrategy(std::string_view text, BuildRequest* request) {
  const size_t equals = text.find('=');
  if (equals == text.npos) {
    return absl::InvalidArgumentError(absl::StrCat("--strategy wants MNEMONIC=STRATEGIES, as CppCompile=remote,sandboxed; got '", text, "'"));
  }
  COW_ASSIGN_OR_RETURN(std::vector<std::string> names, ParseStrategies("--strategy", text.substr(equals + 1)));
  const std::string mnemonic(text.substr(0, equals));
  if (mnemonic.empty()) {
    request->spawn_strategy = std::move(names);
  } else if (names.empty()) {
    request->strategy.erase(mnemonic);
  } else {
    request->strategy[mnemonic] = std::move(names);
  }
  return absl::OkStatus();
}

absl::Status CheckStrategies(const BuildRequest& request) {
  if (!request.remote.executor.empty()) return absl::OkStatus();
  for (const auto& [mnemonic, names] : request.strategy) {
    if (NamesRemote(names)) {
      return MarkCommandLineError(
          absl::InvalidArgumentError(absl::StrCat("--strategy=", mnemonic, "=remote needs --remote_executor=grpc://HOST:PORT")));
    }
  }
  if (!NamesRemote(request.spawn_strategy)) return absl::OkStatus();
  return MarkCommandLineError(absl::InvalidArgumentError("--spawn_strategy=remote needs --remote_executor=grpc://HOST:PORT"));
}

int JobsOf(const BuildRequest& request) {
  if (request.jobs > 0 || request.remote.executor.empty() || request.offline) return request.jobs;
  return std::max(kJobsWithExecutor, ProcessorCount());
}

execution::SandboxLimits LimitsOf(const BuildRequest& request) {
  return {.memory_bytes = request.sandbox_memory_limit,
          .processes = request.sandbox_process_limit,
          .file_bytes = request.sandbox_file_size_limit,
          .output_bytes = request.sandbox_output_limit};
}

absl::StatusOr<std::unique_ptr<Cluster>> Cluster::Open(const BuildRequest& request, const Session& session,
                                                       remote::RemoteClient& client, execution::SpawnRunner& local,
                                                       const BuildPlan& plan, EventSink& events) {
  const std::string program = RunnerProgram(session);
  if (access(program.c_str(), X_OK) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("--remote_executor needs the program '", program, "', which is not there: build the target cow-remote-run"));
  }
  return std::unique_ptr<Cluster>(new Cluster(request, session, client, local, plan, events));
}

Cluster::Cluster(const BuildRequest& request, const Session& session, remote::RemoteClient& client,
                 execution::SpawnRunner& local, const BuildPlan& plan, EventSink& events)
    : execution_(client, session.store->session->path()),
      remote_({.runner_program = RunnerProgram(session),
               .sandbox_program = session.installation.programs_dir + "/cow-sandbox",
               .scratch_root = session.store->session->path(),
               .limits = LimitsOf(request),
               .min_tier = request.min_sandbox,
               .default_exec_properties = request.default_exec_properties,
               .always_run = request.audit},
              plan, execution_, *session.store->cas, *session.store->trees),
      runner_(AllStrategies(request), plan, local, remote_, request.jobs > 0 ? std::min(request.jobs, ProcessorCount()) : ProcessorCount(),
              [&events](const std::string& text) {
                events.Handle(Message{Message::Kind::kWarning, execution::PrintableText(text.substr(0, kLongestWarning))});
              }) {}

}  // namespace cow::driver
