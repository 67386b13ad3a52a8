#include "engine/loading/error_list.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/starlark/eval_error.h"

namespace cow::loading {
namespace {

size_t CountFrames(std::string_view text) {
  size_t frames = 0;
  for (size_t at = text.find("\n\tFile \""); at != std::string_view::npos; at = text.find("\n\tFile \"", at + 1)) ++frames;
  return frames;
}

}  // namespace

absl::Status ErrorList(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", diagnostic.Render());
  }
  return MarkDiagnostic(absl::InvalidArgumentError(text));
}

absl::Status SimplifyTraceback(const absl::Status& status, const SourceFile& source) {
  std::string text(status.message());
  if (status.ok() || !absl::StartsWith(text, "Traceback") || CountFrames(text) != 1) return status;
  Location location = starlark::ErrorLocation(status);
  if (location.file != source.name()) return status;
  return DiagnosticError({.location = location,
                          .message = starlark::ErrorText(status),
                          .source_line = std::string(source.Line(location.line))},
                         status.code());
}

absl::Status WithNote(const absl::Status& status, std::string_view note) {
  return MarkDiagnostic(absl::Status(status.code(), absl::StrCat(status.message(), "\nnote: ", note)));
}

}  // namespace cow::loading
