#include "engine/query/output.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/edit_distance.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/query/output_target.h"

namespace cow::query {
namespace {

constexpr std::pair<std::string_view, OutputFormat> kFormats[] = {
    {"label", OutputFormat::kLabel},     {"label_kind", OutputFormat::kLabelKind}, {"build", OutputFormat::kBuild},
    {"json", OutputFormat::kJson},       {"graph", OutputFormat::kGraph},          {"files", OutputFormat::kFiles},
    {"package", OutputFormat::kPackage}, {"location", OutputFormat::kLocation},    {"minrank", OutputFormat::kMinRank},
    {"maxrank", OutputFormat::kMaxRank},
};

constexpr std::pair<std::string_view, OrderOutput> kOrders[] = {
    {"auto", OrderOutput::kAuto}, {"no", OrderOutput::kNo}, {"deps", OrderOutput::kDeps}, {"full", OrderOutput::kFull}};

template <typename Value, size_t size>
absl::StatusOr<Value> Choose(const std::pair<std::string_view, Value> (&choices)[size], std::string_view flag, std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [known, value] : choices) {
    if (known == name) return value;
    names.emplace_back(known);
  }
  std::string closest = ClosestMatch(name, names);
  return absl::InvalidArgumentError(absl::StrCat("--", flag, " wants one of [", absl::StrJoin(names, ", "), "], got '", name, "'",
                                                 closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")));
}

// A name in quotes as DOT reads it.
std::string DotQuote(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

std::string Graph(QueryGraph& graph, const NodeSet& nodes) {
  ResultGraph result = EdgesWithin(graph, nodes);
  std::string text = "digraph query {\n  node [shape=box];\n";
  for (size_t i = 0; i < result.nodes.size(); ++i) {
    std::string from = DotQuote(graph.Info(result.nodes[i]).name);
    absl::StrAppend(&text, "  ", from, "\n");
    for (size_t dependency : result.dependencies[i]) {
      absl::StrAppend(&text, "  ", from, " -> ", DotQuote(graph.Info(result.nodes[dependency]).name), "\n");
    }
  }
  return text + "}\n";
}

std::string Packages(QueryGraph& graph, const std::vector<NodeId>& nodes) {
  std::set<PackageId> packages;
  for (NodeId node : nodes) packages.insert(graph.Info(node).label.package());
  std::string text;
  for (const PackageId& package : packages) {
    absl::StrAppend(&text, package.repo().empty() ? package.path() : package.ToString(), "\n");
  }
  return text;
}

absl::StatusOr<std::string> Files(QueryGraph& graph, const std::vector<NodeId>& nodes) {
  std::set<std::string> seen;
  std::string text;
  for (NodeId node : nodes) {
    COW_ASSIGN_OR_RETURN(std::vector<std::string> files, graph.FilesOf(node));
    for (const std::string& file : files) {
      if (seen.insert(file).second) absl::StrAppend(&text, file, "\n");
    }
  }
  return text;
}

absl::StatusOr<std::string> Ranks(QueryGraph& graph, const NodeSet& nodes, bool longest) {
  COW_ASSIGN_OR_RETURN(std::vector<Rank> ranks, Ranked(graph, nodes, longest));
  std::string text;
  for (const Rank& rank : ranks) absl::StrAppend(&text, rank.rank, " ", graph.Info(rank.node).name, "\n");
  return text;
}

}  // namespace

absl::StatusOr<OutputFormat> ParseOutputFormat(std::string_view name) { return Choose(kFormats, "output", name); }

absl::StatusOr<OrderOutput> ParseOrderOutput(std::string_view name) { return Choose(kOrders, "order_output", name); }

absl::StatusOr<std::string> Render(QueryGraph& graph, const NodeSet& nodes, OutputFormat format, OrderOutput order) {
  if (format == OutputFormat::kGraph) return Graph(graph, nodes);
  if (format == OutputFormat::kMinRank || format == OutputFormat::kMaxRank) {
    return Ranks(graph, nodes, format == OutputFormat::kMaxRank);
  }
  std::vector<NodeId> ordered = Ordered(graph, nodes, order);
  if (format == OutputFormat::kPackage) return Packages(graph, ordered);
  if (format == OutputFormat::kFiles) return Files(graph, ordered);
  std::string text;
  for (NodeId node : ordered) {
    const NodeInfo& info = graph.Info(node);
    switch (format) {
      case OutputFormat::kLabel: absl::StrAppend(&text, info.name, "\n"); break;
      case OutputFormat::kLabelKind: absl::StrAppend(&text, info.kind, " ", info.name, "\n"); break;
      case OutputFormat::kLocation: absl::StrAppend(&text, info.location.ToString(), ": ", info.kind, " ", info.name, "\n"); break;
      case OutputFormat::kBuild: absl::StrAppend(&text, BuildText(graph, node)); break;
      case OutputFormat::kJson: absl::StrAppend(&text, JsonText(graph, node), "\n"); break;
      case OutputFormat::kGraph:
      case OutputFormat::kFiles:
      case OutputFormat::kPackage:
      case OutputFormat::kMinRank:
      case OutputFormat::kMaxRank: break;
    }
  }
  return text;
}

}  // namespace cow::query
