// The loop of for statements and comprehensions.
#pragma once

#include "engine/starlark/compiler.h"

namespace cow::starlark {

template <typename BodyFunction>
void FunctionCompiler::EmitLoop(const Expr& vars, int iterable, uint32_t offset,
                                const BodyFunction& emit_body) {
  Temporaries temporaries(*this);
  const int iteration = Temporary(4);
  Emit(Op::kIterBegin, iteration, iterable, 0, offset);
  // The body may run no time at all: what it assigns does not count behind the loop.
  std::vector<bool> before = assigned_;
  Loop loop{Here(), {}};
  loops_.push_back(&loop);
  const int plain = PlainLocal(vars);
  const int element = plain >= 0 ? plain : Temporary();
  Emit(Op::kIterNext, iteration, element, 0, offset);
  EmitJump(loop.exit, offset);
  const auto body = static_cast<int32_t>(Here());
  if (plain >= 0) {
    assigned_[static_cast<size_t>(plain)] = true;
  } else {
    Assign(vars, element, vars.begin);
  }
  emit_body();
  Emit(Op::kIterAgain, iteration, element, 0, offset);
  EmitD(Op::kJump, 0, body, offset);
  Bind(loop.exit);
  Emit(Op::kIterEnd, 0, 0, 0, offset);
  loops_.pop_back();
  assigned_ = std::move(before);
}

}  // namespace cow::starlark
