// LocalStore: all parts of the cache on this machine, opened together in the right order.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/store/action_cache.h"
#include "engine/store/cache_layout.h"
#include "engine/store/cas.h"
#include "engine/store/database.h"
#include "engine/store/file_state_cache.h"
#include "engine/store/mirror_fetcher.h"
#include "engine/store/session_dir.h"
#include "engine/store/tree_store.h"

namespace cow::store {

// Open once per process; the parts may be used from any thread.
struct LocalStore {
  ~LocalStore();

  MirrorFetcherOptions fetching{};  // to be set before BeginSession

  static absl::StatusOr<std::unique_ptr<LocalStore>> Open(const std::string& cache_root, DatabaseOptions options = {});

  // The two halves of Open. After the first there are only records, and digests of files: `layout`, `database`, `files`.
  // That is cheap, and leaves no trace of its own in the cache.
  static absl::StatusOr<std::unique_ptr<LocalStore>> OpenRecords(const std::string& cache_root,
                                                                 DatabaseOptions options = {});
  // From now on, `files` is one that trusts nothing. Before BeginSession.
  void TrustNoTimes();
  // Makes the session's directory and all other parts, unless there are any. `files` is another one then.
  absl::Status BeginSession();

  CacheLayout layout{};
  std::unique_ptr<SessionDir> session{};
  std::unique_ptr<Database> database{};
  std::unique_ptr<LocalCas> cas{};
  std::unique_ptr<LocalActionCache> actions{};
  std::unique_ptr<FileStateCache> files{};
  std::unique_ptr<TreeStore> trees{};
  std::unique_ptr<MirrorFetcher> fetcher{};
};

}  // namespace cow::store
