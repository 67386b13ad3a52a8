#include "engine/starlark/static_errors.h"

#include <algorithm>

namespace cow::starlark {

void StaticErrors::Add(size_t offset, std::string_view message, std::string_view suggestion,
                       std::vector<std::string> notes) {
  const SourceFile::LineColumn at = source_.At(offset);
  Diagnostic diagnostic;
  diagnostic.location = {source_.name(), at.line, at.column};
  diagnostic.message = std::string(message);
  diagnostic.source_line = std::string(source_.Line(at.line));
  diagnostic.suggestion = std::string(suggestion);
  diagnostic.notes = std::move(notes);
  entries_.push_back({offset, std::move(diagnostic)});
}

std::vector<Diagnostic> StaticErrors::Take() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.offset < b.offset; });
  std::vector<Diagnostic> result;
  for (Entry& entry : entries_) {
    const bool repeated = !result.empty() && result.back().location == entry.diagnostic.location &&
                          result.back().message == entry.diagnostic.message;
    if (!repeated) result.push_back(std::move(entry.diagnostic));
  }
  entries_.clear();
  return result;
}

}  // namespace cow::starlark
