#include "engine/driver/toolchains.h"

#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include "engine/analysis/analysis_session.h"
#include "engine/analysis/requested_labels.h"
#include "engine/analysis/toolchain_decision.h"
#include "engine/base/status.h"
#include "engine/driver/exit_status.h"
#include "engine/driver/session.h"
#include "engine/loading/target_pattern_resolver.h"

namespace cow::driver {
namespace {

using analysis::ToolchainDecision;

// Equal decisions are one choice, with several users.
class Choices {
 public:
  void Add(const ToolchainDecision& decision) {
    Key key;
    std::get<0>(key) = decision.type ? decision.type->ToString() : "";
    std::get<1>(key) = decision.target_platform.ToString();
    std::get<2>(key) = decision.execution_platform.ToString();
    std::get<3>(key) = decision.platform_mismatch;
    for (const ToolchainDecision::Candidate& candidate : decision.considered) {
      std::get<4>(key).push_back(
          {candidate.toolchain.ToString(), candidate.implementation.ToString(), candidate.mismatch});
    }
    std::get<5>(key) = decision.mandatory || decision.selected() != nullptr;
    std::set<std::string>& users = users_[std::move(key)];
    if (!decision.user.empty()) users.insert(decision.user);
  }

  std::vector<ToolchainChoice> Take() const {
    std::vector<ToolchainChoice> choices;
    for (const auto& [key, users] : users_) {
      const auto& [type, target, execution, mismatch, considered, mandatory] = key;
      choices.push_back(
          {type, target, execution, mismatch, considered, mandatory, {users.begin(), users.end()}});
    }
    return choices;
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string,
                         std::vector<ToolchainChoice::Candidate>, bool>;
  std::map<Key, std::set<std::string>> users_;
};

// One listing; keeps what all its steps need.
class Lister {
 public:
  Lister(const BuildRequest& request, EventSink& events) : request_(request), events_(events) {}

  ToolchainListing Run() {
    if (absl::Status status = List(); !status.ok()) Report(status);
    listing_.choices = choices_.Take();
    return std::move(listing_);
  }

 private:
  absl::Status List() {
    COW_ASSIGN_OR_RETURN(session_, Session::Open(request_, events_));
    analysis_request_.options = request_.options;
    analysis_request_.toolchain_resolution_debug = request_.toolchain_resolution_debug;
    analysis_request_.on_print = [this](std::string_view text) {
      events_.Handle(Message{Message::Kind::kInfo, std::string(text)});
    };
    analysis_request_.on_toolchain = [this](const ToolchainDecision& decision) { choices_.Add(decision); };
    COW_ASSIGN_OR_RETURN(analysis_, analysis::AnalysisSession::Create(analysis_request_, *session_->packages));
    if (request_.patterns.empty()) return analysis_->TellToolchains();
    loading::PatternOptions options{
        .base = loading::PackageOfDirectory(request_.working_directory, *session_->workspace),
        .keep_going = request_.keep_going};
    COW_ASSIGN_OR_RETURN(loading::ResolvedPatterns resolved,
                         loading::ResolvePatterns(request_.patterns, options, *session_->packages));
    for (const absl::Status& error : resolved.errors) Report(error);
    for (const Label& label : resolved.labels) COW_RETURN_IF_ERROR(ReportOrFail(Configure(label)));
    return absl::OkStatus();
  }

  absl::Status Configure(const Label& requested) {
    COW_ASSIGN_OR_RETURN(std::vector<Label> labels,
                         analysis::ExpandTestSuites(requested, *session_->packages));
    for (const Label& label : labels) COW_RETURN_IF_ERROR(ReportOrFail(analysis_->Configure(label).status()));
    return absl::OkStatus();
  }

  absl::Status ReportOrFail(const absl::Status& status) {
    if (status.ok() || !request_.keep_going) return status;
    Report(status);
    return absl::OkStatus();
  }

  // The first failure decides.
  void Report(const absl::Status& status) {
    if (!reported_.insert(std::string(status.message())).second) return;
    events_.Handle(Message{Message::Kind::kError, ErrorText(status)});
    if (listing_.exit_code == ExitCode::kOk) listing_.exit_code = ExitCodeFor(status);
  }

  const BuildRequest& request_;
  EventSink& events_;
  std::unique_ptr<Session> session_;
  analysis::AnalysisRequest analysis_request_;
  Choices choices_;
  std::unique_ptr<analysis::AnalysisSession> analysis_;
  std::set<std::string> reported_;
  ToolchainListing listing_;
};

}  // namespace

ToolchainListing ListToolchains(const BuildRequest& request, EventSink& events) {
  return Lister(request, events).Run();
}

}  // namespace cow::driver
