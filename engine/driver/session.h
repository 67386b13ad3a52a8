// Session: the stack of one command, built once, in the order in which parts need each other.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "engine/driver/build_request.h"
#include "engine/driver/installation.h"
#include "engine/loading/package_loader.h"
#include "engine/loading/workspace.h"
#include "engine/model/build_event.h"
#include "engine/store/downloader.h"
#include "engine/store/fetcher.h"
#include "engine/store/local_store.h"
#include "engine/store/vendor_directory.h"

namespace cow::driver {

struct Session {
  // Finds the workspace at or above request.working_directory, opens the store and evaluates WORKSPACE.cow.
  // `events` gets what print() says; it must outlive the session.
  static absl::StatusOr<std::unique_ptr<Session>> Open(const BuildRequest& request, EventSink& events);

  // The two halves of Open. Between them `workspace` and `packages` are null.
  // A stop request ends evaluations.
  static absl::StatusOr<std::unique_ptr<Session>> OpenStore(const BuildRequest& request,
                                                            std::stop_token cancelled = {});
  // The first step of OpenStore: of `store` there are only the records.
  static absl::StatusOr<std::unique_ptr<Session>> OpenRecords(const BuildRequest& request,
                                                              std::stop_token cancelled = {});
  // `events` gets what print() says, `progress` what repository rules report.
  absl::Status LoadWorkspace(const BuildRequest& request, EventSink& events, EventSink& progress);

  // Where downloads come from, as the request says. After the store's BeginSession; lives as long as this.
  store::Fetcher& Fetcher();

  // Tells `progress` about downloads now and then, from any thread. Before the store's BeginSession.
  void ShowDownloads(EventSink& progress);

  explicit Session(std::stop_token cancelled);

  std::atomic<bool> stop_evaluations = false;
  std::stop_callback<std::function<void()>> on_stop;
  std::string root{};  // directory of WORKSPACE.cow
  Installation installation{};
  std::unique_ptr<store::LocalStore> store{};
  bool offline = false;
  std::optional<store::VendorDirectory> vendored{};
  std::unique_ptr<store::Fetcher> offline_fetcher{};
  std::unique_ptr<store::Fetcher> vendored_fetcher{};
  std::unique_ptr<store::Downloader> downloader{};
  std::unique_ptr<loading::Workspace> workspace{};
  std::unique_ptr<loading::PackageLoader> packages{};
};

// request.cache_dir made absolute, or the default.
absl::StatusOr<std::string> CacheRoot(const BuildRequest& request);

}  // namespace cow::driver
