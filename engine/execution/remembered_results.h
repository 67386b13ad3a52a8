// RememberedResults: what actions of a plan made in an earlier build in which they were the same actions. If their inputs
// are what they were then, so are their outputs: no key has to be computed, no record looked up.
//
// The bytes may be gone. Any thread.
#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "engine/execution/artifact_value.h"
#include "engine/model/action.h"
#include "engine/model/strong_id.h"

namespace cow::execution {

class RememberedResults {
 public:
  // `same`: the actions that were in that build, by ActionId. `values`: what the artifacts were, by ArtifactId.
  RememberedResults(std::vector<bool> same, std::vector<std::optional<ActionOutput>> values);

  // The values of the outputs of `action`; nullopt if they are not known. An action is remembered once: who asks again does
  // so because bytes are lost.
  std::optional<std::vector<ArtifactValue>> Take(ActionId id, const Action& action, const std::vector<ArtifactId>& inputs,
                                                 const std::vector<ArtifactValue>& input_values);

 private:
  bool Was(ArtifactId id, const ArtifactValue& value) const;

  const std::vector<bool> same_;
  const std::vector<std::optional<ActionOutput>> values_;
  std::vector<std::atomic<bool>> taken_;
};

}  // namespace cow::execution
