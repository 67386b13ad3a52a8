// InteractiveSession: a Starlark program that is given piece by piece, as a person types it.
//
// A piece sees what earlier ones bound and may bind it anew; if and for stand at top level, too.
// One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/starlark/environment.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/module.h"
#include "engine/starlark/script.h"
#include "engine/starlark/script_loader.h"

namespace cow::starlark {

class InteractiveSession {
 public:
  explicit InteractiveSession(ScriptOptions options);
  InteractiveSession(const InteractiveSession&) = delete;
  InteractiveSession& operator=(const InteractiveSession&) = delete;

  // Whether the lines given so far want another one: an open bracket, string or block. A block ends
  // with an empty line.
  static bool WantsMore(std::string_view text);

  // Runs a piece. The repr of its value if it ends with an expression that is not None, else "".
  // The value is bound to `_`. Failure: as RunScriptText; what the piece bound before stays bound.
  // Every piece has the whole number of steps; the heap is shared by all.
  absl::StatusOr<std::string> Evaluate(std::string text);

 private:
  void Remember(const std::vector<Global>& globals);

  const ScriptOptions options_;
  ScriptLoader loader_;
  Heap heap_;
  Environment environment_;      // what scripts have, and what earlier pieces bound
  std::vector<Global> globals_;  // the latter
};

}  // namespace cow::starlark
