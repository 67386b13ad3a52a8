// BuildPlan: all that execution needs to know: artifacts, the actions that make them, what is wanted.
//
// The only value that crosses from analysis to execution (decision A7). Built once, then immutable and shared.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/model/action.h"
#include "engine/model/action_result.h"
#include "engine/model/artifact.h"
#include "engine/model/host_tree.h"
#include "engine/model/label.h"
#include "engine/model/runfiles_tree.h"
#include "engine/model/strong_id.h"

namespace cow {

// A top-level target and the artifacts that building it must bring into cow-out.
struct RequestedTarget {
  Label label{};
  std::string configuration{};
  std::vector<ArtifactId> outputs{};
  ArtifactId executable{};                  // invalid if the target cannot be run
  std::vector<ArtifactId> runfiles{};       // files the executable needs besides itself
  RunfilesTreePtr runfiles_tree{};          // where it finds them; null if it cannot be run
  // How `cow run` starts it: arguments before those of the user, variables besides its own environment.
  std::vector<std::string> run_args{};
  std::map<std::string, std::string> run_env{};
};

// A run of a test, after its executable was built: itself an action whose result is cached like any other. A test that
// is sharded or repeated has several, one after the other in BuildPlan::tests.
struct TestSpec {
  Label label{};
  ActionId action{};                        // succeeds if the test passes
  ArtifactId log{};                         // its first output and its captured_output
};

// An artifact that no action of this plan makes or reads anew: what it is, is known from an earlier build. Its bytes may
// be gone.
struct KnownArtifact {
  ArtifactId id{};
  ActionOutput value{};                     // the path does not matter
};

struct BuildPlan {
  std::vector<Artifact> artifacts{};        // by ArtifactId
  std::vector<Action> actions{};            // by ActionId
  std::vector<HostTreePtr> host_trees{};    // by HostTreeId
  std::vector<RequestedTarget> targets{};
  std::vector<TestSpec> tests{};
  std::vector<KnownArtifact> known{};       // only in a part of a larger plan

  const Artifact& artifact(ArtifactId id) const { return artifacts[id.value()]; }
  const Action& action(ActionId id) const { return actions[id.value()]; }
};

}  // namespace cow
