#include "engine/driver/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/analysis/builtin_providers.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/driver/offline_fetcher.h"
#include "engine/driver/vendored_fetcher.h"
#include "engine/store/cache_layout.h"
#include "engine/store/repository_downloader.h"

namespace cow::driver {

namespace {

std::string Absolute(const std::string& path, const BuildRequest& request) {
  return absl::StartsWith(path, "/") ? path : JoinPath(request.working_directory, path);
}

store::MirrorFetcherOptions FetchingOptions(const BuildRequest& request) {
  store::MirrorFetcherOptions options{.attempts = request.download_attempts,
                                      .parallel = request.parallel_downloads,
                                      .snapshot_mirrors = request.snapshot_mirrors};
  options.download.timeout_seconds =
      std::max(1, static_cast<int>(options.download.timeout_seconds * request.download_timeout_scale));
  return options;
}

}  // namespace

absl::StatusOr<std::string> CacheRoot(const BuildRequest& request) {
  if (request.cache_dir.empty()) return store::DefaultCacheRoot();
  return Absolute(request.cache_dir, request);
}

absl::StatusOr<std::unique_ptr<Session>> Session::Open(const BuildRequest& request, EventSink& events) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, OpenStore(request));
  COW_RETURN_IF_ERROR(session->LoadWorkspace(request, events, events));
  return session;
}

Session::Session(std::stop_token cancelled)
    : on_stop(std::move(cancelled), [this] { stop_evaluations = true; }) {}

absl::StatusOr<std::unique_ptr<Session>> Session::OpenStore(const BuildRequest& request, std::stop_token cancelled) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, OpenRecords(request, std::move(cancelled)));
  COW_RETURN_IF_ERROR(session->store->BeginSession());
  return session;
}

absl::StatusOr<std::unique_ptr<Session>> Session::OpenRecords(const BuildRequest& request, std::stop_token cancelled) {
  auto session = std::make_unique<Session>(std::move(cancelled));
  COW_ASSIGN_OR_RETURN(session->root, loading::FindWorkspaceRoot(request.working_directory));
  COW_ASSIGN_OR_RETURN(session->installation, FindInstallation());
  COW_ASSIGN_OR_RETURN(std::string cache, CacheRoot(request));
  COW_ASSIGN_OR_RETURN(session->store, store::LocalStore::OpenRecords(cache));
  session->store->fetching = FetchingOptions(request);
  session->offline = request.offline;
  if (!request.vendor_dir.empty()) {
    COW_ASSIGN_OR_RETURN(session->vendored, store::VendorDirectory::Open(Absolute(request.vendor_dir, request)));
  }
  if (request.paranoid) session->store->TrustNoTimes();
  return session;
}

void Session::ShowDownloads(EventSink& progress) {
  store->fetching.on_progress = [&progress](std::string_view text) {
    progress.Handle(Message{Message::Kind::kInfo, std::string(text)});
  };
}

store::Fetcher& Session::Fetcher() {
  store::Fetcher* fetcher = store->fetcher.get();
  if (offline) {
    if (offline_fetcher == nullptr) offline_fetcher = std::make_unique<OfflineFetcher>(*store->cas);
    fetcher = offline_fetcher.get();
  }
  if (!vendored) return *fetcher;
  if (vendored_fetcher == nullptr) vendored_fetcher = std::make_unique<VendoredFetcher>(*fetcher, *store->cas, *vendored);
  return *vendored_fetcher;
}

absl::Status Session::LoadWorkspace(const BuildRequest& request, EventSink& events, EventSink& progress) {
  store::RepositoryDownloaderOptions downloads{.offline = request.offline,
                                               .vendored = vendored ? &*vendored : nullptr};
  for (const std::string& directory : request.distdirs) downloads.distdirs.push_back(Absolute(directory, request));
  if (!request.repository_cache.empty()) downloads.repository_cache = Absolute(request.repository_cache, request);
  downloader =
      std::make_unique<store::RepositoryDownloader>(store->cas.get(), store->fetcher.get(), std::move(downloads));

  loading::WorkspaceOptions options{.root = root,
                                    .cache_dir = store->layout.root,
                                    .builtin_rules_dir = installation.rules_dir,
                                    .programs_dir = installation.programs_dir,
                                    .environment = analysis::AnalysisEnvironment(),
                                    .downloader = downloader.get(),
                                    .fetch = request.fetch};
  options.limits = {.steps = request.max_starlark_steps, .cancel = &stop_evaluations};
  store::FileStateCache* files = store->files.get();
  options.digest_file = [files](const std::string& path) { return files->DigestOf(path, store::Ingest::kDigestOnly); };
  options.on_print = [&events](std::string_view text) {
    events.Handle(Message{Message::Kind::kInfo, std::string(text)});
  };
  options.on_progress = [&progress](std::string_view repository, std::string_view text) {
    progress.Handle(Message{Message::Kind::kInfo, absl::StrCat("@", repository, ": ", text)});
  };
  COW_ASSIGN_OR_RETURN(workspace, loading::Workspace::Load(std::move(options)));
  packages = std::make_unique<loading::PackageLoader>(*workspace, request.loading_phase_threads);
  if (!request.check_visibility) packages->IgnoreVisibility();
  return absl::OkStatus();
}

}  // namespace cow::driver
