// PrintLog: what print() says while files are loaded, in an order that does not depend on threads.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/model/label.h"

namespace cow::loading {

// Any thread.
class PrintLog {
 public:
  // `out` gets whole messages; it must outlive the log.
  explicit PrintLog(const std::function<void(std::string_view)>& out) : out_(out) {}

  // False: nobody listens, the interpreter's own way of printing shall do.
  bool wanted() const { return static_cast<bool>(out_); }

  // A message of `file`. Goes out at once, or when the last Hold ends.
  void Print(const Label& file, std::string text);

  // While one lives, messages wait; then they go out by file, each file's in order.
  class Hold {
   public:
    explicit Hold(PrintLog& log) : log_(log) { log_.Begin(); }
    ~Hold() { log_.End(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    PrintLog& log_;
  };

 private:
  void Begin();
  void End();

  const std::function<void(std::string_view)>& out_;
  absl::Mutex mutex_;
  int holds_ ABSL_GUARDED_BY(mutex_) = 0;
  std::multimap<Label, std::string> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::loading
