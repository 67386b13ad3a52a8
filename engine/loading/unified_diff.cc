#include "engine/loading/unified_diff.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"

namespace cow::loading {
namespace {

struct Range {
  int start = 0;
  int count = 1;
};

// "12,3" or "12".
std::optional<Range> ParseRange(std::string_view text) {
  Range range;
  size_t comma = text.find(',');
  if (!absl::SimpleAtoi(text.substr(0, comma), &range.start)) return std::nullopt;
  if (comma != std::string_view::npos && !absl::SimpleAtoi(text.substr(comma + 1), &range.count)) return std::nullopt;
  if (range.start < 0 || range.count < 0) return std::nullopt;
  return range;
}

bool Consume(std::string_view& text, std::string_view prefix) {
  if (!absl::StartsWith(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string_view WithoutReturn(std::string_view line) {
  if (absl::EndsWith(line, "\r")) line.remove_suffix(1);
  return line;
}

class Parser {
 public:
  explicit Parser(std::string_view text) {
    for (std::string_view line : absl::StrSplit(text, '\n')) lines_.push_back(line);
    // The last line ending ends a line; it does not begin one.
    if (!lines_.empty() && lines_.back().empty()) lines_.pop_back();
  }

  absl::StatusOr<std::vector<FileDiff>> Run() {
    while (at_ < lines_.size()) COW_RETURN_IF_ERROR(Step());
    Finish();
    if (files_.empty()) return absl::InvalidArgumentError("it is no unified diff: it names no file");
    return std::move(files_);
  }

 private:
  absl::Status Fail(std::string_view message) const {
    return absl::InvalidArgumentError(absl::StrCat("line ", at_ + 1, ": ", message));
  }

  // A path ends at a tab, behind which diff -u writes a time. Git quotes odd names.
  static std::string PathIn(std::string_view text) {
    text = text.substr(0, text.find('\t'));
    text = WithoutReturn(text);
    if (text.size() > 1 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    return text == "/dev/null" ? "" : std::string(text);
  }

  void Begin() {
    Finish();
    current_ = FileDiff{.patch_line = static_cast<int>(at_) + 1};
  }

  void Finish() {
    if (!current_) return;
    bool does_something = !current_->hunks.empty() || current_->renames || in_git_header_;
    if (does_something && (!current_->old_path.empty() || !current_->new_path.empty())) files_.push_back(*std::move(current_));
    current_.reset();
    in_git_header_ = false;
  }

  absl::Status Step() {
    std::string_view line = lines_[at_];
    if (absl::StartsWith(line, "diff --git ")) {
      Begin();
      in_git_header_ = false;
    } else if (absl::StartsWith(line, "--- ") && at_ + 1 < lines_.size() && absl::StartsWith(lines_[at_ + 1], "+++ ")) {
      // Behind a git header this is the same file, else the next.
      if (!current_ || !current_->hunks.empty() || !absl::StartsWith(lines_[current_->patch_line - 1], "diff --git ")) Begin();
      current_->old_path = PathIn(line.substr(4));
      current_->new_path = PathIn(lines_[at_ + 1].substr(4));
      ++at_;
    } else if (absl::StartsWith(line, "@@ ") && current_ && !(current_->old_path.empty() && current_->new_path.empty())) {
      return ReadHunk();
    } else if (absl::StartsWith(line, "GIT binary patch") || absl::StartsWith(line, "Binary files ")) {
      return Fail("binary patches are not supported");
    } else if (current_ && current_->hunks.empty()) {
      ReadGitHeader(line);
    }
    ++at_;
    return absl::OkStatus();
  }

  void ReadGitHeader(std::string_view line) {
    FileDiff& file = *current_;
    line = WithoutReturn(line);
    if (Consume(line, "rename from ")) {
      // Git writes these two without "a/" and "b/"; a component is put back so that strip counts alike.
      file.old_path = absl::StrCat("a/", PathIn(line));
      file.renames = true;
    } else if (Consume(line, "rename to ")) {
      file.new_path = absl::StrCat("b/", PathIn(line));
    } else if (Consume(line, "new file mode ") || Consume(line, "new mode ")) {
      file.has_mode = true;
      file.executable = absl::EndsWith(line, "755");
      TakePathsOfHeader();
      if (absl::StartsWith(lines_[at_], "new file")) file.old_path.clear();
    } else if (absl::StartsWith(line, "deleted file mode ")) {
      TakePathsOfHeader();
      file.new_path.clear();
    }
  }

  // "diff --git a/x b/x": for changes that have no "---" line, as a mode or an empty file.
  void TakePathsOfHeader() {
    std::string_view header = lines_[static_cast<size_t>(current_->patch_line) - 1];
    if (!Consume(header, "diff --git ")) return;
    header = WithoutReturn(header);
    // Both names are the same but for their first component.
    size_t half = header.size() / 2;
    if (header.size() % 2 == 0 || header[half] != ' ') return;
    current_->old_path = PathIn(header.substr(0, half));
    current_->new_path = PathIn(header.substr(half + 1));
    in_git_header_ = true;
  }

  absl::Status ReadHunk() {
    std::string_view line = lines_[at_];
    size_t end = line.find(" @@", 2);
    std::vector<std::string_view> words;
    if (end != std::string_view::npos) words = absl::StrSplit(line.substr(3, end - 3), ' ');
    std::optional<Range> before, after;
    if (words.size() == 2 && Consume(words[0], "-") && Consume(words[1], "+")) {
      before = ParseRange(words[0]);
      after = ParseRange(words[1]);
    }
    if (!before || !after) return Fail(absl::StrCat("expected '@@ -start,count +start,count @@', got '", line, "'"));
    DiffHunk hunk{.patch_line = static_cast<int>(at_) + 1, .old_start = before->start};
    ++at_;
    int old_left = before->count;
    int new_left = after->count;
    while (old_left > 0 || new_left > 0) {
      if (at_ >= lines_.size()) return Fail(absl::StrCat("the hunk of line ", hunk.patch_line, " is cut off"));
      COW_RETURN_IF_ERROR(ReadHunkLine(hunk, old_left, new_left));
    }
    ReadNoNewline(hunk);
    current_->hunks.push_back(std::move(hunk));
    return absl::OkStatus();
  }

  absl::Status ReadHunkLine(DiffHunk& hunk, int& old_left, int& new_left) {
    std::string_view line = lines_[at_];
    if (ReadNoNewline(hunk)) return absl::OkStatus();
    // Mail programs take away the blank of an empty context line.
    char kind = line.empty() || line == "\r" ? ' ' : line[0];
    if (kind != ' ' && kind != '-' && kind != '+') {
      return Fail(absl::StrCat("expected a line that begins with ' ', '+' or '-', got '", line, "'"));
    }
    if (kind != '+') --old_left;
    if (kind != '-') --new_left;
    if (old_left < 0 || new_left < 0) return Fail(absl::StrCat("the hunk of line ", hunk.patch_line, " has more lines than it says"));
    hunk.lines.push_back({kind, std::string(line.empty() || line == "\r" ? line : line.substr(1))});
    ++at_;
    return absl::OkStatus();
  }

  bool ReadNoNewline(DiffHunk& hunk) {
    if (at_ >= lines_.size() || !absl::StartsWith(lines_[at_], "\\") || hunk.lines.empty()) return false;
    hunk.lines.back().ends_line = false;
    ++at_;
    return true;
  }

  std::vector<std::string_view> lines_;
  size_t at_ = 0;
  std::optional<FileDiff> current_;
  bool in_git_header_ = false;  // the header alone says what happens to the file
  std::vector<FileDiff> files_;
};

}  // namespace

absl::StatusOr<std::vector<FileDiff>> ParseUnifiedDiff(std::string_view text) { return Parser(text).Run(); }

}  // namespace cow::loading
