// ArgsExpander: snapshots of Args into the argument lists of the plan.
//
// Lists and everything with map_each become plain text here, because they may hold equal values
// more than once; depsets of Files stay depsets, shared between actions. Directories are expanded
// in execution.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/args_value.h"
#include "engine/analysis/depset_converter.h"
#include "engine/model/command_line.h"
#include "engine/starlark/evaluation_limits.h"
#include "engine/starlark/heap.h"

namespace cow::analysis {

// A format with one "%s", as Args checks them, applied. "%%" is a percent sign.
std::string FormatArgument(std::string_view format, std::string_view text);

class ArgsExpander {
 public:
  // `plan_id` gives an analysis artifact its number in the plan; `limits` are those of map_each.
  explicit ArgsExpander(std::function<ArtifactId(ArtifactId)> plan_id,
                        const starlark::EvaluationLimits& limits = {})
      : plan_id_(std::move(plan_id)), limits_(limits) {}

  // Runs map_each functions. Failure: their error with its traceback.
  absl::StatusOr<ArgList> Expand(const ArgsSpec& spec);
  // An item of add_joined as one text, now.
  absl::StatusOr<std::string> JoinText(const ArgsItem& item);

 private:
  ArgValue ToArgValue(starlark::Value value);
  // With `as_text` no artifact is left in what comes out of single values.
  absl::Status ExpandItem(const ArgsItem& item, bool as_text, std::vector<ArgItem>& out);
  static void JoinWithFlag(const std::string& flag, size_t first, std::vector<ArgItem>& items);
  absl::StatusOr<std::vector<starlark::Value>> Map(const ArgsItem& item,
                                                   const std::vector<starlark::Value>& values);
  absl::Status ExpandValues(const ArgsFormat& format, std::vector<starlark::Value> values,
                            std::vector<ArgItem>& out);
  absl::Status ExpandWithDirectories(const ArgsFormat& format,
                                     const std::vector<starlark::Value>& values,
                                     std::vector<ArgItem>& out);

  std::function<ArtifactId(ArtifactId)> plan_id_;
  starlark::EvaluationLimits limits_;
  DepsetConverter<ArgValue> depsets_;
  std::unique_ptr<starlark::Heap> scratch_;  // what map_each functions make
};

}  // namespace cow::analysis
