#include "engine/starlark/eval_error.h"

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/starlark/interpreter.h"

namespace cow::starlark {

namespace {

constexpr char kTextPayload[] = "cow/starlark/text";
constexpr char kPlacePayload[] = "cow/starlark/place";  // line, column, file: one on each line

// A very deep stack shows its ends only.
constexpr size_t kShownFrames = 100;
// A line of a generated file may be megabytes long, and so may a message that shows a value.
constexpr size_t kLongestExcerpt = 2000;
constexpr size_t kLongestMessage = size_t{1} << 20;

void AppendFrame(const Frame& frame, std::string& out) {
  const SourceFile& source = *frame.code->body->source;
  const SourceFile::LineColumn at = source.At(frame.offset());
  absl::StrAppend(&out, "\tFile \"", source.name(), "\", line ", at.line, ", column ", at.column,
                  ", in ", frame.code->name->view(), "\n");
  std::string_view line = source.Line(at.line);
  if (line.size() <= kLongestExcerpt) {
    absl::StrAppend(&out, "\t\t", absl::StripAsciiWhitespace(line), "\n");
  }
}

}  // namespace

absl::Status ErrorWithTraceback(const Thread& thread, const absl::Status& error) {
  if (IsDiagnostic(error)) return error;
  const std::vector<Frame>& frames = Interpreter::Frames(thread);
  if (frames.empty()) return error;
  std::string text = "Traceback (most recent call last):\n";
  for (size_t i = 0; i < frames.size(); ++i) {
    if (frames.size() > kShownFrames && i == kShownFrames / 2) {
      absl::StrAppend(&text, "\t... ", frames.size() - kShownFrames, " frames more ...\n");
      i = frames.size() - kShownFrames / 2;
    }
    if (i > 0 && frames[i].from_host && !frames[i - 1].builtin.empty()) {
      absl::StrAppend(&text, "\tFile \"<builtin>\", in ", frames[i - 1].builtin, "\n");
    }
    AppendFrame(frames[i], text);
  }
  std::string_view builtin = frames.back().builtin;
  std::string_view message(error.message().data(), error.message().size());
  const bool cut = message.size() > kLongestMessage;
  message = message.substr(0, kLongestMessage);
  absl::StrAppend(&text, builtin.empty() ? "Error: " : absl::StrCat("Error in ", builtin, ": "),
                  message, cut ? "..." : "");
  absl::Status result = MarkDiagnostic(absl::Status(error.code(), text));
  result.SetPayload(kTextPayload, absl::Cord(absl::StrCat(message, cut ? "..." : "")));
  const Location place = thread.CallerLocation();
  result.SetPayload(kPlacePayload,
                    absl::Cord(absl::StrCat(place.line, "\n", place.column, "\n", place.file)));
  return result;
}

std::string ErrorText(const absl::Status& status) {
  if (auto text = status.GetPayload(kTextPayload)) return std::string(*text);
  return std::string(status.message());
}

Location ErrorLocation(const absl::Status& status) {
  Location location;
  auto place = status.GetPayload(kPlacePayload);
  if (!place) return location;
  const std::string text(*place);
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('\n', 2));
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &location.line) ||
      !absl::SimpleAtoi(parts[1], &location.column)) {
    return Location{};
  }
  location.file = parts[2];
  return location;
}

}  // namespace cow::starlark
