// Uploads: results on their way to the server, beside the build: blobs first, the result last. Any thread.
#pragma once

#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "engine/remote/endpoint/blob_writer.h"
#include "engine/remote/endpoint/link.h"
#include "engine/remote/frame.h"

namespace cow::remote {

class Uploads {
 public:
  // `link` outlives the uploads.
  explicit Uploads(Link* link);
  // What is not sent is dropped.
  ~Uploads();

  // A frame of kind kOffer. If too many wait, or too much, it is dropped, or this waits (RemoteOptions::uploads_wait).
  void Add(Frame offer);

  struct Counts {
    int64_t sent = 0;
    int64_t dropped = 0;
  };
  // Waits until nothing is left, or until then; what is left then is dropped.
  Counts Drain(absl::Time deadline);

 private:
  void Work();
  // Waits for a link that is down, unless nobody has that time.
  bool MayTry();
  grpc::Status Send(const Frame& offer);

  Link& link_;
  BlobWriter writer_;
  absl::Mutex mutex_;
  std::deque<Frame> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool refused_ ABSL_GUARDED_BY(mutex_) = false;
  Counts counts_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;  // constant after construction
};

}  // namespace cow::remote
