// What a build came to, as text for people and as JSON for machines.
#pragma once

#include <string>

#include "engine/cli/options.h"

namespace cow::cli {

// Outputs, test outcomes, and the last line: "build finished: 3 targets, 0 actions run, 17 cached, 0.1 s".
std::string ResultAsText(const driver::BuildResult& result, const Options& options);

// {"exit_code":0,"targets":[{"label":..,"ok":..,"files":[{"path":..,"sha256":..}]}],"tests":[..],"actions":{..},"seconds":..}
std::string ResultAsJson(const driver::BuildResult& result);

}  // namespace cow::cli
