#include "engine/query/configured_graph.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/analysis/file_value.h"
#include "engine/analysis/requested_labels.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"
#include "engine/loading/target_pattern_resolver.h"
#include "engine/query/attribute_text.h"

namespace cow::query {

using analysis::ConfiguredTarget;
using loading::Target;

namespace {

absl::Status OnlyForTargets(std::string_view what) {
  return absl::UnimplementedError(absl::StrCat(what, " are not configured: ask with --at=target"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ConfiguredGraph>> ConfiguredGraph::Create(analysis::AnalysisRequest request,
                                                                         loading::PackageLoader& loader, PackageId base,
                                                                         EdgeOptions edges) {
  std::unique_ptr<ConfiguredGraph> graph(new ConfiguredGraph(loader, std::move(base), edges));
  graph->request_ = std::move(request);
  graph->request_.on_dependencies = [seen = graph.get()](const analysis::DependencyObservation& observation) { seen->Observe(observation); };
  COW_ASSIGN_OR_RETURN(graph->session_, analysis::AnalysisSession::Create(graph->request_, loader));
  return graph;
}

ConfiguredGraph::Node& ConfiguredGraph::NodeAt(const Key& key, NodeId* id) {
  auto [place, added] = ids_.emplace(key, static_cast<NodeId>(nodes_.size()));
  if (added) nodes_.push_back(std::make_unique<Node>());
  *id = place->second;
  return *nodes_[place->second];
}

// Whether --notool_deps and --noimplicit_deps leave the edge in.
bool ConfiguredGraph::Follows(const analysis::DependencyObservation& observation, const analysis::DependencyEdge& edge) const {
  bool is_toolchain = edge.attribute == nullptr && observation.declared.is_rule();
  bool becomes_tool = edge.configuration != nullptr && edge.configuration->is_exec &&
                      (observation.configuration == nullptr || !observation.configuration->is_exec);
  if (!edges_.tool_deps && (is_toolchain || becomes_tool)) return false;
  if (edges_.implicit_deps || edge.attribute == nullptr) return edges_.implicit_deps || !is_toolchain;
  return observation.declared.IsExplicit(edge.attribute->name);
}

void ConfiguredGraph::Observe(const analysis::DependencyObservation& observation) {
  NodeId id = 0;
  Node& node = NodeAt({observation.declared.label(), observation.configuration}, &id);
  node.target = &observation.declared;
  node.info = InfoOf(observation.declared);
  node.configuration = observation.configuration == nullptr ? "null" : observation.configuration->short_name();
  node.is_exec = observation.configuration != nullptr && observation.configuration->is_exec;
  absl::StrAppend(&node.info.name, " (", node.configuration, ")");
  for (const analysis::RuleAttributes::Entry& entry : observation.attributes.entries()) {
    node.attributes.push_back(DescribeAttribute(*entry.attribute, entry.raw, observation.declared.IsExplicit(entry.attribute->name)));
  }
  std::sort(node.attributes.begin(), node.attributes.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const analysis::DependencyEdge& edge : observation.edges) {
    if (edge.target == nullptr || !Follows(observation, edge)) continue;
    NodeId dependency = 0;
    NodeAt({edge.target->label, edge.target->configuration}, &dependency).configured = edge.target;
    node.dependencies.push_back(dependency);
  }
  std::sort(node.dependencies.begin(), node.dependencies.end(), [&](NodeId a, NodeId b) { return nodes_[a]->info.name < nodes_[b]->info.name; });
  node.dependencies.erase(std::unique(node.dependencies.begin(), node.dependencies.end()), node.dependencies.end());
}

absl::StatusOr<NodeId> ConfiguredGraph::Configure(const Label& label) {
  COW_ASSIGN_OR_RETURN(const ConfiguredTarget* configured, session_->Configure(label));
  NodeId id = 0;
  NodeAt({configured->label, configured->configuration}, &id).configured = configured;
  return id;
}

absl::StatusOr<ResolvedNodes> ConfiguredGraph::Resolve(const std::string& pattern, bool keep_going) {
  loading::PatternOptions options{.base = base_, .include_manual = true, .keep_going = keep_going};
  COW_ASSIGN_OR_RETURN(loading::ResolvedPatterns resolved, loading::ResolvePatterns({pattern}, options, loader_));
  ResolvedNodes result{.errors = std::move(resolved.errors)};
  for (const Label& label : resolved.labels) {
    absl::StatusOr<NodeId> node = Configure(label);
    if (node.ok()) {
      result.nodes.Insert(*node);
    } else if (keep_going) {
      result.errors.push_back(node.status());
    } else {
      return node.status();
    }
  }
  return result;
}

DirectDependencies ConfiguredGraph::Dependencies(NodeId node) { return {.nodes = nodes_[node]->dependencies}; }

std::optional<AttributeValue> ConfiguredGraph::Attribute(NodeId node, std::string_view name) const {
  for (const AttributeValue& attribute : nodes_[node]->attributes) {
    if (attribute.name == name) return attribute;
  }
  return std::nullopt;
}

absl::StatusOr<NodeId> ConfiguredGraph::Neighbour(NodeId node, const Label& label) {
  for (NodeId dependency : nodes_[node]->dependencies) {
    if (nodes_[dependency]->info.label == label) return dependency;
  }
  if (nodes_[node]->is_exec) {
    return absl::NotFoundError(absl::StrCat("'", label.ToString(), "' is no dependency of '", nodes_[node]->info.name, "'"));
  }
  return Configure(label);
}

absl::StatusOr<NodeSet> ConfiguredGraph::PackageOf(NodeId) { return OnlyForTargets("packages"); }

absl::StatusOr<NodeId> ConfiguredGraph::BuildFileOf(NodeId) { return OnlyForTargets("BUILD files"); }

absl::StatusOr<NodeSet> ConfiguredGraph::LoadedFilesOf(NodeId) { return OnlyForTargets("files that are loaded"); }

absl::StatusOr<bool> ConfiguredGraph::IsVisible(NodeId node, NodeId from) {
  return loader_.CheckVisible(*nodes_[node]->target, nodes_[from]->info.label).ok();
}

absl::StatusOr<NodeSet> ConfiguredGraph::TestsOf(NodeId node) {
  NodeSet tests;
  COW_ASSIGN_OR_RETURN(std::vector<Label> labels, analysis::ExpandTestSuites(nodes_[node]->info.label, loader_));
  for (const Label& label : labels) {
    COW_ASSIGN_OR_RETURN(const Target* target, loader_.LoadTarget(label));
    if (!target->is_rule() || !target->rule_class().test()) continue;
    COW_ASSIGN_OR_RETURN(NodeId test, Configure(label));
    tests.Insert(test);
  }
  return tests;
}

absl::StatusOr<std::vector<std::string>> ConfiguredGraph::FilesOf(NodeId node) const {
  std::vector<std::string> files;
  const ConfiguredTarget* configured = nodes_[node]->configured;
  if (configured == nullptr) return files;
  for (const analysis::DepsetElement& element : configured->resolved().files.ToList()) {
    if (const auto* file = element.value.As<analysis::FileValue>()) files.push_back(file->artifact().exec_path);
  }
  return files;
}

absl::StatusOr<BuildPlan> ConfiguredGraph::PlanOf(const NodeSet& nodes) {
  std::vector<analysis::SkippedTarget> skipped;
  for (NodeId node : nodes) {
    if (!nodes_[node]->is_exec) COW_RETURN_IF_ERROR(session_->Add(nodes_[node]->info.label, skipped));
  }
  return session_->Finish();
}

absl::StatusOr<NodeSet> ConfiguredGraph::InConfiguration(const NodeSet& nodes, std::string_view configuration) {
  NodeSet kept;
  bool known = configuration == "target" || configuration == "exec" || configuration == "null";
  for (const std::unique_ptr<Node>& node : nodes_) known |= node->configuration == configuration;
  if (!known) {
    return absl::InvalidArgumentError(absl::StrCat("there is no configuration '", configuration,
                                                   "': expected 'target', 'exec', 'null', or a name as --output=label shows it"));
  }
  for (NodeId id : nodes) {
    const Node& node = *nodes_[id];
    bool is_null = node.configuration == "null";
    bool wanted = configuration == "target" ? !is_null && !node.is_exec : configuration == "exec" ? node.is_exec : node.configuration == configuration;
    if (wanted) kept.Insert(id);
  }
  return kept;
}

}  // namespace cow::query
