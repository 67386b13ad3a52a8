// Thread: the context of one evaluation: heap for new values, call stack, limits, host data.
//
// Used by one OS thread at a time. Cheap to make; one per module, package or configured target.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/value.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

class Interpreter;
struct InterpreterState;

// One entry of the call stack.
struct StackFrame {
  std::string function;  // "<toplevel>" for a module's body
  Location location;     // where the call it is in stands; no line for a builtin
  bool builtin = false;
};

class Thread {
 public:
  // `heap` must outlive the thread.
  explicit Thread(Heap& heap);
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  Heap& heap() const { return heap_; }
  WorkMeter& meter() { return *meter_; }

  // Typed host data: one pointer per type, not owned.
  template <typename T>
  void SetHost(T* host) {
    for (auto& [tag, pointer] : hosts_) {
      if (tag == &kHostTag<T>) {
        pointer = host;
        return;
      }
    }
    hosts_.emplace_back(&kHostTag<T>, host);
  }
  // nullptr if none was set: this evaluation is not of that kind.
  template <typename T>
  T* Host() const {
    for (const auto& [tag, pointer] : hosts_) {
      if (tag == &kHostTag<T>) return static_cast<T*>(pointer);
    }
    return nullptr;
  }

  // What print() does; by default "DEBUG: file:line:col: text" on standard error.
  using PrintHandler = std::function<void(const Location& caller, std::string_view text)>;
  void set_print_handler(PrintHandler handler) { print_ = std::move(handler); }
  const PrintHandler& print_handler() const { return print_; }

  // Limits. Steps are those of WorkMeter; 0 means no limit. Depth counts nested calls.
  void set_step_limit(uint64_t steps) { meter_->set_limit(steps); }
  uint64_t steps() const { return meter_->steps(); }
  void set_depth_limit(int depth) { depth_limit_ = depth; }
  // Evaluation fails with kCancelled soon after `flag` becomes true.
  void set_cancel_flag(const std::atomic<bool>* flag) { meter_->set_cancel_flag(flag); }

  // Where the innermost running Starlark function is: for a builtin, the place of the call to it.
  Location CallerLocation() const;
  // Same for the outermost one: for a macro, the call in the BUILD file.
  Location OutermostLocation() const;
  // Outermost first.
  std::vector<StackFrame> CallStack() const;

 private:
  friend class Interpreter;
  friend struct InterpreterState;

  template <typename T>
  static constexpr char kHostTag = 0;

  Heap& heap_;
  std::vector<std::pair<const char*, void*>> hosts_;
  PrintHandler print_;
  std::unique_ptr<WorkMeter> meter_;
  int depth_limit_ = 2000;
  std::unique_ptr<InterpreterState> state_;
};

}  // namespace cow::starlark
