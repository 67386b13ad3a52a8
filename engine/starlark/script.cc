#include "engine/starlark/script.h"

#include <limits>
#include <utility>

#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/starlark/script_loader.h"
#include "engine/starlark/thread.h"

namespace cow::starlark {

void ScriptLimits::Apply(Thread& thread) const {
  thread.set_step_limit(steps);
  thread.set_depth_limit(depth);
  thread.heap().set_byte_limit(heap_bytes == 0 ? std::numeric_limits<size_t>::max() : heap_bytes);
}

absl::Status RunScript(const std::string& path, const ScriptOptions& options) {
  COW_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  return RunScriptText(path, std::move(text), options);
}

absl::Status RunScriptText(const std::string& name, std::string text,
                           const ScriptOptions& options) {
  return ScriptLoader(options).Run(name, std::move(text));
}

}  // namespace cow::starlark
