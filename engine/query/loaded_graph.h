// LoadedGraph: targets as BUILD files declare them. Selects are not resolved: every branch counts.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/loading/package_loader.h"
#include "engine/loading/target.h"
#include "engine/query/query_graph.h"

namespace cow::query {

struct EdgeOptions {
  bool tool_deps = true;      // edges through attributes with cfg = "exec"
  bool implicit_deps = true;  // edges that the BUILD file does not write: private attributes, defaults
};

class LoadedGraph final : public QueryGraph {
 public:
  // `base`: the package of the current directory. The loader outlives the graph.
  LoadedGraph(loading::PackageLoader& loader, PackageId base, EdgeOptions edges)
      : loader_(loader), base_(std::move(base)), edges_(edges) {}

  absl::StatusOr<ResolvedNodes> Resolve(const std::string& pattern, bool keep_going) override;
  void Prepare(const std::vector<NodeId>& nodes) override;
  DirectDependencies Dependencies(NodeId node) override;
  const NodeInfo& Info(NodeId node) const override { return nodes_[node]->info; }
  std::vector<AttributeValue> Attributes(NodeId node) const override;
  std::optional<AttributeValue> Attribute(NodeId node, std::string_view name) const override;
  absl::StatusOr<NodeId> Neighbour(NodeId node, const Label& label) override;
  absl::StatusOr<NodeSet> PackageOf(NodeId node) override;
  absl::StatusOr<NodeId> BuildFileOf(NodeId node) override;
  absl::StatusOr<NodeSet> LoadedFilesOf(NodeId node) override;
  absl::StatusOr<bool> IsVisible(NodeId node, NodeId from) override;
  absl::StatusOr<NodeSet> TestsOf(NodeId node) override;
  absl::StatusOr<std::vector<std::string>> FilesOf(NodeId node) const override;
  absl::StatusOr<NodeSet> InConfiguration(const NodeSet& nodes, std::string_view configuration) override;

 private:
  struct Node {
    NodeInfo info{};
    const loading::Target* target = nullptr;  // null: a BUILD or .cow file that no target names
  };

  NodeId NodeOf(const loading::Target& target);
  NodeId NodeOfFile(const Label& file);
  std::vector<Label> LabelsBelow(const loading::Target& target) const;

  loading::PackageLoader& loader_;
  const PackageId base_;
  const EdgeOptions edges_;
  std::vector<std::unique_ptr<Node>> nodes_;
  absl::flat_hash_map<Label, NodeId> ids_;
};

// "cc_library rule", "source file", ...
std::string KindOf(const loading::Target& target);

// What output and filters want to know of a target.
NodeInfo InfoOf(const loading::Target& target);

// Attributes of rules, also those that a macro's call adds: generator_function and generator_location.
std::vector<AttributeValue> AttributesOf(const loading::Target& target);

}  // namespace cow::query
