// Control groups of actions: limits on what all processes of an action use together.
//
// Version 1 (a hierarchy for memory, one for processes) where this user may write them, which is root; version 2 where
// the engine's own group is delegated to it. Where neither is, there is none, and memory is limited for each process by
// itself (RLIMIT_DATA). Nothing here is touched unless a limit is asked for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/posix_file.h"
#include "engine/execution/sandbox_limits.h"

namespace cow::execution {

// A directory in which groups with that controller can be made, and how it names things.
struct CgroupParent {
  std::string directory{};
  bool memory = false;
  bool processes = false;
  bool version2 = false;
};

// The group of one action, with no process in it yet. Removed when it ends, which is after its processes.
class SandboxCgroup {
 public:
  ~SandboxCgroup();
  SandboxCgroup(const SandboxCgroup&) = delete;
  SandboxCgroup& operator=(const SandboxCgroup&) = delete;

  // Files into which a process writes "0" to enter.
  std::vector<int> entrances() const;

  // The limit at which the kernel stopped something in it.
  SandboxLimit Hit() const;

 private:
  friend class SandboxCgroups;
  struct Part {
    CgroupParent parent;
    std::string directory;
    UniqueFd entrance;
  };
  SandboxCgroup() = default;

  std::vector<Part> parts_;
};

// Constant after construction; any thread.
class SandboxCgroups {
 public:
  // What this machine offers: /proc/self/cgroup and /sys/fs/cgroup.
  static SandboxCgroups OfThisMachine();
  explicit SandboxCgroups(std::vector<CgroupParent> parents) : parents_(std::move(parents)) {}

  bool LimitsMemory() const;
  bool LimitsProcesses() const;

  // Null if no limit of `limits` is one for a group, or no group can hold it.
  absl::StatusOr<std::unique_ptr<SandboxCgroup>> Make(const SandboxLimits& limits) const;

 private:
  std::vector<CgroupParent> parents_;
};

}  // namespace cow::execution
