#include "engine/execution/sandbox_client.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
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
// How often the size of what an action prints is looked at.
constexpr absl::Duration kTrimInterval = absl::Milliseconds(200);

absl::StatusOr<UniqueFd> RequestFile(std::string_view bytes) {
  UniqueFd file(memfd_create("cow-action", MFD_CLOEXEC));
  if (!file.valid()) return ErrnoStatus(errno, "cannot make the request of an action");
  COW_RETURN_IF_ERROR(WriteAll(file.get(), bytes));
  return file;
}

// What follows the request in its file after the action ended.
std::vector<std::string> AskedPaths(int file, size_t file_bytes) {
  uint64_t used = 0;
  const auto offset = static_cast<off_t>(file_bytes);
  if (pread(file, &used, sizeof used, offset) != static_cast<ssize_t>(sizeof used)) return {};
  std::string log(std::min(sandbox::kAuditBytes, sandbox::kAuditHeader + used), '\0');
  if (pread(file, log.data(), log.size(), offset) != static_cast<ssize_t>(log.size())) return {};
  return DecodeAsked(log);
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

// How much more than the limit was printed.
uint64_t PrintedBeyond(int fd, uint64_t limit) {
  struct stat info;
  if (limit == 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
  const auto size = static_cast<uint64_t>(info.st_size);
  return size > limit ? size - limit : 0;
}

// Frees what an action has printed beyond the limit, while it goes on printing: the file gets a
// hole there, and its size still tells how much it was.
void Trim(const SandboxRequest& request) {
  const uint64_t limit = request.limits.output_bytes;
  for (const int fd : {request.stdout_fd, request.stderr_fd}) {
    const uint64_t beyond = PrintedBeyond(fd, limit);
    if (beyond == 0) continue;
    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(limit),
              static_cast<off_t>(beyond));
  }
}

bool EndedBy(const sandbox::Result& result, int signal) {
  if (result.outcome != sandbox::Outcome::kEnded) return false;
  const int status = result.wait_status;
  // A shell tells of the signal that killed its child by its exit code.
  return (WIFSIGNALED(status) && WTERMSIG(status) == signal) ||
         (WIFEXITED(status) && WEXITSTATUS(status) == 128 + signal);
}

SandboxLimit LimitReached(const SandboxRequest& request, const sandbox::Result& result,
                          const SandboxCgroup* group) {
  if (group != nullptr) {
    const SandboxLimit hit = group->Hit();
    if (hit != SandboxLimit::kNone) return hit;
  }
  if (request.limits.file_bytes != 0 && EndedBy(result, SIGXFSZ)) return SandboxLimit::kFileSize;
  for (const int fd : {request.stdout_fd, request.stderr_fd}) {
    if (PrintedBeyond(fd, request.limits.output_bytes) > 0) return SandboxLimit::kOutput;
  }
  return SandboxLimit::kNone;
}

// Whatever its processes made of it: some of them were killed.
SandboxResult OutOfMemory(const sandbox::Result& result, const std::string& tier) {
  SandboxResult out = ToResult(result, SandboxResult::Outcome::kEnded, tier);
  if (out.exit_code <= 0) out.exit_code = -1;
  if (out.exit_code < 0 && out.signal == 0) out.signal = SIGKILL;
  out.limit = SandboxLimit::kMemory;
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
  absl::Status refused;
  for (const std::string& tier : options.tiers) {
    std::unique_ptr<SandboxClient> client(new SandboxClient(options, roots, tier));
    const absl::Status probed = client->Probe();
    if (probed.ok()) {
      client->passed_over_ = refused;
      return client;
    }
    if (!absl::IsFailedPrecondition(probed)) return probed;
    refused = refused.ok() ? probed
                           : absl::FailedPreconditionError(absl::StrCat(
                                 refused.message(), "\n", tier, ": ", probed.message()));
  }
  return refused;
}

SandboxClient::SandboxClient(const Options& options, SandboxRoots roots, std::string tier)
    : options_(options), roots_(std::move(roots)), helper_tier_(tier), tier_(std::move(tier)), thread_([this] { Supervise(); }) {}

SandboxClient::~SandboxClient() {
  Stop();
  thread_.join();
}

void SandboxClient::Stop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
  if (helper_ != nullptr) helper_->Hangup();
}

