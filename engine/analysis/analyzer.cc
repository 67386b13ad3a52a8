#include "engine/analysis/analyzer.h"

#include <memory>
#include <set>
#include <utility>

#include "engine/analysis/analysis_session.h"
#include "engine/analysis/requested_labels.h"
#include "engine/base/status.h"
#include "engine/loading/package_loader.h"

namespace cow::analysis {

absl::StatusOr<AnalysisResult> Analyze(const AnalysisRequest& asked,
                                       loading::PackageLoader& loader) {
  AnalysisRequest request = asked;
  bool said = false;
  if (asked.on_print) {
    request.on_print = [&](std::string_view text) {
      said = true;
      asked.on_print(text);
    };
  }
  COW_ASSIGN_OR_RETURN(std::unique_ptr<AnalysisSession> session,
                       AnalysisSession::Create(request, loader));
  std::set<std::string> reported;
  std::set<Label> seen;
  AnalysisResult result;
  auto failed = [&](const Label& label, const absl::Status& status) {
    result.failed.push_back(label);
    if (reported.insert(std::string(status.message())).second) result.errors.push_back(status);
  };
  for (const Label& requested : request.labels) {
    absl::StatusOr<std::vector<Label>> labels = session->Expand(requested);
    if (!labels.ok()) {
      if (!request.keep_going) return labels.status();
      failed(requested, labels.status());
      continue;
    }
    for (const Label& label : *labels) {
      if (!seen.insert(label).second) continue;
      result.labels.push_back(label);
      if (request.is_known && request.is_known(label)) {
        result.known.push_back(label);
        continue;
      }
      absl::Status added = session->Add(label, result.skipped);
      if (added.ok()) continue;
      if (!request.keep_going) return added;
      failed(label, added);
    }
  }
  COW_ASSIGN_OR_RETURN(result.plan, session->Finish());
  if (!said && asked.on_print) result.uses = session->uses();
  result.configured_targets = session->configured_targets();
  return result;
}

}  // namespace cow::analysis
