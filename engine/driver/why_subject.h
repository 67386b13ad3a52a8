// WhySubject: which recorded actions a label, pattern or file on a command line means. Reads no BUILD file.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/model/build_record.h"
#include "engine/model/target_pattern.h"

namespace cow::driver {

class WhySubject {
 public:
  // `directory`: absolute, where it was typed. kInvalidArgument: it is neither a pattern nor a path in the workspace.
  static absl::StatusOr<WhySubject> Parse(const std::string& text, const std::string& root, const std::string& directory);

  bool Matches(const RecordedAction& action) const;

 private:
  bool MatchesLabel(const std::string& label) const;
  bool MatchesFile(const std::string& output) const;

  std::optional<TargetPattern> pattern_;
  std::string path_;  // below the workspace: exec path or short path of an output
};

}  // namespace cow::driver
