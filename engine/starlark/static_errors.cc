#include "engine/starlark/static_errors.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cow::starlark {

void StaticErrors::Add(size_t offset, std::string_view message, std::string_view suggestion,
                       std::vector<std::string> notes) {
  if (entries_.size() >= kMaxErrors) {
    ++left_out_;
    return;
  }
  const SourceFile::LineColumn at = source_.At(offset);
  Diagnostic diagnostic;
  diagnostic.location = {source_.name(), at.line, at.column};
  diagnostic.message = std::string(message);
  // A line of a generated file may be megabytes long: no help for a person.
  if (std::string_view line = source_.Line(at.line); line.size() <= kLongestExcerpt) {
    diagnostic.source_line = std::string(line);
  }
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
  if (left_out_ > 0) {
    Diagnostic rest;
    rest.location = {source_.name(), 0, 0};
    rest.message = absl::StrCat("too many errors: ", left_out_, " more are left out");
    result.push_back(std::move(rest));
  }
  entries_.clear();
  left_out_ = 0;
  return result;
}

}  // namespace cow::starlark
