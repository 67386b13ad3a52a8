// Runs build actions in sandboxes, through the helper program `cow-sandbox`.
//
// An action sees its declared inputs, its host tree and nothing else of the machine; what it can
// do and cannot do is described in engine/sandbox/README.md. Starting a client proves that by
// running one complete action that tries to break out. Weaker tiers are tried only if named.
//
// All methods may be called from any thread; any number of Run calls may be under way.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/execution/sandbox_cgroup.h"
#include "engine/execution/sandbox_encoding.h"
#include "engine/execution/sandbox_helper.h"
#include "engine/execution/sandbox_request.h"
#include "engine/sandbox/protocol.h"

namespace cow::execution {

class SandboxClient {
 public:
  struct Options {
    std::string helper_program{};  // path of cow-sandbox
    // Every source in a request lies below one of these existing directories (the cache).
    std::vector<std::string> source_roots{};
    // An existing private directory below a source root, on the file system of the output directories. Holds a
    // directory while the client starts; in tiers below S3, all that actions see.
    std::string scratch_directory{};
    std::vector<std::string> tiers = {"S3"};  // the first that works is used
  };

  // Starts the helper and tries the sandbox. kFailedPrecondition, with the failing step and what
  // to do, if this machine does not allow it.
  static absl::StatusOr<std::unique_ptr<SandboxClient>> Start(const Options& options);

  // Kills what still runs. No Run may be under way.
  ~SandboxClient();
  // The same without waiting for it; nothing may be run any more.
  void Stop();
  SandboxClient(const SandboxClient&) = delete;
  SandboxClient& operator=(const SandboxClient&) = delete;

  // Runs one action and returns when its last process is dead. That a command fails, exceeds its
  // time or is cancelled by `stop` is a result. Errors: kInvalidArgument for a malformed request,
  // kFailedPrecondition if the program cannot be executed,
  // kUnimplemented for an audit in a tier that has none, kUnavailable if the sandbox was killed
  // (the next Run uses a fresh helper, once; the kernel may still be killing the old processes, so
  // use fresh output directories), and the system's reason if the setup failed: kNotFound if a
  // source is gone, kResourceExhausted if there is no space.
  absl::StatusOr<SandboxResult> Run(const SandboxRequest& request, std::stop_token stop = {});

  // "S3", or "S3p" where the machine does not allow a /proc in the sandbox; "S2", "S1", "S0".
  const std::string& tier() const { return tier_; }

  // Why it is none of the tiers named before; OK if it is the first.
  const absl::Status& passed_over() const { return passed_over_; }

  // Whether this machine can limit the number of processes of an action.
  bool LimitsProcesses() { return Cgroups().LimitsProcesses(); }

  // The helper's process, for tests that kill it. -1 if there is none.
  int helper_pid();

 private:
  enum class State { kStarting, kServing, kEnded };
  using Pending = std::optional<absl::StatusOr<sandbox::Result>>;

  SandboxClient(const Options& options, SandboxRoots roots, std::string tier);

  // The body of thread_: starts the helper, hands out its results, starts it again once.
  void Supervise();
  bool Stopping();
  void Serve(SandboxHelper& helper);
  void Complete(const sandbox::Result& result);

  absl::Status Probe();
  // What an action leaves in its request file; as in SandboxResult.
  struct Reports {
    std::vector<bool> read{};
    std::vector<std::string> asked{};
  };
  absl::StatusOr<sandbox::Result> Exchange(const SandboxRequest& request, uint32_t flags, const SandboxCgroup* group,
                                           Reports* reports, std::stop_token stop);
  absl::Status Submit(const sandbox::Run& run, const std::vector<int>& fds, Pending* pending);
  void Cancel(uint64_t id);
  const SandboxCgroups& Cgroups();

  const Options options_;
  const SandboxRoots roots_;
  const std::string helper_tier_;
  std::string tier_;    // constant after Start
  absl::Status passed_over_;  // constant after Start
  uint32_t flags_ = 0;  // constant after Start
  std::atomic<uint64_t> next_id_ = 1;
  absl::once_flag cgroups_once_;
  std::optional<SandboxCgroups> cgroups_;  // looked for when the first limit is asked for

  absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kStarting;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // why state_ is kEnded
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  SandboxHelper* helper_ ABSL_GUARDED_BY(mutex_) = nullptr;  // owned by thread_; set in kServing
  std::map<uint64_t, Pending*> pending_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace cow::execution
