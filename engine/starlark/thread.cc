#include "engine/starlark/thread.h"

#include "engine/starlark/interpreter.h"

namespace cow::starlark {

namespace {

Location Place(const Frame& frame) {
  const SourceFile& source = *frame.code->body->source;
  const SourceFile::LineColumn at = source.At(frame.offset());
  return {source.name(), at.line, at.column};
}

}  // namespace

Thread::Thread(Heap& heap) : heap_(heap), meter_(std::make_unique<WorkMeter>(heap)), state_(std::make_unique<InterpreterState>()) {}

Thread::~Thread() = default;

Location Thread::CallerLocation() const {
  return state_->frames.empty() ? Location{} : Place(state_->frames.back());
}

Location Thread::OutermostLocation() const {
  return state_->frames.empty() ? Location{} : Place(state_->frames.front());
}

std::vector<StackFrame> Thread::CallStack() const {
  std::vector<StackFrame> result;
  for (const Frame& frame : state_->frames) {
    if (frame.from_host && &frame != &state_->frames.front()) {
      const Frame& caller = *(&frame - 1);
      if (!caller.builtin.empty()) {
        result.push_back({std::string(caller.builtin), {"<builtin>", 0, 0}, true});
      }
    }
    result.push_back({frame.code->name->str(), Place(frame), false});
  }
  return result;
}

}  // namespace cow::starlark
