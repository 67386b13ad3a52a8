#include "engine/store/local_store.h"

#include <thread>
#include <utility>

#include "engine/base/status.h"

namespace cow::store {

// Committing and removing both wait for the disk.
LocalStore::~LocalStore() {
  if (session == nullptr) return;
  std::thread commit([this] { database->Flush().IgnoreError(); });
  fetcher.reset();
  trees.reset();
  files.reset();
  actions.reset();
  cas.reset();
  session.reset();
  commit.join();
}

absl::StatusOr<std::unique_ptr<LocalStore>> LocalStore::Open(const std::string& cache_root, DatabaseOptions options) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<LocalStore> store, OpenRecords(cache_root, std::move(options)));
  COW_RETURN_IF_ERROR(store->BeginSession());
  return store;
}

absl::StatusOr<std::unique_ptr<LocalStore>> LocalStore::OpenRecords(const std::string& cache_root,
                                                                    DatabaseOptions options) {
  auto store = std::make_unique<LocalStore>();
  COW_ASSIGN_OR_RETURN(store->layout, OpenCache(cache_root));
  COW_ASSIGN_OR_RETURN(store->database, Database::Open(store->layout, std::move(options)));
  store->files = std::make_unique<FileStateCache>(nullptr, store->database.get());
  return store;
}

void LocalStore::TrustNoTimes() {
  files = std::make_unique<FileStateCache>(nullptr, database.get(), Trust::kNothing);
}

absl::Status LocalStore::BeginSession() {
  if (fetcher != nullptr) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(session, SessionDir::Create(layout));
  const std::string& scratch = session->path();
  COW_ASSIGN_OR_RETURN(cas, LocalCas::Create(layout, scratch, database.get()));
  actions = std::make_unique<LocalActionCache>(database.get());
  files = std::make_unique<FileStateCache>(cas.get(), database.get(), files->trust());
  trees = std::make_unique<TreeStore>(layout, scratch, cas.get(), database.get());
  fetcher = std::make_unique<MirrorFetcher>(cas.get(), layout, scratch, fetching);
  return absl::OkStatus();
}

}  // namespace cow::store
