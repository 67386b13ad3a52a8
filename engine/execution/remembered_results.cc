#include "engine/execution/remembered_results.h"

#include <utility>

namespace cow::execution {

RememberedResults::RememberedResults(std::vector<bool> same, std::vector<std::optional<ActionOutput>> values)
    : same_(std::move(same)), values_(std::move(values)), taken_(same_.size()) {}

bool RememberedResults::Was(ArtifactId id, const ArtifactValue& value) const {
  const std::optional<ActionOutput>& then = values_[id.value()];
  return then && ValueOf(*then) == value;
}

std::optional<std::vector<ArtifactValue>> RememberedResults::Take(ActionId id, const Action& action,
                                                                  const std::vector<ArtifactId>& inputs,
                                                                  const std::vector<ArtifactValue>& input_values) {
  if (!same_[id.value()] || taken_[id.value()].exchange(true)) return std::nullopt;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!Was(inputs[i], input_values[i])) return std::nullopt;
  }
  std::vector<ArtifactValue> outputs;
  for (ArtifactId output : action.outputs) {
    const std::optional<ActionOutput>& then = values_[output.value()];
    if (!then) return std::nullopt;
    outputs.push_back(ValueOf(*then));
  }
  return outputs;
}

}  // namespace cow::execution
