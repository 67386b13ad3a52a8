// The first process of an action: pid 1 of its pid namespace.
//
// It completes the mounts, stages the inputs, leaves the helper's root, drops everything, starts
// the command, and reaps. When it ends, the kernel kills whatever else the action started.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

struct ActionRequest;

// What pid 1 tells the helper, in memory that both share. The command cannot reach it.
struct ActionReport {
  enum State : uint32_t { kNothing = 0, kSetupFailed, kExecFailed, kStarted, kEnded };
  State state;
  int32_t wait_status;
  bool staged;          // the tree holds what the request wants
  uint64_t started_us;  // on the monotonic clock
  uint64_t user_us;
  uint64_t system_us;
  uint64_t max_rss_kib;
  Failure failure;
};

struct ActionStart {
  const ActionRequest* request;
  const char* root;     // the template
  const char* tree;     // where the inputs are staged; null: in a file system of its own
  const ActionRequest* staged;  // what `tree` holds; null: nothing
  int request_fd;
  size_t request_bytes;
  int stdin_fd;         // -1: /dev/null
  int stdout_fd;
  int stderr_fd;
  const int* entrances; // cgroup.procs files
  uint32_t entrance_count;
  int helper_fd;        // the helper's own executable
  int parent_pidfd;     // the helper itself
  int watch_fd;         // for a ReadWatch; -1: reads are not reported
  ActionReport* report;
};

uint64_t MonotonicMicroseconds();

// Runs in the new process, with SIGTERM and SIGCHLD blocked. A SIGTERM from outside the pid
// namespace is passed on to every process in it.
[[noreturn]] void RunAsInit(const ActionStart& start);

}  // namespace cow::sandbox
