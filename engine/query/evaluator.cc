#include "engine/query/evaluator.h"

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/command_line_error.h"
#include "engine/base/edit_distance.h"
#include "engine/base/overload.h"
#include "engine/base/status.h"
#include "engine/query/function_table.h"
#include "engine/query/functions.h"
#include "engine/query/traversal.h"

namespace cow::query {
namespace {

class Evaluator {
 public:
  Evaluator(const SourceFile& source, QueryGraph& graph, const EvaluationOptions& options)
      : source_(source),
        graph_(graph),
        options_(options),
        on_failure_([this](absl::Status status) { return Note(std::move(status)); }),
        traversal_(graph, on_failure_) {}

  absl::StatusOr<Evaluation> Run(const Expression& expression) {
    COW_ASSIGN_OR_RETURN(result_.nodes, Value(expression));
    return std::move(result_);
  }

 private:
  // The expression is wrong, whatever the targets are.
  absl::Status Fail(size_t offset, std::string_view message, std::string_view suggestion = {}) const {
    return MarkCommandLineError(ErrorAt(source_, offset, message, suggestion));
  }

  // With --keep_going a failure is written down once, and the query goes on.
  absl::Status Note(absl::Status status) {
    if (!options_.keep_going || absl::IsCancelled(status)) return status;
    if (noted_.insert(std::string(status.message())).second) result_.errors.push_back(std::move(status));
    return absl::OkStatus();
  }

  absl::StatusOr<NodeSet> Value(const Expression& expression) {
    return std::visit(Overload{[&](const PatternExpression& pattern) { return Resolve(pattern.pattern, expression.offset); },
                               [&](const SetExpression& set) { return ValueOfSet(set); },
                               [&](const LetExpression& let) { return ValueOfLet(let); },
                               [&](const VariableExpression& variable) { return ValueOfVariable(variable, expression.offset); },
                               [&](const ChainExpression& chain) { return ValueOfChain(chain); },
                               [&](const CallExpression& call) { return AtThisLevel(ValueOfCall(call, expression.offset), call, expression.offset); }},
                      expression.value);
  }

  absl::StatusOr<NodeSet> Resolve(const std::string& pattern, size_t offset) {
    absl::StatusOr<ResolvedNodes> resolved = graph_.Resolve(pattern, options_.keep_going);
    if (!resolved.ok()) return InExpression(resolved.status(), offset);
    for (const absl::Status& error : resolved->errors) COW_RETURN_IF_ERROR(Note(InExpression(error, offset)));
    return std::move(resolved->nodes);
  }

  // What loading says about a file has its place; what it says about the pattern gets it here.
  absl::Status InExpression(const absl::Status& status, size_t offset) const {
    if (IsDiagnostic(status)) return status;
    absl::Status placed = ErrorAt(source_, offset, status.message());
    return MarkDiagnostic(absl::Status(status.code(), placed.message()));
  }

  absl::StatusOr<NodeSet> ValueOfSet(const SetExpression& set) {
    NodeSet all;
    for (const SetExpression::Word& word : set.words) {
      COW_ASSIGN_OR_RETURN(NodeSet nodes, Resolve(word.pattern, word.offset));
      all.InsertAll(nodes);
    }
    return all;
  }

  absl::StatusOr<NodeSet> ValueOfLet(const LetExpression& let) {
    COW_ASSIGN_OR_RETURN(NodeSet value, Value(*let.value));
    auto hidden = variables_.extract(let.name);
    variables_.emplace(let.name, std::move(value));
    absl::StatusOr<NodeSet> body = Value(*let.body);
    variables_.erase(let.name);
    if (!hidden.empty()) variables_.insert(std::move(hidden));
    return body;
  }

  absl::StatusOr<NodeSet> ValueOfVariable(const VariableExpression& variable, size_t offset) const {
    auto found = variables_.find(variable.name);
    if (found != variables_.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [name, value] : variables_) names.push_back(name);
    return Fail(offset, absl::StrCat("undefined variable '$", variable.name, "'"), ClosestMatch(variable.name, names));
  }

  absl::StatusOr<NodeSet> ValueOfChain(const ChainExpression& chain) {
    COW_ASSIGN_OR_RETURN(NodeSet left, Value(*chain.first));
    for (const ChainExpression::Step& step : chain.steps) {
      COW_ASSIGN_OR_RETURN(NodeSet right, Value(*step.operand));
      if (step.op == ChainExpression::Operator::kUnion) {
        left.InsertAll(right);
        continue;
      }
      bool keep_common = step.op == ChainExpression::Operator::kIntersect;
      NodeSet kept;
      for (NodeId node : left) {
        if (right.Contains(node) == keep_common) kept.Insert(node);
      }
      left = std::move(kept);
    }
    return left;
  }

  absl::StatusOr<NodeSet> Universe() {
    NodeSet all;
    for (std::string_view pattern : absl::StrSplit(options_.universe_scope, ',', absl::SkipEmpty())) {
      absl::StatusOr<ResolvedNodes> resolved = graph_.Resolve(std::string(pattern), options_.keep_going);
      if (!resolved.ok()) return Annotate(resolved.status(), "--universe_scope");
      for (const absl::Status& error : resolved->errors) COW_RETURN_IF_ERROR(Note(Annotate(error, "--universe_scope")));
      all.InsertAll(resolved->nodes);
    }
    return all;
  }

