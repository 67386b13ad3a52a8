// Build settings: targets whose value is part of the configuration: rules with build_setting,
// label_flag, label_setting.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/analysis/option_value.h"
#include "engine/loading/package_loader.h"
#include "engine/loading/target.h"
#include "engine/loading/workspace.h"
#include "engine/model/build_options.h"
#include "engine/model/label.h"
#include "engine/starlark/value.h"

namespace cow::analysis {

// Null if the target is none.
const loading::BuildSetting* BuildSettingOf(const loading::Target& target);

// The value where nothing sets it. Failure: a diagnostic at the target.
absl::StatusOr<OptionValue> SettingDefault(const loading::Target& setting);

// What `text` means; one use of those that may be repeated. Failure: a plain message:
// "expected value of type 'bool', got 'maybe'".
absl::StatusOr<OptionValue> ParseSetting(const loading::BuildSetting& setting,
                                         std::string_view text,
                                         const loading::Workspace& workspace);

// What a transition returned. Failure: a plain message:
// "expected value of type 'bool', but got "x" (string)". Labels are relative to `base`.
absl::StatusOr<OptionValue> SettingFromStarlark(const loading::BuildSetting& setting,
                                                starlark::Value value, const PackageId& base,
                                                const loading::Workspace& workspace);

// Reads what the command line says about build settings. Failure: a message that names the flag.
absl::Status AddSettings(const std::vector<SettingFlag>& flags, loading::PackageLoader& loader,
                         const loading::Workspace& workspace,
                         std::map<Label, OptionValue>& settings);

}  // namespace cow::analysis
