// FakeGraph: a QueryGraph made by hand, for tests of the language.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/query/evaluator.h"
#include "engine/query/parser.h"
#include "engine/query/query_graph.h"

namespace cow::query {

// Every target is a node; "//..." names all. Targets of the kind "test" are tests, "suite" stands for its dependencies.
class FakeGraph final : public QueryGraph {
 public:
  struct Spec {
    std::vector<std::string> dependencies{};
    std::string kind = "lib rule";
    std::map<std::string, std::vector<std::string>> attributes{};  // labels or texts
    std::vector<std::string> visible_from{};                       // packages besides its own
  };

  explicit FakeGraph(const std::map<std::string, Spec>& specs) {
    for (const auto& [name, spec] : specs) {
      ids_[name] = static_cast<NodeId>(specs_.size());
      NodeInfo info{.label = *Label::Parse(name, PackageId()), .name = name, .kind = spec.kind, .location = {"BUILD", 1, 1}};
      if (spec.kind.ends_with(" rule")) {
        info.rule = NodeRule{.class_name = spec.kind.substr(0, spec.kind.size() - 5), .is_test = spec.kind == "test rule",
                             .is_executable = spec.kind == "bin rule"};
      }
      infos_.push_back(std::move(info));
      specs_.push_back(spec);
    }
  }

  absl::StatusOr<ResolvedNodes> Resolve(const std::string& pattern, bool keep_going) override {
    ResolvedNodes result;
    auto found = ids_.find(pattern);
    if (pattern == "//...") {
      for (NodeId i = 0; i < specs_.size(); ++i) result.nodes.Insert(i);
    } else if (found != ids_.end()) {
      result.nodes.Insert(found->second);
    } else {
      absl::Status error = absl::NotFoundError("no such target '" + pattern + "'");
      if (!keep_going) return error;
      result.errors.push_back(error);
    }
    return result;
  }
  void Prepare(const std::vector<NodeId>&) override {}
  DirectDependencies Dependencies(NodeId node) override {
    DirectDependencies direct;
    for (const std::string& name : specs_[node].dependencies) {
      auto found = ids_.find(name);
      if (found == ids_.end()) {
        direct.errors.push_back(absl::NotFoundError("no such target '" + name + "'"));
      } else {
        direct.nodes.push_back(found->second);
      }
    }
    return direct;
  }
  const NodeInfo& Info(NodeId node) const override { return infos_[node]; }
  std::vector<AttributeValue> Attributes(NodeId node) const override {
    std::vector<AttributeValue> values;
    for (const auto& [name, texts] : specs_[node].attributes) {
      AttributeValue value{.name = name, .type = "string", .is_explicit = true, .texts = texts, .build_text = "\"" + texts[0] + "\"", .json = "\"" + texts[0] + "\""};
      for (const std::string& text : texts) {
        if (ids_.contains(text)) value.labels.push_back(infos_[ids_.at(text)].label);
      }
      values.push_back(std::move(value));
    }
    return values;
  }
  std::optional<AttributeValue> Attribute(NodeId node, std::string_view name) const override {
    for (const AttributeValue& value : Attributes(node)) {
      if (value.name == name) return value;
    }
    return std::nullopt;
  }
  absl::StatusOr<NodeId> Neighbour(NodeId, const Label& label) override { return ids_.at(label.ToString()); }
  absl::StatusOr<NodeSet> PackageOf(NodeId node) override {
    NodeSet nodes;
    for (NodeId i = 0; i < infos_.size(); ++i) {
      if (infos_[i].label.package() == infos_[node].label.package()) nodes.Insert(i);
    }
    return nodes;
  }
  absl::StatusOr<NodeId> BuildFileOf(NodeId node) override {
    return ids_.at(Label::Create(infos_[node].label.package(), "BUILD")->ToString());
  }
  absl::StatusOr<NodeSet> LoadedFilesOf(NodeId node) override {
    NodeSet nodes;
    NodeId build_file = *BuildFileOf(node);
    for (const std::string& name : specs_[build_file].dependencies) nodes.Insert(ids_.at(name));
    return nodes;
  }
  absl::StatusOr<bool> IsVisible(NodeId node, NodeId from) override {
    const PackageId& package = infos_[from].label.package();
    const std::vector<std::string>& allowed = specs_[node].visible_from;
    return package == infos_[node].label.package() || std::find(allowed.begin(), allowed.end(), package.path()) != allowed.end();
  }
  absl::StatusOr<NodeSet> TestsOf(NodeId node) override {
    NodeSet nodes;
    if (infos_[node].kind == "test rule") nodes.Insert(node);
    if (infos_[node].kind == "suite rule") {
      for (NodeId test : Dependencies(node).nodes) nodes.Insert(test);
    }
    return nodes;
  }
  absl::StatusOr<std::vector<std::string>> FilesOf(NodeId node) const override { return std::vector<std::string>{infos_[node].label.name() + ".out"}; }
  absl::StatusOr<NodeSet> InConfiguration(const NodeSet&, std::string_view) override {
    return absl::InvalidArgumentError("nothing is configured");
  }

 private:
  std::map<std::string, NodeId> ids_;
  std::vector<NodeInfo> infos_;
  std::vector<Spec> specs_;
};

// The labels an expression comes to, in order, with spaces between; or the message.
inline std::string Ask(QueryGraph& graph, std::string text, const EvaluationOptions& options = {}, std::vector<absl::Status>* errors = nullptr) {
  SourceFile source("query", std::move(text));
  absl::StatusOr<ExpressionPtr> expression = ParseQuery(source);
  if (!expression.ok()) return std::string(expression.status().message());
  absl::StatusOr<Evaluation> result = Evaluate(**expression, source, graph, options);
  if (!result.ok()) return std::string(result.status().message());
  if (errors != nullptr) *errors = result->errors;
  std::vector<std::string> names;
  for (NodeId node : result->nodes) names.push_back(graph.Info(node).name);
  std::sort(names.begin(), names.end());
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : " ") + name;
  return joined;
}

}  // namespace cow::query
