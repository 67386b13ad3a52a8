#include "engine/query/functions.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow::query {
namespace {

template <typename Keep>
NodeSet Select(const NodeSet& nodes, const Keep& keep) {
  NodeSet kept;
  for (NodeId node : nodes) {
    if (keep(node)) kept.Insert(node);
  }
  return kept;
}

// What `of` gives for every node together; a failure counts as `on_failure` says.
template <typename Of>
absl::StatusOr<NodeSet> UnionOf(const NodeSet& nodes, const FailureHandler& on_failure, const Of& of) {
  NodeSet found;
  for (NodeId node : nodes) {
    absl::StatusOr<NodeSet> more = of(node);
    if (more.ok()) {
      found.InsertAll(*more);
    } else {
      COW_RETURN_IF_ERROR(on_failure(more.status()));
    }
  }
  return found;
}

// Nodes that stand for their packages: one of each.
NodeSet OnePerPackage(const QueryGraph& graph, const NodeSet& nodes) {
  std::set<PackageId> seen;
  return Select(nodes, [&](NodeId node) { return seen.insert(graph.Info(node).label.package()).second; });
}

absl::Status Stop(absl::Status status) { return status; }

absl::StatusOr<NodeSet> BuildFileOf(QueryGraph& graph, NodeId node) {
  COW_ASSIGN_OR_RETURN(NodeId file, graph.BuildFileOf(node));
  NodeSet found;
  found.Insert(file);
  return found;
}

}  // namespace

absl::StatusOr<TextPattern> TextPattern::Compile(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  TextPattern compiled;
  compiled.pattern_ = std::make_shared<const RE2>(pattern, options);
  if (!compiled.pattern_->ok()) {
    return absl::InvalidArgumentError(absl::StrCat("'", pattern, "' is no regular expression: ", compiled.pattern_->error()));
  }
  return compiled;
}

NodeSet OfKind(const QueryGraph& graph, const TextPattern& pattern, const NodeSet& nodes) {
  return Select(nodes, [&](NodeId node) { return pattern.Matches(graph.Info(node).kind); });
}

NodeSet WithName(const QueryGraph& graph, const TextPattern& pattern, const NodeSet& nodes) {
  return Select(nodes, [&](NodeId node) { return pattern.Matches(graph.Info(node).label.ToString()); });
}

NodeSet WithAttribute(const QueryGraph& graph, const std::string& name, const TextPattern& pattern, const NodeSet& nodes) {
  return Select(nodes, [&](NodeId node) {
    std::optional<AttributeValue> value = graph.Attribute(node, name);
    return value && std::any_of(value->texts.begin(), value->texts.end(), [&](const std::string& text) { return pattern.Matches(text); });
  });
}

NodeSet Executables(const QueryGraph& graph, const NodeSet& nodes) {
  return Select(nodes, [&](NodeId node) { return graph.Info(node).rule && graph.Info(node).rule->is_executable; });
}

absl::StatusOr<NodeSet> LabelsOf(QueryGraph& graph, const std::string& attribute, const NodeSet& nodes,
                                 const FailureHandler& on_failure) {
  NodeSet found;
  for (NodeId node : nodes) {
    std::optional<AttributeValue> value = graph.Attribute(node, attribute);
    if (!value) continue;
    for (const Label& label : value->labels) {
      absl::StatusOr<NodeId> neighbour = graph.Neighbour(node, label);
      if (neighbour.ok()) {
        found.Insert(*neighbour);
      } else {
        COW_RETURN_IF_ERROR(on_failure(neighbour.status()));
      }
    }
  }
  return found;
}

absl::StatusOr<NodeSet> TestsOf(QueryGraph& graph, const NodeSet& nodes, const FailureHandler& on_failure) {
  return UnionOf(nodes, on_failure, [&](NodeId node) { return graph.TestsOf(node); });
}

absl::StatusOr<NodeSet> LoadedFilesOf(QueryGraph& graph, const NodeSet& nodes) {
  return UnionOf(OnePerPackage(graph, nodes), Stop, [&](NodeId node) { return graph.LoadedFilesOf(node); });
}

absl::StatusOr<NodeSet> BuildFilesOf(QueryGraph& graph, const NodeSet& nodes) {
  auto build_file = [&](NodeId node) { return BuildFileOf(graph, node); };
  COW_ASSIGN_OR_RETURN(NodeSet found, UnionOf(OnePerPackage(graph, nodes), Stop, build_file));
  COW_ASSIGN_OR_RETURN(NodeSet loaded, LoadedFilesOf(graph, nodes));
  found.InsertAll(loaded);
  // The packages of the loaded files were read as well, to know that they are packages.
  COW_ASSIGN_OR_RETURN(NodeSet outer, UnionOf(OnePerPackage(graph, loaded), Stop, build_file));
  found.InsertAll(outer);
  return found;
}

absl::StatusOr<NodeSet> SiblingsOf(QueryGraph& graph, const NodeSet& nodes) {
  return UnionOf(OnePerPackage(graph, nodes), Stop, [&](NodeId node) { return graph.PackageOf(node); });
}

absl::StatusOr<NodeSet> VisibleTo(QueryGraph& graph, const NodeSet& from, const NodeSet& nodes) {
  NodeSet found;
  for (NodeId node : nodes) {
    bool all = true;
    for (NodeId user : from) {
      COW_ASSIGN_OR_RETURN(bool visible, graph.IsVisible(node, user));
      all &= visible;
    }
    if (all) found.Insert(node);
  }
  return found;
}

absl::StatusOr<NodeSet> SamePackageDependents(QueryGraph& graph, const NodeSet& nodes, Traversal& traversal) {
  NodeSet found;
  COW_ASSIGN_OR_RETURN(NodeSet siblings, SiblingsOf(graph, nodes));
  for (NodeId sibling : siblings) {
    COW_ASSIGN_OR_RETURN(std::vector<NodeId> dependencies, traversal.Dependencies(sibling));
    for (NodeId dependency : dependencies) {
      bool same_package = graph.Info(dependency).label.package() == graph.Info(sibling).label.package();
      if (same_package && nodes.Contains(dependency)) found.Insert(sibling);
    }
  }
  return found;
}

absl::StatusOr<NodeSet> BuildFilesReading(QueryGraph& graph, const std::vector<std::string>& files, const NodeSet& universe) {
  auto wanted = [&](NodeId node) {
    const Label& label = graph.Info(node).label;
    std::string path = label.repo().empty() ? JoinPath(label.package().path(), label.name()) : "";
    return std::any_of(files.begin(), files.end(), [&](const std::string& file) { return file == path || file == label.ToString(); });
  };
  NodeSet found;
  for (NodeId node : OnePerPackage(graph, universe)) {
    COW_ASSIGN_OR_RETURN(NodeId build_file, graph.BuildFileOf(node));
    COW_ASSIGN_OR_RETURN(NodeSet read, graph.LoadedFilesOf(node));
    read.Insert(build_file);
    if (std::any_of(read.begin(), read.end(), wanted)) found.Insert(build_file);
  }
  return found;
}

}  // namespace cow::query
