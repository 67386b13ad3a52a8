#include "engine/execution/cached_result.h"

namespace cow::execution {
namespace {

// "S3p" is an S3 whose machine does not allow a /proc.
constexpr size_t kTierName = 2;

}  // namespace

std::optional<std::vector<ArtifactValue>> UsableValues(const ActionResult& result,
                                                       const std::vector<DeclaredOutput>& declared,
                                                       std::string_view min_tier) {
  if (result.exit_code != 0 || result.outputs.size() != declared.size()) return std::nullopt;
  if (std::string_view(result.sandbox_tier).substr(0, kTierName) < min_tier.substr(0, kTierName)) return std::nullopt;
  std::vector<ArtifactValue> values;
  for (size_t i = 0; i < declared.size(); ++i) {
    const ActionOutput& output = result.outputs[i];
    if (output.path != declared[i].path || output.kind != declared[i].kind) return std::nullopt;
    values.push_back(ValueOf(output));
  }
  return values;
}

}  // namespace cow::execution
