// PlanRecord: the BuildPlan of a successful build as bytes, from which the part that depends on some changed artifacts
// is taken without decoding the rest, and with which a later plan is compared. PlanValues: what the artifacts of that plan were.
//
// Both are read where they lie. The bytes are trusted: their holder knows by a digest or a seal that they are what was
// encoded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "engine/model/action_result.h"
#include "engine/model/build_plan.h"

namespace cow::store {

// By ArtifactId. The paths of the outputs are empty.
using ArtifactValues = std::vector<std::optional<ActionOutput>>;

// `order`: the actions that were done, each after the producers of its inputs. kResourceExhausted: too large a plan.
absl::StatusOr<std::string> EncodePlan(const BuildPlan& plan, const std::vector<ActionId>& order);

class PlanValues {
 public:
  // `generation` is the caller's own.
  static std::string Encode(const ArtifactValues& values, int64_t generation);
  static absl::StatusOr<PlanValues> Open(std::string bytes);

  int64_t generation() const;
  size_t size() const;
  std::optional<ActionOutput> Get(ArtifactId id) const;
  // All of them.
  ArtifactValues Decode() const;

 private:
  explicit PlanValues(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string bytes_;
};

// A part of a plan: itself a plan.
struct PlanPart {
  BuildPlan plan{};
  std::vector<ArtifactId> artifacts{};  // their ids in the whole plan, by ArtifactId of `plan`
  std::vector<size_t> targets{};        // places in the targets of the whole plan, by place in plan.targets
};

// What of another plan is in the recorded one, too.
struct PlanMatch {
  std::vector<ArtifactId> artifacts{};  // in the record, by ArtifactId of the plan; invalid: none, or no such thing
  std::vector<bool> actions{};          // by ActionId: whether the recorded one says the same, inputs and outputs included
};

class PlanRecord {
 public:
  static absl::StatusOr<PlanRecord> Open(std::string bytes);

  // The actions that depend on `changed`, all runs of tests that do, and the targets that have such outputs or outputs
  // at or below one of `rewritten` (paths below the execution root). What other actions make, and sources that are not
  // changed, are known artifacts of the part.
  absl::StatusOr<PlanPart> PartOf(const std::vector<ArtifactId>& changed,
                                  const absl::flat_hash_set<std::string>& rewritten, const PlanValues& values) const;

  PlanMatch Match(const BuildPlan& plan) const;

  // The labels of all targets.
  absl::StatusOr<std::vector<Label>> Targets() const;
  // Adds the wanted targets and their tests to a plan, with all that they need. kAborted: something that both have is not
  // the same in both; the plan is spoiled then.
  absl::Status AddTo(const std::function<bool(const Label&)>& wanted, BuildPlan* plan) const;

  size_t artifact_count() const;
  // Actions of the whole plan that are processes.
  int64_t processes() const;
  // The label of what makes this path; "" if nothing does.
  std::string OwnerOf(std::string_view exec_path) const;

 private:
  explicit PlanRecord(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string bytes_;
};

}  // namespace cow::store
