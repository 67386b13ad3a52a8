#include "engine/analysis/analyzer.h"

#include <memory>
#include <set>
#include <utility>

#include "engine/analysis/analysis_session.h"
#include "engine/analysis/requested_labels.h"
#include "engine/base/status.h"
#include "engine/loading/package_loader.h"

namespace cow::analysis {

absl::StatusOr<AnalysisResult> Analyze(const AnalysisRequest& request,
                                       loading::PackageLoader& loader) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<AnalysisSession> session,
                       AnalysisSession::Create(request, loader));
  std::set<std::string> reported;
  AnalysisResult result;
  auto failed = [&](const Label& label, const absl::Status& status) {
    result.failed.push_back(label);
    if (reported.insert(std::string(status.message())).second) result.errors.push_back(status);
  };
  for (const Label& requested : request.labels) {
    absl::StatusOr<std::vector<Label>> labels = ExpandTestSuites(requested, loader);
    if (!labels.ok()) {
      if (!request.keep_going) return labels.status();
      failed(requested, labels.status());
      continue;
    }
    for (const Label& label : *labels) {
      absl::Status added = session->Add(label, result.skipped);
      if (added.ok()) continue;
      if (!request.keep_going) return added;
      failed(label, added);
    }
  }
  COW_ASSIGN_OR_RETURN(result.plan, session->Finish());
  result.configured_targets = session->configured_targets();
  return result;
}

}  // namespace cow::analysis
