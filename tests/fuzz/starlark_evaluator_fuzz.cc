// Any bytes, compiled and run as a script under limits: errors are fine, crashes and hangs are not.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/starlark/module.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/program.h"
#include "engine/starlark/thread.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cow::starlark;
  auto source = std::make_shared<const cow::SourceFile>(
      "fuzz.star", std::string(reinterpret_cast<const char*>(data), size));
  const Dialect dialect{
      .allow_toplevel_control = true, .allow_late_load = true, .allow_rebinding = true};
  auto program = Program::Compile(std::move(source), dialect, ScriptEnvironment());
  if (!program.ok() || !(*program)->loads().empty()) return 0;
  Heap heap;
  heap.set_byte_limit(size_t{64} << 20);
  Thread thread(heap);
  thread.set_step_limit(20000);
  thread.set_print_handler([](const cow::Location&, std::string_view) {});
  auto module = Execute(*program, thread, ScriptEnvironment(), {});
  if (!module.ok()) return 0;
  for (const Global& global : module->globals()) (void)Repr(global.value).size();
  return 0;
}
