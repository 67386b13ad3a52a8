#include "engine/execution/sandboxed_spawn_runner.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::execution {
namespace {

// A file without a name into which a process prints.
absl::StatusOr<UniqueFd> OpenPrintFile(const std::string& directory) {
  UniqueFd fd(open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd.valid()) return ErrnoStatus(errno, directory);
  return fd;
}

absl::StatusOr<std::string> ReadPrinted(int fd, int64_t limit) {
  off_t size = lseek(fd, 0, SEEK_END);
  if (size < 0 || lseek(fd, 0, SEEK_SET) < 0) return ErrnoStatus(errno, "reading what an action printed");
  std::string text(static_cast<size_t>(std::min<int64_t>(size, limit)), '\0');
  size_t done = 0;
  while (done < text.size()) {
    ssize_t n = read(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return ErrnoStatus(errno, "reading what an action printed");
    done += static_cast<size_t>(n);
  }
  if (size > limit) absl::StrAppend(&text, "\n[", size - limit, " more bytes]");
  return text;
}

// Programs without a slash are looked up in PATH of the host tree, as a shell would.
std::string FindProgramIn(const HostTreePtr& tree, const std::string& program) {
  if (tree == nullptr || program.find('/') != std::string::npos) return program;
  for (std::string_view directory : {"usr/bin/", "bin/"}) {
    std::string path = absl::StrCat(directory, program);
    auto entry = std::lower_bound(tree->entries.begin(), tree->entries.end(), path,
                                  [](const HostTreeEntry& e, const std::string& p) { return e.path < p; });
    if (entry != tree->entries.end() && entry->path == path) return absl::StrCat("/", path);
  }
  return program;
}

SpawnResult ResultOf(const SandboxResult& result) {
  SpawnResult spawned{.exit_code = result.exit_code,
                      .signal = result.signal,
                      .wall_micros = absl::ToInt64Microseconds(result.wall),
                      .max_rss_kib = result.max_rss_kib,
                      .tier = result.tier,
                      .read = result.read};
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

}  // namespace

absl::StatusOr<SandboxClient*> SandboxedSpawnRunner::Client() {
  absl::MutexLock lock(&mutex_);
  if (!client_) {
    client_ = SandboxClient::Start(options_.sandbox);
    if (client_->ok() && (**client_)->tier().substr(0, 2) < options_.min_tier) {
      client_ = absl::FailedPreconditionError(absl::StrCat("this machine gives a sandbox of tier ", (**client_)->tier(),
                                                           ", but ", options_.min_tier, " is required"));
    }
  }
  if (!client_->ok()) return client_->status();
  return (**client_).get();
}

absl::StatusOr<SandboxInput> SandboxedSpawnRunner::Stage(const SpawnInput& input) {
  SandboxInput staged{.path = input.path, .digest = input.digest, .executable = input.executable};
  switch (input.kind) {
    case SpawnInput::Kind::kFile: {
      staged.kind = SandboxInput::Kind::kFile;
      COW_ASSIGN_OR_RETURN(staged.source, cas_.PathOf(input.digest));
      break;
    }
    case SpawnInput::Kind::kTree: {
      staged.kind = SandboxInput::Kind::kTree;
      COW_ASSIGN_OR_RETURN(staged.source, trees_.MaterializeTree(input.digest));
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
  request.argv.front() = FindProgramIn(spawn.host_tree, request.argv.front());
  for (const SpawnInput& input : spawn.inputs) {
    COW_ASSIGN_OR_RETURN(SandboxInput staged, Stage(input));
    request.inputs.push_back(std::move(staged));
  }
  for (const SpawnWritable& writable : spawn.writable) {
    request.writable.push_back({.path = writable.path, .source = writable.host_path});
  }
  if (spawn.host_tree != nullptr) {
    COW_ASSIGN_OR_RETURN(request.host_tree, trees_.MaterializeHostTree(*spawn.host_tree));
  }
  request.working_directory = spawn.working_directory;
  request.writable_root = spawn.writable_root;
  request.report_reads = spawn.report_reads;
  if (spawn.timeout_seconds > 0) request.timeout = absl::Seconds(spawn.timeout_seconds);
  return request;
}

absl::StatusOr<SpawnResult> SandboxedSpawnRunner::Run(const Spawn& spawn, std::stop_token cancelled) {
  COW_ASSIGN_OR_RETURN(SandboxClient * client, Client());
  COW_ASSIGN_OR_RETURN(SandboxRequest request, RequestFor(spawn));
  COW_ASSIGN_OR_RETURN(UniqueFd out, OpenPrintFile(options_.scratch_root));
  COW_ASSIGN_OR_RETURN(UniqueFd err, OpenPrintFile(options_.scratch_root));
  request.stdout_fd = out.get();
  request.stderr_fd = err.get();
  absl::StatusOr<SandboxResult> result = client->Run(request, cancelled);
  if (absl::IsFailedPrecondition(result.status()) || absl::IsInvalidArgument(result.status())) {
    return SpawnResult{.outcome = SpawnResult::Outcome::kNotExecuted, .err = std::string(result.status().message())};
  }
  if (!result.ok()) return result.status();
  SpawnResult spawned = ResultOf(*result);
  COW_ASSIGN_OR_RETURN(spawned.out, ReadPrinted(out.get(), options_.max_output_bytes));
  COW_ASSIGN_OR_RETURN(spawned.err, ReadPrinted(err.get(), options_.max_output_bytes));
  return spawned;
}

}  // namespace cow::execution
