#include "engine/driver/cache_tasks.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/driver/session.h"
#include "engine/store/cache_census.h"
#include "engine/store/cache_collection.h"
#include "engine/store/cache_verification.h"

namespace cow::driver {
namespace {

// The limit that the last collection kept.
constexpr char kKeptLimit[] = "collected/limit";

absl::StatusOr<std::unique_ptr<store::LocalStore>> OpenStore(const BuildRequest& request) {
  COW_ASSIGN_OR_RETURN(std::string root, CacheRoot(request));
  return store::LocalStore::Open(root);
}

int64_t LimitOf(const BuildRequest& request) {
  return request.disk_cache_max == 0 ? store::kNoCacheLimit : static_cast<int64_t>(request.disk_cache_max);
}

void Add(CacheReport& report, const std::string& name, const store::Room& room) {
  report.figures.push_back({name, room.count});
  report.figures.push_back({name + "_bytes", room.bytes});
}

}  // namespace

absl::StatusOr<std::string> CachePath(const BuildRequest& request) { return CacheRoot(request); }

absl::StatusOr<CacheReport> CacheStats(const BuildRequest& request) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<store::LocalStore> store, OpenStore(request));
  COW_ASSIGN_OR_RETURN(store::CacheCensus census, store::TakeCensus(store->layout, *store->database, true));
  CacheReport report;
  report.figures.push_back({"bytes", census.total_bytes()});
  Add(report, "blobs", census.blobs);
  Add(report, "trees", census.trees);
  Add(report, "repositories", census.repositories);
  Add(report, "scratch", census.scratch);
  Add(report, "quarantine", census.quarantine);
  report.figures.push_back({"database_bytes", census.database_bytes});
  Add(report, "results", census.results);
  Add(report, "preimages", census.preimages);
  Add(report, "states", census.states);
  Add(report, "build_records", census.build_records);
  report.figures.push_back({"damaged_records", census.damaged_records});
  return report;
}

absl::StatusOr<CacheReport> CollectCache(const BuildRequest& request) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<store::LocalStore> store, OpenStore(request));
  COW_ASSIGN_OR_RETURN(store::CollectionResult result, store::CollectGarbage(*store, LimitOf(request)));
  CacheReport report;
  report.figures = {{"bytes_before", result.bytes_before}, {"bytes_after", result.bytes_after}};
  Add(report, "removed_blobs", result.blobs);
  Add(report, "removed_trees", result.trees);
  report.figures.push_back({"forgotten_results", result.results});
  report.figures.push_back({"in_use_bytes", result.leased_bytes});
  report.figures.push_back({"fixed_bytes", result.fixed_bytes});
  return report;
}

absl::StatusOr<CacheReport> VerifyCache(const BuildRequest& request) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<store::LocalStore> store, OpenStore(request));
  COW_ASSIGN_OR_RETURN(store::VerificationResult result, store::VerifyCache(*store));
  CacheReport report;
  report.figures = {{"blobs", result.blobs},
                    {"blob_bytes", result.bytes},
                    {"trees", result.trees},
                    {"records", result.records},
                    {"incomplete_results", result.incomplete_results},
                    {"bad", static_cast<int64_t>(result.bad.size())}};
  report.problems = std::move(result.bad);
  // A database that was damaged as a whole was moved away when it was opened.
  for (const std::string& warning : store->database->warnings()) report.problems.push_back(warning);
  return report;
}

absl::Status BoundCache(const BuildRequest& request, bool unchanged, store::LocalStore& store, EventSink& events) {
  if (request.disk_cache_max == 0) return absl::OkStatus();
  const std::string limit = absl::StrCat(request.disk_cache_max);
  absl::StatusOr<std::optional<std::string>> kept = store.database->Get(store::Table::kMeta, kKeptLimit);
  if (unchanged && kept.ok() && *kept == limit) return absl::OkStatus();
  COW_RETURN_IF_ERROR(store.BeginSession());
  COW_ASSIGN_OR_RETURN(store::CollectionResult result, store::CollectGarbage(store, LimitOf(request)));
  if (result.bytes_after <= LimitOf(request)) {
    store.database->Put(store::Table::kMeta, kKeptLimit, limit);
    return absl::OkStatus();
  }
  store.database->Delete(store::Table::kMeta, kKeptLimit);
  events.Handle(Message{
      .kind = Message::Kind::kWarning,
      .text = absl::StrCat("warning: the cache takes ", result.bytes_after, " bytes, more than --disk_cache_max=", limit,
                           ": the database and repositories take ", result.fixed_bytes, ", running builds use ",
                           result.leased_bytes)});
  return absl::OkStatus();
}

}  // namespace cow::driver
