// Feeds any text to the parser of queries: it ends, and an error has its place in the text.
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/base/status.h"
#include "engine/query/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cow::SourceFile source("query", std::string(reinterpret_cast<const char*>(data), size));
  absl::StatusOr<cow::query::ExpressionPtr> expression = cow::query::ParseQuery(source);
  COW_CHECK(expression.ok() ? *expression != nullptr : cow::IsDiagnostic(expression.status()));
  return 0;
}
