// UnifiedDiff: the text of a patch, taken apart. Reads what diff -u and git diff write.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace cow::loading {

struct DiffLine {
  char kind = ' ';           // ' ' context, '-' removed, '+' added
  std::string text{};        // without line ending
  bool ends_line = true;     // false: "\ No newline at end of file" follows it
};

struct DiffHunk {
  int patch_line = 0;        // of its "@@" in the patch, from 1
  int old_start = 0;         // first line it replaces, from 1; 0 for a new file
  std::vector<DiffLine> lines{};
};

struct FileDiff {
  int patch_line = 0;
  std::string old_path{};    // as written, "a/x.cc"; "" = the file is new
  std::string new_path{};    // "" = the file goes away
  bool renames = false;      // the old file goes away in favour of the new one
  bool has_mode = false;     // git said which mode the new file has
  bool executable = false;
  std::vector<DiffHunk> hunks{};
};

// Text before the first file and between files is commentary. kInvalidArgument "line N: ..." for a damaged hunk, a
// binary patch, or a text without any file.
absl::StatusOr<std::vector<FileDiff>> ParseUnifiedDiff(std::string_view text);

}  // namespace cow::loading
