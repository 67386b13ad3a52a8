// What the functions of the query language do, besides the walks of traversal.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/query/node_set.h"
#include "engine/query/query_graph.h"
#include "engine/query/traversal.h"
#include "re2/re2.h"

namespace cow::query {

// A pattern as kind(), filter() and attr() take it: found anywhere in the text.
class TextPattern {
 public:
  // kInvalidArgument, plain, says what is wrong with it.
  static absl::StatusOr<TextPattern> Compile(const std::string& pattern);
  bool Matches(std::string_view text) const { return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern_); }

 private:
  std::shared_ptr<const RE2> pattern_;
};

NodeSet OfKind(const QueryGraph& graph, const TextPattern& pattern, const NodeSet& nodes);
NodeSet WithName(const QueryGraph& graph, const TextPattern& pattern, const NodeSet& nodes);
NodeSet WithAttribute(const QueryGraph& graph, const std::string& name, const TextPattern& pattern, const NodeSet& nodes);
NodeSet Executables(const QueryGraph& graph, const NodeSet& nodes);
absl::StatusOr<NodeSet> LabelsOf(QueryGraph& graph, const std::string& attribute, const NodeSet& nodes,
                                 const FailureHandler& on_failure);
absl::StatusOr<NodeSet> TestsOf(QueryGraph& graph, const NodeSet& nodes, const FailureHandler& on_failure);
absl::StatusOr<NodeSet> LoadedFilesOf(QueryGraph& graph, const NodeSet& nodes);
// BUILD files and what they load.
absl::StatusOr<NodeSet> BuildFilesOf(QueryGraph& graph, const NodeSet& nodes);
absl::StatusOr<NodeSet> SiblingsOf(QueryGraph& graph, const NodeSet& nodes);
// Those of `nodes` that all of `from` may use.
absl::StatusOr<NodeSet> VisibleTo(QueryGraph& graph, const NodeSet& from, const NodeSet& nodes);
absl::StatusOr<NodeSet> SamePackageDependents(QueryGraph& graph, const NodeSet& nodes, Traversal& traversal);
// BUILD files of the packages of `universe` that read one of `files`: paths below the workspace, or labels.
absl::StatusOr<NodeSet> BuildFilesReading(QueryGraph& graph, const std::vector<std::string>& files, const NodeSet& universe);

}  // namespace cow::query
