#include "engine/store/checkpointer.h"

#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace cow::store {

Checkpointer::Checkpointer(std::function<void()> checkpoint)
    : thread_([this, call = std::move(checkpoint)] { Run(call); }) {}

Checkpointer::~Checkpointer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.Signal();
  }
  thread_.join();
}

void Checkpointer::Run(const std::function<void()>& checkpoint) {
  absl::Duration pause = absl::Seconds(5);
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      absl::Time next = absl::Now() + pause;
      while (!stopping_ && absl::Now() < next) wake_.WaitWithDeadline(&mutex_, next);
      if (stopping_) return;
    }
    checkpoint();
    pause = absl::Seconds(30);
  }
}

}  // namespace cow::store
