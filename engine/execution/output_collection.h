// Brings what an action made from its scratch directories into the CAS.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "engine/execution/artifact_value.h"
#include "engine/execution/output_scan.h"
#include "engine/store/cas.h"

namespace cow::execution {

struct CollectedOutputs {
  std::vector<ArtifactValue> values{};  // of the declared outputs, in order; valid if no promise is broken
  BrokenPromises broken{};
};

// Moves the files of declared outputs away. Errors are the machine's.
absl::StatusOr<CollectedOutputs> CollectOutputs(const ScanRequest& request, store::LocalCas& cas);

}  // namespace cow::execution
