// MessageRecorder: passes events on and keeps the messages among them. One event at a time reaches the next
// sink, whichever threads they come from: print() speaks from several.
#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/model/build_event.h"

namespace cow::driver {

class MessageRecorder final : public EventSink {
 public:
  // `next` outlives it.
  explicit MessageRecorder(EventSink& next) : next_(next) {}

  void Handle(const BuildEvent& event) override {
    absl::MutexLock lock(&mutex_);
    if (const auto* message = std::get_if<Message>(&event)) messages_.push_back(*message);
    next_.Handle(event);
  }

  std::vector<Message> Take() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(messages_, {});
  }

 private:
  EventSink& next_;
  absl::Mutex mutex_;
  std::vector<Message> messages_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::driver