  absl::StatusOr<TextPattern> Pattern(const Argument& argument) const {
    absl::StatusOr<TextPattern> pattern = TextPattern::Compile(argument.word);
    if (!pattern.ok()) return Fail(argument.offset, pattern.status().message());
    return pattern;
  }

  // A graph that knows no answer says so of itself; the function that asked is told here.
  absl::StatusOr<NodeSet> AtThisLevel(absl::StatusOr<NodeSet> nodes, const CallExpression& call, size_t offset) const {
    if (!absl::IsUnimplemented(nodes.status())) return nodes;
    return Fail(offset, absl::StrCat(call.function->name, "(): ", nodes.status().message()));
  }

  absl::StatusOr<NodeSet> ValueOfCall(const CallExpression& call, size_t offset) {
    const std::vector<Argument>& arguments = call.arguments;
    // Expressions first, in order: every function wants all of them.
    std::vector<NodeSet> sets;
    int depth = kAnyDepth;
    for (const Argument& argument : arguments) {
      if (argument.expression != nullptr) {
        COW_ASSIGN_OR_RETURN(NodeSet nodes, Value(*argument.expression));
        sets.push_back(std::move(nodes));
      }
    }
    if (call.function->parameters.back() == ParameterKind::kNumber && arguments.size() == call.function->parameters.size()) {
      depth = arguments.back().number;
    }
    switch (call.function->function) {
      case Function::kDeps: return traversal_.Closure(sets[0], depth);
      case Function::kRdeps: {
        COW_ASSIGN_OR_RETURN(NodeSet universe, traversal_.Closure(sets[0], kAnyDepth));
        return traversal_.Reverse(universe, sets[1], depth);
      }
      case Function::kAllRdeps: {
        COW_ASSIGN_OR_RETURN(NodeSet scope, Universe());
        COW_ASSIGN_OR_RETURN(NodeSet universe, traversal_.Closure(scope, kAnyDepth));
        return traversal_.Reverse(universe, sets[0], depth);
      }
      case Function::kAllPaths: return traversal_.AllPaths(sets[0], sets[1]);
      case Function::kSomePath: {
        COW_ASSIGN_OR_RETURN(std::vector<NodeId> path, traversal_.SomePath(sets[0], sets[1]));
        NodeSet nodes;
        for (NodeId node : path) nodes.Insert(node);
        return nodes;
      }
      case Function::kSome: {
        if (sets[0].empty()) return ErrorAt(source_, offset, "some(): the argument is empty");
        NodeSet some;
        size_t count = depth == kAnyDepth ? 1 : static_cast<size_t>(depth);
        for (NodeId node : sets[0]) {
          if (some.size() < count) some.Insert(node);
        }
        return some;
      }
      case Function::kSamePackageDirectRdeps: return SamePackageDependents(graph_, sets[0], traversal_);
      case Function::kKind: {
        COW_ASSIGN_OR_RETURN(TextPattern pattern, Pattern(arguments[0]));
        return OfKind(graph_, pattern, sets[0]);
      }
      case Function::kFilter: {
        COW_ASSIGN_OR_RETURN(TextPattern pattern, Pattern(arguments[0]));
        return WithName(graph_, pattern, sets[0]);
      }
      case Function::kAttr: {
        COW_ASSIGN_OR_RETURN(TextPattern pattern, Pattern(arguments[1]));
        return WithAttribute(graph_, arguments[0].word, pattern, sets[0]);
      }
      case Function::kLabels: return LabelsOf(graph_, arguments[0].word, sets[0], on_failure_);
      case Function::kTests: return TestsOf(graph_, sets[0], on_failure_);
      case Function::kExecutables: return Executables(graph_, sets[0]);
      case Function::kBuildFiles: return BuildFilesOf(graph_, sets[0]);
      case Function::kLoadFiles: return LoadedFilesOf(graph_, sets[0]);
      case Function::kSiblings: return SiblingsOf(graph_, sets[0]);
      case Function::kVisible: return VisibleTo(graph_, sets[0], sets[1]);
      case Function::kRbuildFiles: {
        std::vector<std::string> files;
        for (const Argument& argument : arguments) files.push_back(argument.word);
        COW_ASSIGN_OR_RETURN(NodeSet universe, Universe());
        return BuildFilesReading(graph_, files, universe);
      }
      case Function::kConfig: {
        absl::StatusOr<NodeSet> nodes = graph_.InConfiguration(sets[0], arguments[1].word);
        if (!nodes.ok()) return Fail(arguments[1].offset, nodes.status().message());
        return nodes;
      }
      case Function::kInputs:
      case Function::kMnemonic:
      case Function::kOutputs: break;
    }
    return Fail(offset, absl::StrCat(call.function->name, "() chooses actions: it works with --at=action, outside of all other functions"));
  }

  const SourceFile& source_;
  QueryGraph& graph_;
  const EvaluationOptions& options_;
  FailureHandler on_failure_;
  Traversal traversal_;
  std::map<std::string, NodeSet> variables_;
  Evaluation result_;
  std::set<std::string> noted_;
};

}  // namespace

absl::StatusOr<Evaluation> Evaluate(const Expression& expression, const SourceFile& source, QueryGraph& graph,
                                    const EvaluationOptions& options) {
  return Evaluator(source, graph, options).Run(expression);
}

}  // namespace cow::query
