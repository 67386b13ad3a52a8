// RuleAttributes: the attributes of one rule target in one configuration: selects resolved, labels
// configured.
//
// Made in steps: Resolve finds the values, AddEdges the labels they hold; once those are configured,
// Finish makes what ctx.attr shows. All values lie in one heap, frozen by Finish, so that a rule
// cannot change them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/analysis/aspect_path.h"
#include "engine/analysis/condition_table.h"
#include "engine/analysis/configured_target.h"
#include "engine/loading/target.h"
#include "engine/starlark/heap.h"

namespace cow::analysis {

// One label of one attribute, and what it came to. `attribute` null: a dependency the engine adds.
struct DependencyEdge {
  const loading::Attribute* attribute = nullptr;
  Label label{};
  const Configuration* configuration = nullptr;
  const ConfiguredTarget* target = nullptr;  // null until configured
  // Of a split transition: which of its configurations.
  std::optional<std::string> split_key{};
  // The target itself, whose rule's transition has changed the configuration already.
  bool is_transitioned = false;
  std::vector<AspectUse> aspects{};          // that run on the target, if it fits; then `target` has what they gave
};

// In which configurations the labels of an attribute are: one without key, unless a transition
// splits.
struct EdgeConfiguration {
  std::optional<std::string> split_key{};
  const Configuration* configuration = nullptr;
};
using EdgeConfigurations =
    absl::FunctionRef<absl::StatusOr<std::vector<EdgeConfiguration>>(const loading::Attribute&)>;

// Whether the labels of the attribute are behind a transition written in Starlark: ctx.attr then
// shows a list even for one label.
bool HasTransition(const loading::Attribute& attribute);

class RuleAttributes {
 public:
  struct Entry {
    const loading::Attribute* attribute = nullptr;
    starlark::Value raw{};                // unset: absent
    std::vector<DependencyEdge> edges{};  // of dependency attributes, in order
    starlark::Value shown{};              // ctx.attr.name; unset before Finish
    starlark::Value split{};              // ctx.split_attr.name; unset without transition
  };

  RuleAttributes() : heap_(std::make_unique<starlark::Heap>()) {}

  // Resolves selects. Failure: a plain message about the target.
  absl::Status Resolve(const loading::Target& target, const loading::PackagePtr& package,
                       ConditionTable& conditions);

  // The attributes of an aspect, parameters included. Computed defaults see the parameters only.
  absl::Status ResolveAspect(const AspectUse& use);

  // Makes the edges of attributes that hold dependencies, in the configurations that the function
  // gives. Failure: that of the function.
  absl::Status AddEdges(EdgeConfigurations configurations);

  // Requires every edge to have its target.
  absl::Status Finish();

  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<Entry>& entries() { return entries_; }
  const Entry* Find(std::string_view name) const;
  // After Finish.
  const std::shared_ptr<const starlark::FrozenHeap>& heap() const { return frozen_; }

 private:
  absl::Status ComputeDefaults(const loading::Target& target, loading::PackageLoader& loader,
                               starlark::Thread& thread);
  absl::StatusOr<starlark::Value> Show(const Entry& entry);
  absl::StatusOr<starlark::Value> ShowEdges(const Entry& entry,
                                            std::span<const DependencyEdge> edges);
  absl::StatusOr<starlark::Value> ShowSplit(const Entry& entry);
  absl::StatusOr<starlark::Value> ShowByName(const starlark::Dict& raw,
                                             std::span<const DependencyEdge> edges);

  std::unique_ptr<starlark::Heap> heap_;
  std::shared_ptr<const starlark::FrozenHeap> frozen_;
  std::vector<Entry> entries_;
};

// Labels of this attribute are dependencies: not visibility and the like.
bool HasDependencies(const loading::Attribute& attribute);

}  // namespace cow::analysis
