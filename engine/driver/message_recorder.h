// MessageRecorder: passes events on and keeps the messages among them. One thread at a time, as any EventSink.
#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "engine/model/build_event.h"

namespace cow::driver {

class MessageRecorder final : public EventSink {
 public:
  // `next` outlives it.
  explicit MessageRecorder(EventSink& next) : next_(next) {}

  void Handle(const BuildEvent& event) override {
    if (const auto* message = std::get_if<Message>(&event)) messages_.push_back(*message);
    next_.Handle(event);
  }

  std::vector<Message> Take() { return std::move(messages_); }

 private:
  EventSink& next_;
  std::vector<Message> messages_;
};

}  // namespace cow::driver
