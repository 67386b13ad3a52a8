// Link: the cache server as all calls see it: connections, what it can do, retries, and one circuit breaker.
//
//   New -> Connecting -> Up <-> Down, or Off for good
// A call has no deadline but silence. If nothing is heard while the build waits, the server is asked for a sign of life; if that does
// not come either, or if it comes while calls that the build waits for get no answer, the link is Down: what waits ends, and nobody
// asks until the server answers again, which is tried in the background. Any thread.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "engine/remote/remote_options.h"
#include "wire/bytestream.grpc.pb.h"
#include "wire/reapi.grpc.pb.h"

namespace cow::remote {

namespace reapi = ::build::bazel::remote::execution::v2;

// Whether a call that ended with this status code may succeed the next time.
bool IsTransient(int code);

// What was negotiated.
struct Abilities {
  int64_t batch_bytes = 0;   // what the messages of a batch may hold together
  bool zstd_streams = false;
  bool zstd_batches = false;
};

// Who waits for a call.
enum class Urgency { kBuildWaits, kBackground };

class Link {
 public:
  struct Stubs {
    explicit Stubs(const std::shared_ptr<grpc::Channel>& channel)
        : results(channel), blobs(channel), bytes(channel), capabilities(channel) {}
    reapi::ActionCache::Stub results;
    reapi::ContentAddressableStorage::Stub blobs;
    google::bytestream::ByteStream::Stub bytes;
    reapi::Capabilities::Stub capabilities;
  };

  // One try of a call.
  class Attempt {
   public:
    grpc::ClientContext context{};
    Stubs& stubs;
    // Something came.
    void Progress();
    // Something was handed to the connection: no sign of the server.
    void Sent();
    // The answer, or the next part of it, is so large: a call that the build waits for may be silent longer.
    void Expect(int64_t bytes);

   private:
    friend class Link;
    Attempt(Link* link, Urgency urgency);
    Link& link_;
    const Urgency urgency_;
    std::atomic<int64_t> last_;
    std::atomic<int64_t> expected_{0};
    bool cancelled_ = false;  // guarded by the link while the call goes on
  };

  // `notice` gets at most one line for each kind of trouble.
  Link(RemoteOptions options, std::function<void(const std::string&)> notice);
  ~Link();

  // Waits for a link that is new; nullopt if the server cannot be used now.
  std::optional<Abilities> Connect();
  // It is not used any more, whatever happens.
  bool off();
  // The build waits for uploads, too, from now on: they end if the link is down, and when it goes down.
  void Finish();

  // Calls until there is an answer, or none to be had: UNAVAILABLE without a message if the link is not up. `action`, in hex, is for the server's log.
  grpc::Status Run(Urgency urgency, const std::string& action, absl::FunctionRef<grpc::Status(Attempt&)> call);

  // The server does what it must not, or refuses what was asked: says so once for each `kind`.
  void Say(const std::string& kind, const std::string& text);

  const RemoteOptions& options() const { return options_; }
  const std::string& instance() const { return options_.instance; }
  // Of this build, for the server's log.
  const std::string& invocation() const { return invocation_; }

 private:
  enum class State { kNew, kConnecting, kUp, kDown, kOff };
  struct Sign {
    grpc::Status status;
    Abilities abilities;
  };

  Sign Probe(absl::Duration patience, bool wait_for_ready);
  void Apply(const Sign& sign) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GoDown(const grpc::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SayLocked(const std::string& kind, const std::string& text) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CancelAll(bool background) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsUp();
  grpc::Status Try(Attempt& attempt, absl::FunctionRef<grpc::Status(Attempt&)> call);
  // Whether it is worth another try, after some time.
  bool MayRetry(const grpc::Status& status, Urgency urgency, int tried, int64_t began);
  void Monitor();
  bool IsSilent(int64_t now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t PatienceWith(const Attempt& attempt) const;
  // Ends calls that have been silent for too long, though the server may live.
  void CancelSilent(int64_t now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddMetadata(grpc::ClientContext* context, const std::string& action) const;

  const RemoteOptions options_;
  const int patience_;  // how many times as long as a mere cache an executor's storage is waited for
  const std::function<void(const std::string&)> notice_;
  const std::string invocation_;
  Stubs urgent_;
  Stubs background_;
  std::atomic<int64_t> heard_{0};  // monotonic nanoseconds
  std::atomic<int> silences_{0};   // calls that the build waited for and that were ended for silence, since one was not

  absl::Mutex mutex_;
  absl::CondVar changed_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kNew;
  Abilities abilities_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<Attempt*> attempts_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<std::string> said_ ABSL_GUARDED_BY(mutex_);
  int falls_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t next_try_ ABSL_GUARDED_BY(mutex_) = 0;
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread monitor_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::remote
