#include "rules/pack/deb/changelog.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "rules/pack/io/time_text.h"

namespace cow::pack {

absl::StatusOr<ChangelogTop> ParseChangelogTop(std::string_view text) {
  ChangelogTop top;
  std::vector<std::string_view> lines = absl::StrSplit(text, '\n');
  size_t i = 0;
  while (i < lines.size() && absl::StripAsciiWhitespace(lines[i]).empty()) ++i;
  if (i == lines.size()) return absl::InvalidArgumentError("the changelog is empty");
  std::string_view head = lines[i];
  size_t open = head.find(" ("), close = head.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
      head.find(';') == std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", i + 1, ": '", head, "' is not 'package (version) distribution; urgency=level'"));
  }
  top.package = std::string(head.substr(0, open));
  top.version = std::string(head.substr(open + 2, close - open - 2));
  for (++i; i < lines.size(); ++i) {
    if (!lines[i].starts_with(" -- ")) continue;
    size_t date = lines[i].find(">  ");
    if (date == std::string_view::npos) break;
    absl::StatusOr<int64_t> time = ParseRfc2822(absl::StripAsciiWhitespace(lines[i].substr(date + 3)));
    if (!time.ok()) return Annotate(time.status(), absl::StrCat("line ", i + 1));
    top.time = *time;
    return top;
  }
  return absl::InvalidArgumentError("the top entry has no line ' -- Name <mail>  date'");
}

}  // namespace cow::pack
