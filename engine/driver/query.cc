#include "engine/driver/query.h"

#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/driver/action_listing.h"
#include "engine/driver/exit_status.h"
#include "engine/driver/session.h"
#include "engine/loading/target_pattern_resolver.h"
#include "engine/query/action_filter.h"
#include "engine/query/configured_graph.h"
#include "engine/query/evaluator.h"
#include "engine/query/loaded_graph.h"
#include "engine/query/output.h"
#include "engine/query/parser.h"

namespace cow::driver {
namespace {

// One query; keeps what all its steps need.
class Asker {
 public:
  Asker(const QueryRequest& request, const BuildRequest& build, EventSink& events)
      : request_(request), build_(build), events_(events) {}

  QueryResult Run() {
    absl::Status status = ReadExpression();
    if (!status.ok()) {
      Report(status, ExitCode::kBadCommandLine);
      return std::move(result_);
    }
    status = Answer();
    if (!status.ok()) Report(status, ExitCodeFor(status));
    return std::move(result_);
  }

 private:
  // Everything that can be wrong with the command line.
  absl::Status ReadExpression() {
    std::string text = request_.expression;
    std::string name = "query";
    if (!request_.query_file.empty()) {
      if (!text.empty()) return absl::InvalidArgumentError("cow query wants an expression or --query_file, not both");
      name = request_.query_file;
      std::string path = name[0] == '/' ? name : JoinPath(build_.working_directory, name);
      COW_ASSIGN_OR_RETURN(text, ReadFile(path));
    }
    source_ = std::make_unique<SourceFile>(name, std::move(text));
    COW_ASSIGN_OR_RETURN(expression_, query::ParseQuery(*source_));
    filtered_.targets = expression_.get();
    if (request_.at == "action") {
      COW_ASSIGN_OR_RETURN(filtered_, query::TakeActionFilters(*expression_, *source_));
    } else {
      COW_ASSIGN_OR_RETURN(format_, query::ParseOutputFormat(request_.output.empty() ? "label" : request_.output));
    }
    COW_ASSIGN_OR_RETURN(order_, query::ParseOrderOutput(request_.order_output));
    return absl::OkStatus();
  }

  absl::Status Answer() {
    COW_ASSIGN_OR_RETURN(session_, Session::Open(build_, events_));
    PackageId base = loading::PackageOfDirectory(build_.working_directory, *session_->workspace);
    query::EdgeOptions edges{.tool_deps = request_.tool_deps, .implicit_deps = request_.implicit_deps};
    if (request_.at == "target") {
      query::LoadedGraph graph(*session_->packages, std::move(base), edges);
      return AnswerOver(graph);
    }
    COW_ASSIGN_OR_RETURN(std::unique_ptr<query::ConfiguredGraph> graph,
                         query::ConfiguredGraph::Create(HowToConfigure(), *session_->packages, std::move(base), edges));
    return request_.at == "action" ? AnswerWithActions(*graph) : AnswerOver(*graph);
  }

  analysis::AnalysisRequest HowToConfigure() {
    analysis::AnalysisRequest request;
    request.options = build_.options;
    request.toolchain_resolution_debug = build_.toolchain_resolution_debug;
    request.on_print = [this](std::string_view text) { events_.Handle(Message{Message::Kind::kInfo, std::string(text)}); };
    return request;
  }

  absl::StatusOr<query::NodeSet> Evaluate(query::QueryGraph& graph) {
    query::EvaluationOptions options{.keep_going = build_.keep_going, .universe_scope = request_.universe_scope};
    COW_ASSIGN_OR_RETURN(query::Evaluation evaluation, query::Evaluate(*filtered_.targets, *source_, graph, options));
    for (const absl::Status& error : evaluation.errors) Report(error, ExitCode::kPartialAnswer);
    return std::move(evaluation.nodes);
  }

  absl::Status AnswerOver(query::QueryGraph& graph) {
    COW_ASSIGN_OR_RETURN(query::NodeSet nodes, Evaluate(graph));
    COW_ASSIGN_OR_RETURN(result_.text, query::Render(graph, nodes, format_, order_));
    return absl::OkStatus();
  }

  absl::Status AnswerWithActions(query::ConfiguredGraph& graph) {
    COW_ASSIGN_OR_RETURN(query::NodeSet nodes, Evaluate(graph));
    std::set<std::pair<Label, std::string>> owners;
    for (query::NodeId node : nodes) owners.emplace(graph.Info(node).label, graph.ConfigurationOf(node));
    COW_ASSIGN_OR_RETURN(BuildPlan plan, graph.PlanOf(nodes));
    auto wanted = [&](const Action& action) { return owners.contains({action.owner, action.configuration}); };
    COW_ASSIGN_OR_RETURN(result_.text, ListActions(plan, filtered_.filters, wanted, request_.output.empty() ? "text" : request_.output));
    return absl::OkStatus();
  }

  // The first failure decides.
  void Report(const absl::Status& status, ExitCode code) {
    events_.Handle(Message{Message::Kind::kError, ErrorText(status)});
    if (result_.exit_code == ExitCode::kOk || code != ExitCode::kPartialAnswer) result_.exit_code = code;
  }

  const QueryRequest& request_;
  const BuildRequest& build_;
  EventSink& events_;
  std::unique_ptr<SourceFile> source_;
  query::ExpressionPtr expression_;
  query::FilteredExpression filtered_;
  query::OutputFormat format_ = query::OutputFormat::kLabel;
  query::OrderOutput order_ = query::OrderOutput::kAuto;
  std::unique_ptr<Session> session_;
  QueryResult result_;
};

}  // namespace

QueryResult Query(const QueryRequest& request, const BuildRequest& build, EventSink& events) {
  return Asker(request, build, events).Run();
}

}  // namespace cow::driver
