// Helm charts: a tree of chart files checked and written as `<name>-<version>.tgz`.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rules/pack/tree/file_tree.h"

namespace cow::pack {

struct ChartInfo {
  std::string name;
  std::string version;
};

// Checks Chart.yaml, names and sizes of a tree whose root is the chart's folder, and drops what .helmignore
// names. Errors name the file in the chart.
absl::StatusOr<ChartInfo> CheckChart(FileTree& tree);

// The .tgz bytes. The tree must have passed CheckChart.
absl::StatusOr<std::string> PackChart(const FileTree& tree, const ChartInfo& info, int64_t mtime);

// Name and version of a packed chart. kInvalidArgument if it is not one.
absl::StatusOr<ChartInfo> InspectChart(const std::string& tgz_bytes);

// MAJOR.MINOR.PATCH with optional pre-release and build parts.
bool IsSemanticVersion(std::string_view text);

}  // namespace cow::pack
