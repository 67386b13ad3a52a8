#include "engine/loading/ignored_directories.h"

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "engine/base/rel_path.h"

namespace cow::loading {

IgnoredDirectories::IgnoredDirectories(SourceTree& tree, const std::string& root) {
  for (const char* file : {".cowignore", ".bazelignore"}) {
    absl::StatusOr<std::shared_ptr<const std::string>> text = tree.Read(JoinPath(root, file));
    if (!text.ok()) continue;
    for (std::string_view line : absl::StrSplit(**text, '\n')) {
      line = absl::StripAsciiWhitespace(line);
      if (line.empty() || line[0] == '#') continue;
      while (line.starts_with("./")) line.remove_prefix(2);
      while (line.ends_with('/')) line.remove_suffix(1);
      paths_.emplace(line);
    }
  }
}

}  // namespace cow::loading
