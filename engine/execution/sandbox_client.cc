#include "engine/execution/sandbox_client.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/execution/sandbox_advice.h"
#include "engine/execution/sandbox_canary.h"

namespace cow::execution {
namespace {

constexpr int kRestarts = 1;

absl::StatusOr<UniqueFd> RequestFile(std::string_view bytes) {
  UniqueFd file(memfd_create("cow-action", MFD_CLOEXEC));
  if (!file.valid()) return ErrnoStatus(errno, "cannot make the request of an action");
  COW_RETURN_IF_ERROR(WriteAll(file.get(), bytes));
  return file;
}

// The end of a request file after its action ended.
std::vector<bool> ReportedReads(const SandboxRequest& request, int file, size_t file_bytes) {
  std::string reads(1 + request.inputs.size(), '\0');
  const auto offset = static_cast<off_t>(file_bytes - reads.size());
  if (pread(file, reads.data(), reads.size(), offset) != static_cast<ssize_t>(reads.size())) return {};
  return DecodeReads(request, reads);
}

uint32_t Milliseconds(absl::Duration duration) {
  const int64_t value = absl::ToInt64Milliseconds(duration);
  if (value <= 0) return 1;
  return static_cast<uint32_t>(
      std::min<int64_t>(value, std::numeric_limits<uint32_t>::max()));
}

// Of an action that was started and whose end is not the sandbox's fault.
SandboxResult ToResult(const sandbox::Result& result, SandboxResult::Outcome outcome,
                       const std::string& tier) {
  SandboxResult out;
  out.outcome = outcome;
  if (outcome == SandboxResult::Outcome::kEnded) {
    if (WIFEXITED(result.wait_status)) out.exit_code = WEXITSTATUS(result.wait_status);
    if (WIFSIGNALED(result.wait_status)) out.signal = WTERMSIG(result.wait_status);
  }
  out.wall = absl::Microseconds(result.wall_us);
  out.setup = absl::Microseconds(result.setup_us);
  out.user = absl::Microseconds(result.user_us);
  out.system = absl::Microseconds(result.system_us);
  out.max_rss_kib = static_cast<int64_t>(result.max_rss_kib);
  out.tier = tier;
  return out;
}

absl::StatusOr<SandboxResult> Interpret(const sandbox::Result& result, const std::string& tier) {
  switch (result.outcome) {
    case sandbox::Outcome::kEnded:
      return ToResult(result, SandboxResult::Outcome::kEnded, tier);
    case sandbox::Outcome::kTimedOut:
      return ToResult(result, SandboxResult::Outcome::kTimedOut, tier);
    case sandbox::Outcome::kCancelled:
      return ToResult(result, SandboxResult::Outcome::kCancelled, tier);
    case sandbox::Outcome::kExecFailed:
      return absl::FailedPreconditionError(
          absl::StrCat("in the sandbox, ", DescribeSandboxFailure(result.failure)));
    case sandbox::Outcome::kSetupFailed: {
      const absl::Status reason = ErrnoStatus(result.failure.error, "");
      return absl::Status(reason.code(), absl::StrCat("while preparing the sandbox, ",
                                                      DescribeSandboxFailure(result.failure)));
    }
    case sandbox::Outcome::kKilled:
      return absl::UnavailableError("the sandbox was killed from outside");
  }
  return absl::InternalError("the sandbox helper sent an unknown outcome");
}

}  // namespace

absl::StatusOr<std::unique_ptr<SandboxClient>> SandboxClient::Start(const Options& options) {
  COW_ASSIGN_OR_RETURN(SandboxRoots roots, SandboxRoots::Create(options.source_roots));
  std::unique_ptr<SandboxClient> client(new SandboxClient(options, std::move(roots)));
  COW_RETURN_IF_ERROR(client->Probe());
  return client;
}

SandboxClient::SandboxClient(const Options& options, SandboxRoots roots)
    : options_(options), roots_(std::move(roots)), thread_([this] { Supervise(); }) {}

SandboxClient::~SandboxClient() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (helper_ != nullptr) helper_->Hangup();
  }
  thread_.join();
}

void SandboxClient::Supervise() {
  for (int starts_left = 1 + kRestarts;; --starts_left) {
    absl::StatusOr<SandboxHelper> helper =
        starts_left > 0 ? SandboxHelper::Start(options_.helper_program, roots_.resolved())
                        : absl::UnavailableError("the sandbox helper was killed again and again");
    {
      absl::MutexLock lock(&mutex_);
      if (!helper.ok() || stopping_) {
        state_ = State::kEnded;
        end_ = helper.status();
        return;
      }
      helper_ = &*helper;
      state_ = State::kServing;
    }
    Serve(*helper);
  }
}

