// PreparedAction: a kRun action with everything about it known: arguments expanded, inputs with their digests, and
// the ActionKey that names all of it.
//
// ActionKey = digest of the canonical REAPI Action {command, input root, timeout, platform, salt}. The same key serves
// the local action cache and a remote one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/execution/artifact_value.h"
#include "engine/execution/command_expansion.h"
#include "engine/execution/key_preimage.h"
#include "engine/execution/output_scan.h"
#include "engine/execution/spawn_runner.h"
#include "engine/execution/tree_reader.h"
#include "engine/model/build_plan.h"

namespace cow::execution {

// Part of every key. To be raised with any change of what an action sees or of how outputs are taken: results made
// before the change are then not found any more.
inline constexpr int kEngineEpoch = 3;

// The result is never looked up nor stored.
inline constexpr char kNoCacheRequirement[] = "no-cache";

struct PreparedAction {
  Digest key{};
  KeyPreimage preimage{};                  // what `key` was made from
  std::vector<SpawnInput> inputs{};        // in the order of a walk through the execution root
  std::vector<std::string> argv{};
  std::vector<std::string> env{};          // NAME=value, sorted
  std::vector<ParamFile> written_files{};  // inputs whose bytes are not in the CAS yet: parameters, runfiles manifests
  std::vector<DeclaredOutput> outputs{};   // in the order of Action.outputs
  std::optional<Digest> root_tree{};       // the tree that is the root directory
  bool cacheable = true;
};

// `inputs` in the order of a walk through the execution root, `values` are theirs. Misses (store::IsMiss): a tree among
// the inputs is not in the CAS. kInvalidArgument: the declaration makes no sense; the message says why.
absl::StatusOr<PreparedAction> Prepare(const BuildPlan& plan, ActionId id, const std::vector<ArtifactId>& inputs,
                                       const std::vector<ArtifactValue>& values, TreeReader& trees);

}  // namespace cow::execution
