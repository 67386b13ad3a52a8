// Any bytes as source text: tokens lie in the text, in order, and end with the end.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/scanner.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cow::starlark;
  const cow::SourceFile source("fuzz.star", std::string(reinterpret_cast<const char*>(data), size));
  StaticErrors errors(source);
  Heap constants;
  const std::vector<Token> tokens = Scanner(source.text(), constants, errors).Scan();
  COW_CHECK(!tokens.empty() && tokens.back().kind == TokenKind::kEnd);
  int depth = 0;
  for (const Token& token : tokens) {
    COW_CHECK(token.begin <= token.end && token.end <= size + 1);
    depth += token.kind == TokenKind::kIndent ? 1 : token.kind == TokenKind::kOutdent ? -1 : 0;
    COW_CHECK(depth >= 0);
  }
  COW_CHECK(depth == 0);
  for (const cow::Diagnostic& error : errors.Take()) COW_CHECK(!error.Render().empty());
  return 0;
}