void SandboxClient::Serve(SandboxHelper& helper) {
  for (;;) {
    const absl::StatusOr<sandbox::Result> result = helper.Receive();
    if (result.ok()) {
      Complete(*result);
      continue;
    }
    absl::MutexLock lock(&mutex_);
    helper_ = nullptr;
    state_ = State::kStarting;
    for (auto& [id, pending] : pending_) *pending = result.status();
    pending_.clear();
    return;
  }
}

void SandboxClient::Complete(const sandbox::Result& result) {
  absl::MutexLock lock(&mutex_);
  const auto found = pending_.find(result.id);
  if (found == pending_.end()) return;
  *found->second = result;
  pending_.erase(found);
}

int SandboxClient::helper_pid() {
  absl::MutexLock lock(&mutex_);
  return helper_ == nullptr ? -1 : helper_->pid();
}

absl::Status SandboxClient::Submit(const sandbox::Run& run, int request_fd,
                                   const SandboxRequest& request, Pending* pending) {
  absl::MutexLock lock(&mutex_);
  const auto started = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return state_ != State::kStarting;
  };
  mutex_.Await(absl::Condition(&started));
  if (state_ == State::kEnded) return end_;
  COW_RETURN_IF_ERROR(helper_->Send(run, request_fd, request.stdout_fd, request.stderr_fd));
  pending_[run.id] = pending;
  return absl::OkStatus();
}

void SandboxClient::Cancel(uint64_t id) {
  absl::MutexLock lock(&mutex_);
  if (helper_ == nullptr || !pending_.contains(id)) return;
  sandbox::Cancel cancel;
  cancel.id = id;
  helper_->Send(cancel);
}

absl::StatusOr<sandbox::Result> SandboxClient::Exchange(const SandboxRequest& request,
                                                        uint32_t flags, std::vector<bool>* read,
                                                        std::stop_token stop) {
  COW_ASSIGN_OR_RETURN(const std::string bytes, EncodeSandboxRequest(request, flags, roots_));
  COW_ASSIGN_OR_RETURN(const UniqueFd file, RequestFile(bytes));
  sandbox::Run run = {};
  run.id = next_id_.fetch_add(1);
  run.request_bytes = bytes.size();
  run.timeout_ms =
      request.timeout == absl::InfiniteDuration() ? 0 : Milliseconds(request.timeout);
  run.grace_ms = Milliseconds(request.grace);
  Pending pending;
  COW_RETURN_IF_ERROR(Submit(run, file.get(), request, &pending));
  // Called at once if a stop was requested before.
  const std::stop_callback cancel(std::move(stop), [this, &run] { Cancel(run.id); });
  {
    absl::MutexLock lock(&mutex_);
    const auto done = [&pending] { return pending.has_value(); };
    mutex_.Await(absl::Condition(&done));
  }
  if (request.report_reads) *read = ReportedReads(request, file.get(), bytes.size());
  return *std::move(pending);
}

absl::StatusOr<SandboxResult> SandboxClient::Run(const SandboxRequest& request,
                                                 std::stop_token stop) {
  std::vector<bool> read;
  COW_ASSIGN_OR_RETURN(const sandbox::Result result,
                       Exchange(request, flags_, &read, std::move(stop)));
  COW_ASSIGN_OR_RETURN(SandboxResult interpreted, Interpret(result, tier_));
  if (result.outcome == sandbox::Outcome::kEnded) interpreted.read = std::move(read);
  return interpreted;
}

absl::Status SandboxClient::Probe() {
  COW_ASSIGN_OR_RETURN(SandboxCanary canary, SandboxCanary::Create(options_.scratch_directory));
  flags_ = sandbox::kWithProc;
  tier_ = "S3";
  std::vector<bool> read;
  COW_ASSIGN_OR_RETURN(sandbox::Result result,
                       Exchange(canary.Request(true), flags_ | sandbox::kCanary, &read, {}));
  const bool proc_refused = result.outcome == sandbox::Outcome::kSetupFailed &&
                            result.failure.error == EPERM &&
                            std::string_view(result.failure.step) == "mount /proc";
  if (proc_refused) {
    flags_ = 0;
    tier_ = "S3p";
    COW_ASSIGN_OR_RETURN(result, Exchange(canary.Request(false), sandbox::kCanary, &read, {}));
  }
  if (result.outcome == sandbox::Outcome::kSetupFailed) {
    return SandboxSetupError(result.failure, SandboxHostFacts::OfThisMachine());
  }
  COW_ASSIGN_OR_RETURN(const SandboxResult ended, Interpret(result, tier_));
  return canary.Judge(ended);
}

}  // namespace cow::execution
