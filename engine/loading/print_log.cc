#include "engine/loading/print_log.h"

#include <utility>

namespace cow::loading {

void PrintLog::Print(const Label& file, std::string text) {
  {
    absl::MutexLock lock(&mutex_);
    if (holds_ > 0) {
      waiting_.emplace(file, std::move(text));
      return;
    }
  }
  out_(text);
}

void PrintLog::Begin() {
  absl::MutexLock lock(&mutex_);
  ++holds_;
}

void PrintLog::End() {
  std::multimap<Label, std::string> ready;
  {
    absl::MutexLock lock(&mutex_);
    if (--holds_ > 0) return;
    ready.swap(waiting_);
  }
  for (const auto& [file, text] : ready) out_(text);
}

}  // namespace cow::loading
