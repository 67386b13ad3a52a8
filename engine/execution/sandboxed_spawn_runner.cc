#include "engine/execution/sandboxed_spawn_runner.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::execution {
namespace {

// What is printed stays in memory up to this limit.
constexpr uint64_t kLargestPrintInMemory = 64 << 20;

// A file without a name into which a process prints. On a disk, two such files per action keep a file system busy with
// inodes; but only there an action may print any amount, or more than its memory.
absl::StatusOr<UniqueFd> OpenPrintFile(const std::string& directory, const SandboxLimits& limits) {
  const bool in_memory =
      limits.memory_bytes == 0 && limits.output_bytes != 0 && limits.output_bytes <= kLargestPrintInMemory;
  UniqueFd fd(in_memory ? memfd_create("cow-printed", MFD_CLOEXEC)
                        : open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd.valid()) return ErrnoStatus(errno, directory);
  return fd;
}

absl::StatusOr<std::string> ReadPrinted(int fd, uint64_t limit_bytes) {
  struct stat info;
  if (fstat(fd, &info) != 0) return ErrnoStatus(errno, "reading what an action printed");
  const int64_t limit = limit_bytes == 0 ? INT64_MAX : static_cast<int64_t>(limit_bytes);
  std::string text(static_cast<size_t>(std::min<int64_t>(info.st_size, limit)), '\0');
  size_t done = 0;
  while (done < text.size()) {
    ssize_t n = pread(fd, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return ErrnoStatus(errno, "reading what an action printed");
    done += static_cast<size_t>(n);
  }
  if (info.st_size > limit) absl::StrAppend(&text, "\n[", info.st_size - limit, " more bytes were printed and are not kept: --sandbox_output_limit]");
  return text;
}

SpawnResult ResultOf(const SandboxResult& result) {
  SpawnResult spawned{.exit_code = result.exit_code,
                      .signal = result.signal,
                      .wall_micros = absl::ToInt64Microseconds(result.wall),
                      .max_rss_kib = result.max_rss_kib,
                      .tier = result.tier,
                      .read = result.read,
                      .asked = result.asked};
  switch (result.outcome) {
    case SandboxResult::Outcome::kEnded:
      spawned.outcome = result.signal != 0 ? SpawnResult::Outcome::kSignalled : SpawnResult::Outcome::kExited;
      break;
    case SandboxResult::Outcome::kTimedOut:
      spawned.outcome = SpawnResult::Outcome::kTimedOut;
      break;
    case SandboxResult::Outcome::kCancelled:
      spawned.outcome = SpawnResult::Outcome::kCancelled;
      break;
  }
  return spawned;
}

// S0 is never a fallback.
std::vector<std::string> TiersDownTo(const std::string& weakest) {
  if (weakest == "S0") return {"S0"};
  std::vector<std::string> tiers = {"S3"};
  if (weakest <= "S2" && geteuid() == 0) tiers.push_back("S2");
  if (weakest <= "S1") tiers.push_back("S1");
  return tiers;
}

}  // namespace

std::string ProgramOf(const Spawn& spawn) {
  const HostTreePtr& tree = spawn.host_tree;
  const std::string& program = spawn.argv.front();
  if (tree == nullptr || program.find('/') != std::string::npos) return program;
  for (std::string_view directory : {"usr/bin/", "bin/"}) {
    std::string path = absl::StrCat(directory, program);
    auto entry = std::lower_bound(tree->entries.begin(), tree->entries.end(), path,
                                  [](const HostTreeEntry& e, const std::string& p) { return e.path < p; });
    if (entry != tree->entries.end() && entry->path == path) return absl::StrCat("/", path);
  }
  return program;
}

void SandboxedSpawnRunner::Expect() {
  starter_ = std::jthread([this] { Client().IgnoreError(); });
}

void SandboxedSpawnRunner::Stop() {
  if (starter_.joinable()) starter_.join();
  absl::MutexLock lock(&mutex_);
  if (client_ && client_->ok()) (**client_)->Stop();
}

std::string SandboxedSpawnRunner::Weakness() {
  absl::MutexLock lock(&mutex_);
  if (!is_used_ || !client_ || !client_->ok()) return "";
  const SandboxClient& client = ***client_;
  if (client.tier() == "S0") return "actions ran without a sandbox (--sandbox=none)";
  if (client.tier() >= "S3") return "";
  return absl::StrCat("actions ran in a sandbox of tier ", client.tier(), ", not S3: ", client.passed_over().message());
}

absl::StatusOr<SandboxClient*> SandboxedSpawnRunner::Client() {
  absl::MutexLock lock(&mutex_);
  if (!client_) {
    SandboxClient::Options options = options_.sandbox;
    options.tiers = TiersDownTo(options_.min_tier);
    client_ = SandboxClient::Start(options);
    if (absl::IsFailedPrecondition(client_->status()) && options_.min_tier > "S1") {
      client_ = absl::FailedPreconditionError(
          absl::StrCat(client_->status().message(), "\n  To build in a weaker sandbox instead: --min_sandbox=",
                       geteuid() == 0 ? "S2" : "S1", " (docs/reference/sandbox.md says what it does not stop)"));
    }
  }
  if (client_->ok() && options_.limits.processes != 0 && !(**client_)->LimitsProcesses()) {
    client_ = absl::FailedPreconditionError(
        "--sandbox_process_limit needs a control group with the controller 'pids' that this user may divide; there is none");
  }
  if (!client_->ok()) return client_->status();
  return (**client_).get();
}

absl::StatusOr<SandboxInput> SandboxedSpawnRunner::Stage(const SpawnInput& input) {
  SandboxInput staged{.path = input.path, .digest = input.digest, .executable = input.executable};
  switch (input.kind) {
    case SpawnInput::Kind::kFile: {
      staged.kind = SandboxInput::Kind::kFile;
      COW_ASSIGN_OR_RETURN(staged.source, places_->FileOf(input));
      break;
    }
    case SpawnInput::Kind::kTree: {
      staged.kind = SandboxInput::Kind::kTree;
      COW_ASSIGN_OR_RETURN(staged.source, places_->TreeOf(input));
      break;
    }
    case SpawnInput::Kind::kSymlink:
      staged.kind = SandboxInput::Kind::kSymlink;
      staged.source = input.target;
      break;
    case SpawnInput::Kind::kDirectory:
      staged.kind = SandboxInput::Kind::kDirectory;
      break;
  }
  return staged;
}

absl::StatusOr<SandboxRequest> SandboxedSpawnRunner::RequestFor(const Spawn& spawn) {
  SandboxRequest request{.argv = spawn.argv, .env = spawn.env};
  request.argv.front() = ProgramOf(spawn);
  for (const SpawnInput& input : spawn.inputs) {
    COW_ASSIGN_OR_RETURN(SandboxInput staged, Stage(input));
    request.inputs.push_back(std::move(staged));
  }
  for (const SpawnWritable& writable : spawn.writable) {
    request.writable.push_back({.path = writable.path, .source = writable.host_path});
  }
  COW_ASSIGN_OR_RETURN(request.host_tree, places_->RootOf(spawn));
  request.working_directory = spawn.working_directory;
  // After the looks at all inputs.
  request.source_generation = places_->Generation();
  request.limits = options_.limits;
  request.writable_root = spawn.writable_root;
  request.report_reads = spawn.report_reads;
  request.audit = spawn.audit;
  if (spawn.timeout_seconds > 0) request.timeout = absl::Seconds(spawn.timeout_seconds);
  return request;
}

absl::StatusOr<SpawnResult> SandboxedSpawnRunner::RunAttached(const Spawn& spawn, const AttachedFiles& files,
                                                              std::stop_token cancelled) {
  COW_ASSIGN_OR_RETURN(SandboxRequest request, RequestFor(spawn));
  COW_ASSIGN_OR_RETURN(SandboxClient * client, Client());
  is_used_ = true;
  request.stdin_fd = files.in;
  request.stdout_fd = files.out;
  request.stderr_fd = files.err;
  request.terminal = files.terminal;
  request.limits.output_bytes = 0;
  absl::StatusOr<SandboxResult> result = client->Run(request, cancelled);
  if (absl::IsFailedPrecondition(result.status())) {
    return SpawnResult{.outcome = SpawnResult::Outcome::kNotExecuted, .err = std::string(result.status().message())};
  }
  if (!result.ok()) return result.status();
  return ResultOf(*result);
}

absl::StatusOr<SpawnResult> SandboxedSpawnRunner::Run(const Spawn& spawn, std::stop_token cancelled) {
  COW_ASSIGN_OR_RETURN(SandboxRequest request, RequestFor(spawn));
  COW_ASSIGN_OR_RETURN(SandboxClient * client, Client());
  is_used_ = true;
  COW_ASSIGN_OR_RETURN(UniqueFd out, OpenPrintFile(options_.scratch_root, options_.limits));
  COW_ASSIGN_OR_RETURN(UniqueFd err, OpenPrintFile(options_.scratch_root, options_.limits));
  request.stdout_fd = out.get();
  request.stderr_fd = err.get();
  absl::StatusOr<SandboxResult> result = client->Run(request, cancelled);
  if (absl::IsFailedPrecondition(result.status()) || absl::IsInvalidArgument(result.status())) {
    return SpawnResult{.outcome = SpawnResult::Outcome::kNotExecuted, .err = std::string(result.status().message())};
  }
  if (!result.ok()) return result.status();
  SpawnResult spawned = ResultOf(*result);
  spawned.limit = DescribeLimit(result->limit, options_.limits);
  COW_ASSIGN_OR_RETURN(spawned.out, ReadPrinted(out.get(), options_.limits.output_bytes));
  COW_ASSIGN_OR_RETURN(spawned.err, ReadPrinted(err.get(), options_.limits.output_bytes));
  return spawned;
}

}  // namespace cow::execution
