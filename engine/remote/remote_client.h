// RemoteClient: the RemoteCache that cow-remote asks for. The program is started at the first question, so that a build which asks
// nothing pays nothing. If it ends, the build goes on without it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/remote/remote_options.h"
#include "engine/remote/remote_process.h"
#include "engine/store/cas.h"
#include "engine/store/remote_cache.h"

namespace cow::remote {

class RemoteClient final : public store::RemoteCache {
 public:
  struct Parts {
    std::string program{};            // cow-remote
    std::string scratch_directory{};  // existing, private, on the file system of the CAS
    store::LocalCas* cas = nullptr;
    std::function<void(const std::string&)> warn{};  // from any thread
  };
  struct Uploads {
    int64_t sent = 0;     // results
    int64_t dropped = 0;  // or nobody knows
  };

  RemoteClient(RemoteOptions options, Parts parts) : options_(std::move(options)), parts_(std::move(parts)) {}

  bool reads() const override { return options_.accept_cached; }
  bool writes() const override { return options_.upload_local_results; }
  std::optional<store::RemoteResult> Find(const Digest& key) override;
  bool Has(const std::vector<Digest>& blobs) override;
  bool Fetch(const std::vector<Digest>& blobs) override;
  void Offer(store::RemoteUpload upload) override;

  // Waits until all that was offered is sent, as long as the options allow and the server answers. Warns of what is not sent,
  // unless something was said already.
  Uploads Finish();

  // What came so far.
  int64_t fetched_blobs() const { return fetched_blobs_; }
  int64_t fetched_bytes() const { return fetched_bytes_; }
  // Sends a request and waits for its reply. kUnavailable: cow-remote is gone. kCancelled.
  absl::StatusOr<Frame> Ask(Frame request, std::stop_token cancelled);

  // Nothing is asked any more; who waits for an answer has none.
  void Cancel();

 private:
  void Warn(const std::string& text);
  // Starts it; null if it is gone.
  RemoteProcess* Process();
  bool FetchSome(const Digest* first, size_t count);

  const RemoteOptions options_;
  const Parts parts_;
  std::atomic<uint64_t> files_{0};
  std::atomic<bool> cancelled_{false};
  std::atomic<int64_t> fetched_blobs_{0};
  std::atomic<int64_t> fetched_bytes_{0};
  std::atomic<int64_t> offered_{0};
  std::atomic<int64_t> unsent_{0};  // of these, those that cow-remote did not get
  absl::Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<RemoteProcess> process_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> said_gone_{false};
  std::atomic<bool> warned_{false};
};

}  // namespace cow::remote
