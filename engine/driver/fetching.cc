#include "engine/driver/fetching.h"

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "engine/analysis/analyzer.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/driver/session.h"
#include "engine/loading/target_pattern_resolver.h"
#include "engine/store/apt_download.h"
#include "engine/store/vendor_directory.h"

namespace cow::driver {
namespace {

class Fetching {
 public:
  Fetching(const BuildRequest& request, EventSink& events, std::stop_token cancelled)
      : request_(request), events_(events), cancelled_(std::move(cancelled)) {}

  absl::Status Run() {
    COW_ASSIGN_OR_RETURN(session_, Session::OpenRecords(request_, cancelled_));
    session_->ShowDownloads(events_);
    COW_RETURN_IF_ERROR(session_->store->BeginSession());
    COW_RETURN_IF_ERROR(session_->LoadWorkspace(request_, events_, events_));
    if (request_.patterns.empty()) COW_RETURN_IF_ERROR(session_->workspace->MakeRepositories());
    COW_ASSIGN_OR_RETURN(BuildPlan plan, Plan());
    std::vector<const FetchSpec*> specs;
    for (const Action& action : plan.actions) {
      if (action.kind == Action::Kind::kFetch && AddFile(action.fetch.digest, action.fetch.url)) specs.push_back(&action.fetch);
    }
    if (cancelled_.stop_requested()) return absl::CancelledError("interrupted");
    COW_RETURN_IF_ERROR(store::FetchAll(session_->Fetcher(), specs));
    return AddRepositories();
  }

  absl::Status CopyTo(const std::string& directory) {
    COW_ASSIGN_OR_RETURN(auto vendored, store::VendorDirectory::OpenOrBegin(directory));
    for (const auto& [digest, url] : files_) {
      COW_ASSIGN_OR_RETURN(std::string path, session_->store->cas->PathOf(digest));
      COW_RETURN_IF_ERROR(vendored.Add({digest, url}, path));
    }
    return vendored.Write();
  }

  FetchResult Result() const {
    FetchResult result{.files = static_cast<int64_t>(files_.size())};
    for (const auto& [digest, url] : files_) result.bytes += digest.size_bytes();
    return result;
  }

 private:
  bool AddFile(const Digest& digest, const std::string& url) { return files_.emplace(digest, store::ShownUrl(url)).second; }

  absl::StatusOr<BuildPlan> Plan() {
    const std::vector<std::string> everything = {"//..."};
    loading::PatternOptions options{
        .base = loading::PackageOfDirectory(request_.working_directory, *session_->workspace)};
    COW_ASSIGN_OR_RETURN(
        loading::ResolvedPatterns resolved,
        loading::ResolvePatterns(request_.patterns.empty() ? everything : request_.patterns, options, *session_->packages));
    analysis::AnalysisRequest analysis{.labels = std::move(resolved.labels),
                                       .options = request_.options,
                                       .output_groups = request_.output_groups,
                                       .aspects = request_.aspects,
                                       .aspect_parameters = request_.aspect_parameters,
                                       .run_tests = true,
                                       .test_options = request_.test_options};
    COW_ASSIGN_OR_RETURN(analysis::AnalysisResult analysed, analysis::Analyze(analysis, *session_->packages));
    return std::move(analysed.plan);
  }

  // What repository rules downloaded, now or when the repository was made.
  absl::Status AddRepositories() {
    for (const loading::RepositoryInput& input : session_->workspace->RepositoryInputs()) {
      if (input.kind != loading::RepositoryInput::Kind::kDownload) continue;
      COW_ASSIGN_OR_RETURN(store::DownloadedFile file,
                           session_->downloader->Download({.urls = {input.name}, .sha256 = input.state}));
      AddFile(file.digest, input.name);
    }
    return absl::OkStatus();
  }

  const BuildRequest& request_;
  EventSink& events_;
  const std::stop_token cancelled_;
  std::unique_ptr<Session> session_;
  std::map<Digest, std::string> files_;  // to the URL
};

}  // namespace

absl::StatusOr<FetchResult> Fetch(const BuildRequest& request, EventSink& events, std::stop_token cancelled) {
  Fetching fetching(request, events, std::move(cancelled));
  COW_RETURN_IF_ERROR(fetching.Run());
  return fetching.Result();
}

absl::StatusOr<FetchResult> Vendor(const BuildRequest& request, const std::string& directory, EventSink& events,
                                   std::stop_token cancelled) {
  const std::string place = absl::StartsWith(directory, "/") ? directory : JoinPath(request.working_directory, directory);
  if (request.check_only) {
    COW_ASSIGN_OR_RETURN(store::VendorDirectory vendored, store::VendorDirectory::Open(place));
    FetchResult result{.files = static_cast<int64_t>(vendored.files().size()), .problems = vendored.Check()};
    for (const auto& [hash, file] : vendored.files()) result.bytes += file.digest.size_bytes();
    return result;
  }
  Fetching fetching(request, events, std::move(cancelled));
  COW_RETURN_IF_ERROR(fetching.Run());
  COW_RETURN_IF_ERROR(fetching.CopyTo(place));
  return fetching.Result();
}

}  // namespace cow::driver
