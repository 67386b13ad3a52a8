// Control paragraphs: `Field: value` with continuation lines, and the syntax of names and versions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cow::pack {

class ControlParagraph {
 public:
  // One paragraph. kInvalidArgument for a line that is neither field nor continuation, or a repeated field.
  static absl::StatusOr<ControlParagraph> Parse(std::string_view text);

  // "" if absent. Names compare without case. A value keeps its continuation lines as "\n rest".
  std::string_view Get(std::string_view name) const;
  // Replaces or appends. An empty value removes the field.
  void Set(std::string_view name, std::string_view value);
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  std::string Render() const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

absl::Status CheckPackageName(std::string_view name);
absl::Status CheckVersion(std::string_view version);

// "1.2-3" of "4:1.2-3".
std::string_view WithoutEpoch(std::string_view version);
// Whether the version has a Debian revision, i.e. is not native.
bool HasRevision(std::string_view version);

// <0, 0 or >0 in dpkg's order.
int CompareVersions(std::string_view a, std::string_view b);

}  // namespace cow::pack
