#include "engine/query/loaded_graph.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/analysis/requested_labels.h"
#include "engine/base/command_line_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/json.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/transition.h"
#include "engine/loading/package.h"
#include "engine/loading/target_pattern_resolver.h"
#include "engine/loading/workspace.h"
#include "engine/query/attribute_text.h"

namespace cow::query {

using loading::Target;

namespace {

AttributeValue TextAttribute(std::string_view name, const std::string& text) {
  return {.name = std::string(name), .type = "string", .texts = {text}, .build_text = JsonQuote(text), .json = JsonQuote(text)};
}

// A frame of a function that is no builtin: the macro.
const starlark::StackFrame* MacroOf(const Target& target) {
  const std::vector<starlark::StackFrame>& stack = target.call_stack();
  return stack.size() > 1 && !stack[1].builtin ? &stack[1] : nullptr;
}

}  // namespace

std::string KindOf(const Target& target) {
  switch (target.kind()) {
    case Target::Kind::kRule: return target.rule_class().name() + " rule";
    case Target::Kind::kSourceFile: return "source file";
    case Target::Kind::kOutputFile: return "generated file";
    case Target::Kind::kPackageGroup: return "package group";
  }
  return "";
}

NodeInfo InfoOf(const Target& target) {
  NodeInfo info{.label = target.label(), .name = target.label().ToString(), .kind = KindOf(target), .location = target.location()};
  if (target.is_rule()) {
    info.rule = NodeRule{.class_name = target.rule_class().name(),
                         .is_test = target.rule_class().test(),
                         .is_executable = target.rule_class().executable(),
                         .tags = target.tags()};
  }
  return info;
}

std::vector<AttributeValue> AttributesOf(const Target& target) {
  std::vector<AttributeValue> values;
  if (!target.is_rule()) return values;
  const std::vector<loading::Attribute>& attributes = target.rule_class().attributes();
  for (size_t i = 0; i < attributes.size(); ++i) {
    values.push_back(DescribeAttribute(attributes[i], target.AttrAt(static_cast<int>(i)), target.IsExplicit(attributes[i].name)));
  }
  if (const starlark::StackFrame* macro = MacroOf(target)) {
    values.push_back(TextAttribute("generator_function", macro->function));
    values.push_back(TextAttribute("generator_location", target.location().ToString()));
  }
  std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return values;
}

NodeId LoadedGraph::NodeOf(const Target& target) {
  auto [place, added] = ids_.emplace(target.label(), static_cast<NodeId>(nodes_.size()));
  if (added) {
    nodes_.push_back(std::make_unique<Node>(Node{InfoOf(target), &target}));
  } else if (nodes_[place->second]->target == nullptr) {
    *nodes_[place->second] = {InfoOf(target), &target};
  }
  return place->second;
}

NodeId LoadedGraph::NodeOfFile(const Label& file) {
  if (absl::StatusOr<const Target*> target = loader_.LoadTarget(file); target.ok()) return NodeOf(**target);
  auto [place, added] = ids_.emplace(file, static_cast<NodeId>(nodes_.size()));
  if (added) {
    std::string path = JoinPath(file.package().path(), file.name());
    if (absl::StatusOr<std::string> directory = loader_.workspace().DirectoryOf(file.package()); directory.ok()) {
      if (!file.repo().empty()) path = JoinPath(*directory, file.name());
    }
    NodeInfo info{.label = file, .name = file.ToString(), .kind = "source file", .location = {.file = path, .line = 1, .column = 1}};
    nodes_.push_back(std::make_unique<Node>(Node{std::move(info), nullptr}));
  }
  return place->second;
}

absl::StatusOr<ResolvedNodes> LoadedGraph::Resolve(const std::string& pattern, bool keep_going) {
  loading::PatternOptions options{.base = base_, .include_manual = true, .keep_going = keep_going};
  COW_ASSIGN_OR_RETURN(loading::ResolvedPatterns resolved, loading::ResolvePatterns({pattern}, options, loader_));
  ResolvedNodes result{.errors = std::move(resolved.errors)};
  for (const Label& label : resolved.labels) {
    COW_ASSIGN_OR_RETURN(const Target* target, loader_.LoadTarget(label));
    result.nodes.Insert(NodeOf(*target));
  }
  return result;
}

// What a target depends on, in the order of its attributes.
std::vector<Label> LoadedGraph::LabelsBelow(const Target& target) const {
  std::vector<Label> labels;
  switch (target.kind()) {
    case Target::Kind::kSourceFile: return labels;
    case Target::Kind::kOutputFile: return {target.generating_rule()};
    case Target::Kind::kPackageGroup: return target.package_group().includes;
    case Target::Kind::kRule: break;
  }
  const std::vector<loading::Attribute>& attributes = target.rule_class().attributes();
  for (size_t i = 0; i < attributes.size(); ++i) {
    const loading::Attribute& attribute = attributes[i];
    if (!edges_.implicit_deps && !target.IsExplicit(attribute.name)) continue;
    bool is_tool = attribute.cfg != nullptr && attribute.cfg->kind() == loading::Transition::Kind::kExec;
    if (!edges_.tool_deps && is_tool) continue;
    if (attribute.name == "visibility" || loading::IsOutputType(attribute.type)) continue;
    std::vector<Label> more = LabelsIn(target.AttrAt(static_cast<int>(i)));
    labels.insert(labels.end(), more.begin(), more.end());
  }
  const std::vector<Label>& groups = target.visibility().groups;
  labels.insert(labels.end(), groups.begin(), groups.end());
  return labels;
}

// Loads the packages of the next level at once, in parallel.
void LoadedGraph::Prepare(const std::vector<NodeId>& nodes) {
  std::set<PackageId> packages;
  for (NodeId node : nodes) {
    if (nodes_[node]->target == nullptr) continue;
    for (const Label& label : LabelsBelow(*nodes_[node]->target)) packages.insert(label.package());
  }
  (void)loader_.LoadAll({packages.begin(), packages.end()});
}

DirectDependencies LoadedGraph::Dependencies(NodeId node) {
  DirectDependencies direct;
  const Target* target = nodes_[node]->target;
  if (target == nullptr) return direct;
  std::vector<Label> labels = LabelsBelow(*target);
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  for (const Label& label : labels) {
    absl::StatusOr<const Target*> dependency = loader_.LoadTarget(label);
    if (dependency.ok()) {
      direct.nodes.push_back(NodeOf(**dependency));
    } else if (IsDiagnostic(dependency.status())) {
      direct.errors.push_back(dependency.status());
    } else {
      direct.errors.push_back(target->Error(absl::StrCat(
          KindOf(*target), " '", target->label().ToString(), "' depends on '", label.ToString(), "': ", dependency.status().message())));
    }
  }
  return direct;
}

std::vector<AttributeValue> LoadedGraph::Attributes(NodeId node) const {
  const Target* target = nodes_[node]->target;
  return target == nullptr ? std::vector<AttributeValue>() : AttributesOf(*target);
}

std::optional<AttributeValue> LoadedGraph::Attribute(NodeId node, std::string_view name) const {
  const Target* target = nodes_[node]->target;
  if (target == nullptr || !target->is_rule()) return std::nullopt;
  int index = target->rule_class().IndexOf(name);
  if (index >= 0) {
    return DescribeAttribute(target->rule_class().attributes()[static_cast<size_t>(index)], target->AttrAt(index), target->IsExplicit(name));
  }
  for (AttributeValue& value : AttributesOf(*target)) {
    if (value.name == name) return std::move(value);
  }
  return std::nullopt;
}

absl::StatusOr<NodeId> LoadedGraph::Neighbour(NodeId node, const Label& label) {
  absl::StatusOr<const Target*> target = loader_.LoadTarget(label);
  if (target.ok()) return NodeOf(**target);
  if (IsDiagnostic(target.status()) || nodes_[node]->target == nullptr) return target.status();
  return nodes_[node]->target->Error(target.status().message());
}

absl::StatusOr<NodeSet> LoadedGraph::PackageOf(NodeId node) {
  COW_ASSIGN_OR_RETURN(loading::PackagePtr package, loader_.Load(nodes_[node]->info.label.package()));
  NodeSet nodes;
  for (const auto& [name, target] : package->targets()) nodes.Insert(NodeOf(target));
  return nodes;
}

absl::StatusOr<NodeId> LoadedGraph::BuildFileOf(NodeId node) {
  COW_ASSIGN_OR_RETURN(loading::PackagePtr package, loader_.Load(nodes_[node]->info.label.package()));
  return NodeOfFile(package->build_file());
}

absl::StatusOr<NodeSet> LoadedGraph::LoadedFilesOf(NodeId node) {
  COW_ASSIGN_OR_RETURN(loading::PackagePtr package, loader_.Load(nodes_[node]->info.label.package()));
  NodeSet nodes;
  for (const Label& file : package->loads()) nodes.Insert(NodeOfFile(file));
  return nodes;
}

absl::StatusOr<bool> LoadedGraph::IsVisible(NodeId node, NodeId from) {
  const Target* target = nodes_[node]->target;
  if (target == nullptr) return true;
  return loader_.CheckVisible(*target, nodes_[from]->info.label).ok();
}

absl::StatusOr<NodeSet> LoadedGraph::TestsOf(NodeId node) {
  NodeSet tests;
  COW_ASSIGN_OR_RETURN(std::vector<Label> labels, analysis::ExpandTestSuites(nodes_[node]->info.label, loader_));
  for (const Label& label : labels) {
    COW_ASSIGN_OR_RETURN(const Target* target, loader_.LoadTarget(label));
    if (target->is_rule() && target->rule_class().test()) tests.Insert(NodeOf(*target));
  }
  return tests;
}

absl::StatusOr<std::vector<std::string>> LoadedGraph::FilesOf(NodeId) const {
  return MarkCommandLineError(absl::UnimplementedError(
      "which files a target stands for is known after analysis: --output=files works with --at=configured"));
}

absl::StatusOr<NodeSet> LoadedGraph::InConfiguration(const NodeSet&, std::string_view) {
  return absl::InvalidArgumentError("config() chooses configured targets: it works with --at=configured and --at=action");
}

}  // namespace cow::query
