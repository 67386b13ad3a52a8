#include "engine/store/local_store.h"

#include <utility>

#include "engine/base/status.h"

namespace cow::store {

absl::StatusOr<std::unique_ptr<LocalStore>> LocalStore::Open(const std::string& cache_root, DatabaseOptions options) {
  auto store = std::make_unique<LocalStore>();
  COW_ASSIGN_OR_RETURN(store->layout, OpenCache(cache_root));
  COW_ASSIGN_OR_RETURN(store->database, Database::Open(store->layout, std::move(options)));
  COW_ASSIGN_OR_RETURN(store->session, SessionDir::Create(store->layout));
  Database* database = store->database.get();
  const std::string& scratch = store->session->path();
  COW_ASSIGN_OR_RETURN(store->cas, LocalCas::Create(store->layout, scratch, database));
  LocalCas* cas = store->cas.get();
  store->actions = std::make_unique<LocalActionCache>(database);
  store->files = std::make_unique<FileStateCache>(cas, database);
  store->trees = std::make_unique<TreeStore>(store->layout, scratch, cas, database);
  store->fetcher = std::make_unique<MirrorFetcher>(cas, scratch);
  return store;
}

}  // namespace cow::store
