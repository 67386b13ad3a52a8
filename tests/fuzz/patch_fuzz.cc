// Feeds any text to the reader of patches: what it accepts names a file, and no hunk is longer than the text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/status.h"
#include "engine/loading/unified_diff.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  absl::StatusOr<std::vector<cow::loading::FileDiff>> files = cow::loading::ParseUnifiedDiff(text);
  if (!files.ok()) return 0;
  size_t lines = 0;
  for (const cow::loading::FileDiff& file : *files) {
    COW_CHECK(!file.old_path.empty() || !file.new_path.empty());
    for (const cow::loading::DiffHunk& hunk : file.hunks) lines += hunk.lines.size();
  }
  COW_CHECK(lines <= size);
  return 0;
}
