#include "engine/base/diagnostic.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace cow {
namespace {

constexpr char kPayloadUrl[] = "cow/diagnostic";

bool IsContinuationByte(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Spaces up to the caret; tabs are kept so that the caret stands under its character.
std::string CaretIndent(std::string_view line, int column) {
  std::string indent;
  int seen = 1;
  for (char c : line) {
    if (seen >= column) break;
    if (IsContinuationByte(c)) continue;
    indent.push_back(c == '\t' ? '\t' : ' ');
    ++seen;
  }
  return indent;
}

}  // namespace

SourceFile::SourceFile(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
  line_starts_.push_back(0);
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

SourceFile::LineColumn SourceFile::At(size_t offset) const {
  offset = std::min(offset, text_.size());
  auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  size_t start = *(next - 1);
  int column = 1;
  for (size_t i = start; i < offset; ++i) column += IsContinuationByte(text_[i]) ? 0 : 1;
  return {static_cast<int>(next - line_starts_.begin()), column};
}

std::string_view SourceFile::Line(int line) const {
  if (line < 1 || static_cast<size_t>(line) > line_starts_.size()) return {};
  size_t begin = line_starts_[static_cast<size_t>(line) - 1];
  size_t end = text_.find('\n', begin);
  std::string_view text = std::string_view(text_).substr(begin, end == std::string::npos ? end : end - begin);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

std::string Location::ToString() const {
  return line == 0 ? file : absl::StrCat(file, ":", line, ":", column);
}

std::string Diagnostic::Render() const {
  std::string text = absl::StrCat(location.ToString(), ": error: ", message);
  if (!suggestion.empty()) absl::StrAppend(&text, " (did you mean '", suggestion, "'?)");
  if (!source_line.empty()) {
    absl::StrAppend(&text, "\n  ", source_line, "\n  ", CaretIndent(source_line, location.column), "^");
  }
  for (const std::string& note : notes) absl::StrAppend(&text, "\nnote: ", note);
  return text;
}

absl::Status DiagnosticError(const Diagnostic& diagnostic, absl::StatusCode code) {
  return MarkDiagnostic(absl::Status(code, diagnostic.Render()));
}

absl::Status ErrorAt(const SourceFile& file, size_t offset, std::string_view message,
                     std::string_view suggestion) {
  SourceFile::LineColumn at = file.At(offset);
  return DiagnosticError({.location = {file.name(), at.line, at.column},
                          .message = std::string(message),
                          .source_line = std::string(file.Line(at.line)),
                          .suggestion = std::string(suggestion),
                          .notes = {}});
}

absl::Status MarkDiagnostic(absl::Status status) {
  if (!status.ok()) status.SetPayload(kPayloadUrl, absl::Cord("1"));
  return status;
}

bool IsDiagnostic(const absl::Status& status) { return status.GetPayload(kPayloadUrl).has_value(); }

}  // namespace cow
