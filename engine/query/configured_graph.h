// ConfiguredGraph: targets as they are built: selects resolved, toolchains chosen, one node per configuration.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/analysis/analysis_session.h"
#include "engine/analysis/dependency_observation.h"
#include "engine/loading/package_loader.h"
#include "engine/model/build_plan.h"
#include "engine/query/loaded_graph.h"
#include "engine/query/query_graph.h"

namespace cow::query {

class ConfiguredGraph final : public QueryGraph {
 public:
  // `request`: how to configure; its labels are not looked at. The loader outlives the graph. Failure: as analysis
  // says it.
  static absl::StatusOr<std::unique_ptr<ConfiguredGraph>> Create(analysis::AnalysisRequest request, loading::PackageLoader& loader,
                                                                 PackageId base, EdgeOptions edges);

  absl::StatusOr<ResolvedNodes> Resolve(const std::string& pattern, bool keep_going) override;
  void Prepare(const std::vector<NodeId>&) override {}
  DirectDependencies Dependencies(NodeId node) override;
  const NodeInfo& Info(NodeId node) const override { return nodes_[node]->info; }
  std::vector<AttributeValue> Attributes(NodeId node) const override { return nodes_[node]->attributes; }
  std::optional<AttributeValue> Attribute(NodeId node, std::string_view name) const override;
  absl::StatusOr<NodeId> Neighbour(NodeId node, const Label& label) override;
  absl::StatusOr<NodeSet> PackageOf(NodeId node) override;
  absl::StatusOr<NodeId> BuildFileOf(NodeId node) override;
  absl::StatusOr<NodeSet> LoadedFilesOf(NodeId node) override;
  absl::StatusOr<bool> IsVisible(NodeId node, NodeId from) override;
  absl::StatusOr<NodeSet> TestsOf(NodeId node) override;
  absl::StatusOr<std::vector<std::string>> FilesOf(NodeId node) const override;
  absl::StatusOr<NodeSet> InConfiguration(const NodeSet& nodes, std::string_view configuration) override;

  // The actions that may run to build those of `nodes` that are in the requested configuration. To be called once.
  absl::StatusOr<BuildPlan> PlanOf(const NodeSet& nodes);

  // "linux_amd64-fastbuild", or "null" for files.
  const std::string& ConfigurationOf(NodeId node) const { return nodes_[node]->configuration; }

 private:
  struct Node {
    NodeInfo info{};
    std::string configuration{};
    bool is_exec = false;
    const loading::Target* target = nullptr;
    const analysis::ConfiguredTarget* configured = nullptr;  // set when somebody depends on it or asked for it
    std::vector<AttributeValue> attributes{};
    std::vector<NodeId> dependencies{};
  };
  using Key = std::pair<Label, const analysis::Configuration*>;

  ConfiguredGraph(loading::PackageLoader& loader, PackageId base, EdgeOptions edges)
      : loader_(loader), base_(std::move(base)), edges_(edges) {}

  void Observe(const analysis::DependencyObservation& observation);
  bool Follows(const analysis::DependencyObservation& observation, const analysis::DependencyEdge& edge) const;
  Node& NodeAt(const Key& key, NodeId* id);
  absl::StatusOr<NodeId> Configure(const Label& label);

  loading::PackageLoader& loader_;
  const PackageId base_;
  const EdgeOptions edges_;
  analysis::AnalysisRequest request_;
  std::unique_ptr<analysis::AnalysisSession> session_;
  std::vector<std::unique_ptr<Node>> nodes_;
  absl::flat_hash_map<Key, NodeId> ids_;
};

}  // namespace cow::query