void SandboxClient::Supervise() {
  for (int starts_left = 1 + kRestarts; !Stopping(); --starts_left) {
    absl::StatusOr<SandboxHelper> helper =
        starts_left > 0 ? SandboxHelper::Start(options_.helper_program, helper_tier_, options_.scratch_directory, roots_.resolved())
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
  absl::MutexLock lock(&mutex_);
  state_ = State::kEnded;
  end_ = absl::UnavailableError("the sandbox helper has ended");
}

bool SandboxClient::Stopping() {
  absl::MutexLock lock(&mutex_);
  return stopping_;
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

const SandboxCgroups& SandboxClient::Cgroups() {
  absl::call_once(cgroups_once_, [this] { cgroups_ = SandboxCgroups::OfThisMachine(); });
  return *cgroups_;
}

absl::Status SandboxClient::Submit(const sandbox::Run& run, const std::vector<int>& fds,
                                   Pending* pending) {
  absl::MutexLock lock(&mutex_);
  const auto started = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return state_ != State::kStarting;
  };
  mutex_.Await(absl::Condition(&started));
  if (state_ == State::kEnded) return end_;
  COW_RETURN_IF_ERROR(helper_->Send(run, fds));
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
                                                        uint32_t flags, const SandboxCgroup* group,
                                                        Reports* reports, std::stop_token stop) {
  COW_ASSIGN_OR_RETURN(const std::string bytes, EncodeSandboxRequest(request, flags, roots_));
  COW_ASSIGN_OR_RETURN(const UniqueFd file, RequestFile(bytes));
  if (request.audit && ftruncate(file.get(), static_cast<off_t>(bytes.size() + sandbox::kAuditBytes)) != 0) {
    return ErrnoStatus(errno, "cannot make room for what an action asks for");
  }
  sandbox::Run run = {};
  run.id = next_id_.fetch_add(1);
  run.request_bytes = bytes.size();
  run.timeout_ms =
      request.timeout == absl::InfiniteDuration() ? 0 : Milliseconds(request.timeout);
  run.grace_ms = Milliseconds(request.grace);
  std::vector<int> fds = {file.get(), request.stdout_fd, request.stderr_fd};
  if (group != nullptr) {
    const std::vector<int> entrances = group->entrances();
    run.entrances = static_cast<uint32_t>(entrances.size());
    fds.insert(fds.end(), entrances.begin(), entrances.end());
  }
  if (request.stdin_fd >= 0) {
    run.has_stdin = 1;
    fds.push_back(request.stdin_fd);
  }
  Pending pending;
  COW_RETURN_IF_ERROR(Submit(run, fds, &pending));
  // Called at once if a stop was requested before.
  const std::stop_callback cancel(std::move(stop), [this, &run] { Cancel(run.id); });
  {
    absl::MutexLock lock(&mutex_);
    const auto done = [&pending] { return pending.has_value(); };
    while (!mutex_.AwaitWithTimeout(absl::Condition(&done), kTrimInterval)) Trim(request);
  }
  if (request.report_reads) reports->read = ReportedReads(request, file.get(), bytes.size());
  if (request.audit) reports->asked = AskedPaths(file.get(), bytes.size());
  return *std::move(pending);
}

absl::StatusOr<SandboxResult> SandboxClient::Run(const SandboxRequest& request,
                                                 std::stop_token stop) {
  const SandboxLimits& limits = request.limits;
  uint32_t flags = flags_;
  std::unique_ptr<SandboxCgroup> group;
  Reports reports;
  if (request.audit && tier_ != "S3") {
    return absl::UnimplementedError(absl::StrCat("an audit needs a sandbox of tier S3 with /proc; this one is ", tier_));
  }
  if (limits.memory_bytes != 0 || limits.processes != 0) {
    COW_ASSIGN_OR_RETURN(group, Cgroups().Make(limits));
    if (!Cgroups().LimitsMemory()) flags |= sandbox::kLimitEachProcess;
  }
  COW_ASSIGN_OR_RETURN(const sandbox::Result result,
                       Exchange(request, flags, group.get(), &reports, std::move(stop)));
  const SandboxLimit hit = LimitReached(request, result, group.get());
  // The sandbox itself may be what the kernel chose to kill.
  if (hit == SandboxLimit::kMemory) return OutOfMemory(result, tier_);
  COW_ASSIGN_OR_RETURN(SandboxResult ended, Interpret(result, tier_));
  ended.limit = hit;
  if (result.outcome == sandbox::Outcome::kEnded) ended.read = std::move(reports.read);
  ended.asked = std::move(reports.asked);
  return ended;
}

absl::Status SandboxClient::Probe() {
  COW_ASSIGN_OR_RETURN(SandboxCanary canary, SandboxCanary::Create(options_.scratch_directory));
  Reports reports;
  flags_ = tier_ == "S3" ? uint32_t{sandbox::kWithProc} : 0;
  COW_ASSIGN_OR_RETURN(sandbox::Result result,
                       Exchange(canary.Request(tier_), flags_ | sandbox::kCanary, nullptr, &reports, {}));
  const bool proc_refused = result.outcome == sandbox::Outcome::kSetupFailed &&
                            result.failure.error == EPERM &&
                            std::string_view(result.failure.step) == "mount /proc";
  if (proc_refused) {
    flags_ = 0;
    tier_ = "S3p";
    COW_ASSIGN_OR_RETURN(result, Exchange(canary.Request(tier_), sandbox::kCanary, nullptr, &reports, {}));
  }
  if (result.outcome == sandbox::Outcome::kSetupFailed) {
    return SandboxSetupError(result.failure, SandboxHostFacts::OfThisMachine());
  }
  COW_ASSIGN_OR_RETURN(const SandboxResult ended, Interpret(result, tier_));
  return canary.Judge(ended);
}

}  // namespace cow::execution
