// Any bytes through scanner, parser, resolver and compiler, as a script and as a BUILD file: what is
// refused has messages with places in the text.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/starlark/environment.h"
#include "engine/starlark/program.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cow::starlark;
  const auto source = std::make_shared<const cow::SourceFile>(
      "fuzz.star", std::string(reinterpret_cast<const char*>(data), size));
  for (const Dialect& dialect : {Dialect::Script(), Dialect::Build(), Dialect::Module()}) {
    std::vector<cow::Diagnostic> errors;
    const auto program = Program::Compile(source, dialect, ScriptEnvironment(), errors);
    COW_CHECK(program.ok() == errors.empty());
    for (const cow::Diagnostic& error : errors) {
      // Only the last one may be about the file as a whole: that there are too many.
      COW_CHECK((error.location.line > 0 && error.location.column > 0) || &error == &errors.back());
      COW_CHECK(!error.message.empty() && !error.Render().empty());
    }
  }
  return 0;
}
