// QueryGraph: what the language asks of the targets it is evaluated over. There is one over loaded packages, and one
// over configured targets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/model/label.h"
#include "engine/query/node_set.h"

namespace cow::query {

// One value of an attribute as the query sees it.
struct AttributeValue {
  std::string name{};
  std::string type{};        // "string", "list(label)", ...
  bool is_explicit = false;  // written in the BUILD file
  // As attr() matches it: "text", "[//a:b, //a:c]", "1"; one per branch of a select.
  std::vector<std::string> texts{};
  std::string build_text{};  // as a BUILD file would say it, selects included
  std::string json{};        // the value, or for a select a string with its text
  std::vector<Label> labels{};  // of label attributes, outputs included; all branches of selects
};

struct NodeRule {
  std::string class_name{};
  bool is_test = false;
  bool is_executable = false;
  std::vector<std::string> tags{};
};

// What a node is. References stay valid as long as the graph.
struct NodeInfo {
  Label label{};
  std::string name{};             // as output shows it: the label, for configured targets with the configuration
  std::string kind{};             // "cc_library rule", "source file", "generated file", "package group"
  Location location{};
  std::optional<NodeRule> rule{}; // unset for files and groups
};

// What a node depends on directly, without duplicates, by label; `errors` are about those that are not there.
struct DirectDependencies {
  std::vector<NodeId> nodes{};
  std::vector<absl::Status> errors{};
};

struct ResolvedNodes {
  NodeSet nodes{};
  std::vector<absl::Status> errors{};
};

// One thread. Node ids are dense, from 0.
class QueryGraph {
 public:
  virtual ~QueryGraph() = default;

  // The targets of a pattern, wildcards including those tagged "manual". Failure: as loading says it; with keep_going
  // what is broken is left out and told in `errors`.
  virtual absl::StatusOr<ResolvedNodes> Resolve(const std::string& pattern, bool keep_going) = 0;

  // Makes Dependencies of these quick; failures show there.
  virtual void Prepare(const std::vector<NodeId>& nodes) = 0;
  virtual DirectDependencies Dependencies(NodeId node) = 0;

  virtual const NodeInfo& Info(NodeId node) const = 0;
  // All attributes of a rule, in order of name; empty for others.
  virtual std::vector<AttributeValue> Attributes(NodeId node) const = 0;
  // unset: a file or group, or the rule has no such attribute.
  virtual std::optional<AttributeValue> Attribute(NodeId node, std::string_view name) const = 0;

  // The node of a label that some node names; the same configuration, if there are any.
  virtual absl::StatusOr<NodeId> Neighbour(NodeId node, const Label& label) = 0;
  // Every target of the node's package.
  virtual absl::StatusOr<NodeSet> PackageOf(NodeId node) = 0;
  // The BUILD file of the node's package, and what it loads.
  virtual absl::StatusOr<NodeId> BuildFileOf(NodeId node) = 0;
  virtual absl::StatusOr<NodeSet> LoadedFilesOf(NodeId node) = 0;
  // Whether `node` may be used by `from`.
  virtual absl::StatusOr<bool> IsVisible(NodeId node, NodeId from) = 0;
  // The tests of a test_suite, or the node itself if it is a test; nothing for others.
  virtual absl::StatusOr<NodeSet> TestsOf(NodeId node) = 0;
  // Paths of the files the node stands for. kUnimplemented where that is not known.
  virtual absl::StatusOr<std::vector<std::string>> FilesOf(NodeId node) const = 0;
  // The nodes of `configuration`: "target", "exec", "null" or a name. kInvalidArgument where there are none.
  virtual absl::StatusOr<NodeSet> InConfiguration(const NodeSet& nodes, std::string_view configuration) = 0;
};

}  // namespace cow::query
