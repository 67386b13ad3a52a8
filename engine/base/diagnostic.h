// Diagnostics: messages for a person about a place in a file.
//
// A Diagnostic becomes an absl::Status whose message is the complete text
//     path:line:col: error: message
//       source line
//       ^
//     note: ...
// so that whoever prints the status prints exactly that (IsDiagnostic tells).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace cow {

// A text file as it was read: the name shown to people and the bytes. Immutable, shared.
class SourceFile {
 public:
  SourceFile(std::string name, std::string text);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }

  // 1-based line and column (in code points) of a byte offset; offsets past the end mean the end.
  struct LineColumn {
    int line;
    int column;
  };
  LineColumn At(size_t offset) const;

  // The line's text without its line ending; empty if there is no such line.
  std::string_view Line(int line) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<size_t> line_starts_;
};

// A place a person can go to. Line 0 means the whole file.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  friend bool operator==(const Location&, const Location&) = default;
  // "file:line:col", or "file" for line 0.
  std::string ToString() const;
};

struct Diagnostic {
  Location location{};
  std::string message{};      // lower-case start, no final period
  std::string source_line{};  // empty: no excerpt is shown
  std::string suggestion{};   // a name: shown as (did you mean 'x'?)
  std::vector<std::string> notes{};

  std::string Render() const;
};

// kInvalidArgument (or `code`) carrying the rendered diagnostic.
absl::Status DiagnosticError(const Diagnostic& diagnostic,
                             absl::StatusCode code = absl::StatusCode::kInvalidArgument);

// Shorthand: position given as byte offset in a file.
absl::Status ErrorAt(const SourceFile& file, size_t offset, std::string_view message,
                     std::string_view suggestion = {});

// Marks a status whose message is already complete text for people (e.g. a traceback).
absl::Status MarkDiagnostic(absl::Status status);
bool IsDiagnostic(const absl::Status& status);

}  // namespace cow
