#include "engine/execution/sandbox_cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "engine/base/status.h"

namespace cow::execution {
namespace {

constexpr char kRoot[] = "/sys/fs/cgroup";

absl::Status Set(const std::string& file, std::string_view value) {
  UniqueFd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, file);
  if (write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size())) return absl::OkStatus();
  return ErrnoStatus(errno, file);
}

// The number behind `key` in a file of lines "key number".
uint64_t Counter(const std::string& file, std::string_view key) {
  const std::string text = ReadFile(file).value_or("");
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<std::string_view, std::string_view> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    uint64_t value = 0;
    if (parts.first == key && absl::SimpleAtoi(parts.second, &value)) return value;
  }
  return 0;
}

bool CanMakeGroups(const std::string& directory) { return access(directory.c_str(), W_OK | X_OK) == 0; }

// Children get only the controllers that their parent hands down.
bool HandsDown(const std::string& directory, std::string_view controller) {
  if (Set(absl::StrCat(directory, "/cgroup.subtree_control"), absl::StrCat("+", controller)).ok()) return true;
  const std::string handed = ReadFile(absl::StrCat(directory, "/cgroup.subtree_control")).value_or("");
  const std::vector<std::string_view> names = absl::StrSplit(handed, absl::ByAnyChar(" \n"));
  return std::find(names.begin(), names.end(), controller) != names.end();
}

}  // namespace

SandboxCgroup::~SandboxCgroup() {
  for (Part& part : parts_) {
    part.entrance.Reset();
    // The kernel may still be counting out the last process.
    for (int attempt = 0; rmdir(part.directory.c_str()) != 0 && errno == EBUSY && attempt < 20; ++attempt) {
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
}

std::vector<int> SandboxCgroup::entrances() const {
  std::vector<int> fds;
  for (const Part& part : parts_) fds.push_back(part.entrance.get());
  return fds;
}

SandboxLimit SandboxCgroup::Hit() const {
  for (const Part& part : parts_) {
    const char* const events = part.parent.version2 ? "/memory.events" : "/memory.oom_control";
    if (part.parent.memory && Counter(part.directory + events, "oom_kill") > 0) return SandboxLimit::kMemory;
  }
  for (const Part& part : parts_) {
    if (part.parent.processes && Counter(part.directory + "/pids.events", "max") > 0) return SandboxLimit::kProcesses;
  }
  return SandboxLimit::kNone;
}

SandboxCgroups SandboxCgroups::OfThisMachine() {
  std::vector<CgroupParent> parents;
  const std::string memberships = ReadFile("/proc/self/cgroup").value_or("");
  for (std::string_view line : absl::StrSplit(memberships, '\n', absl::SkipEmpty())) {
    const std::vector<std::string_view> fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3) continue;
    const bool version2 = fields[1].empty();
    if (!version2 && fields[1] != "memory" && fields[1] != "pids") continue;
    const std::string path = fields[2] == "/" ? "" : std::string(fields[2]);
    CgroupParent parent{.directory = absl::StrCat(kRoot, version2 ? "" : "/", fields[1], path), .version2 = version2};
    if (!CanMakeGroups(parent.directory)) continue;
    parent.memory = version2 ? HandsDown(parent.directory, "memory") : fields[1] == "memory";
    parent.processes = version2 ? HandsDown(parent.directory, "pids") : fields[1] == "pids";
    if (parent.memory || parent.processes) parents.push_back(std::move(parent));
  }
  return SandboxCgroups(std::move(parents));
}

bool SandboxCgroups::LimitsMemory() const {
  return std::any_of(parents_.begin(), parents_.end(), [](const CgroupParent& parent) { return parent.memory; });
}

bool SandboxCgroups::LimitsProcesses() const {
  return std::any_of(parents_.begin(), parents_.end(), [](const CgroupParent& parent) { return parent.processes; });
}

absl::StatusOr<std::unique_ptr<SandboxCgroup>> SandboxCgroups::Make(const SandboxLimits& limits) const {
  static std::atomic<int64_t> next = 1;
  std::unique_ptr<SandboxCgroup> group(new SandboxCgroup());
  const std::string name = absl::StrCat("/cow-", getpid(), "-", next.fetch_add(1));
  for (CgroupParent parent : parents_) {
    parent.memory &= limits.memory_bytes != 0;
    parent.processes &= limits.processes != 0;
    if (!parent.memory && !parent.processes) continue;
    const std::string directory = parent.directory + name;
    if (mkdir(directory.c_str(), 0755) != 0) return ErrnoStatus(errno, absl::StrCat("cannot make ", directory));
    group->parts_.push_back({.parent = parent, .directory = directory, .entrance = UniqueFd()});
    if (parent.memory) {
      const std::string bytes = absl::StrCat(limits.memory_bytes);
      COW_RETURN_IF_ERROR(Set(directory + (parent.version2 ? "/memory.max" : "/memory.limit_in_bytes"), bytes));
      // Swap would only make it slower. Kernels without it have no such file.
      Set(directory + (parent.version2 ? "/memory.swap.max" : "/memory.memsw.limit_in_bytes"),
          parent.version2 ? "0" : bytes).IgnoreError();
      // What was half killed is no result; version 1 kills the command's processes one by one.
      if (parent.version2) Set(directory + "/memory.oom.group", "1").IgnoreError();
    }
    // Pid 1 of the sandbox counts, but is not the action's.
    if (parent.processes) COW_RETURN_IF_ERROR(Set(directory + "/pids.max", absl::StrCat(limits.processes + 1)));
    const std::string entrance = directory + "/cgroup.procs";
    group->parts_.back().entrance = UniqueFd(open(entrance.c_str(), O_WRONLY | O_CLOEXEC));
    if (!group->parts_.back().entrance.valid()) return ErrnoStatus(errno, entrance);
  }
  if (group->parts_.empty()) group.reset();
  return group;
}

}  // namespace cow::execution
