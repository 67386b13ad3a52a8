// The maintainer scripts systemd units need: enable and start on install, stop on removal, purge.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace cow::pack {

using ScriptMap = std::map<std::string, std::string>;  // by name: postinst, prerm, ...

// Puts the generated parts where a script says `#DEBHELPER#`, or makes the script. kInvalidArgument for a script
// of a wrong name, without `#!`, or without that line where a part is needed.
absl::StatusOr<ScriptMap> MaintainerScripts(const ScriptMap& own, const std::vector<std::string>& units);

}  // namespace cow::pack
