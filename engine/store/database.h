// Database: small records of the cache in one LMDB environment at `<cache>/db`. It is itself a cache: losing it costs
// time. Damaged files are moved aside with a warning and the database starts empty.
//
// Every record carries a checksum over table, key and value; a record that does not match is as if absent. Writes are
// collected and committed by a thread of its own every few tens of milliseconds; reads of this process see them at
// once. A commit survives kill -9; a power cut may lose the last commits but never mixes them up.
//
// Several processes may open one cache; one process must not open the same cache twice at a time.
// All methods may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/cache_layout.h"

namespace cow::store {

enum class Table {
  kActions,     // action key -> result
  kPreimages,   // digest -> message that an action key was made from
  kFileStates,  // path -> stat and digest
  kBlobs,       // digest -> trust record
  kTrees,       // digest -> trust record
  kMeta,        // checkpoints
  kState,       // records of other layers; keys start with the layer's name: "loading/..."
  kLastKeys,    // workspace and output -> last action key (build_history.h)
  kBuilds,        // workspace and time -> summary of a build
  kBuildActions,  // workspace and time -> actions of that build
};

struct DatabaseOptions {
  uint64_t map_size = 0;      // bytes of address space; 0 = as much as is sensible here
  int commit_delay_ms = 40;   // how long writes are collected
  std::string boot_id{};      // "" = of the running system
};

class Database {
 public:
  // kFailedPrecondition with an explanation if the cache lies on a network or FUSE file system.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const CacheLayout& layout, DatabaseOptions options = {});
  // Flushes.
  ~Database();

  absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key);
  // Keys have 1 to 500 bytes.
  void Put(Table table, std::string_view key, std::string_view value);
  void Delete(Table table, std::string_view key);

  // Commits all that was put before. A failure (disk full) is also reported for commits made in between; the records
  // of a failed commit are lost.
  absl::Status Flush();

  // Runs `change` alone among all writers of all processes, after all pending writes: reads and writes go to one
  // transaction, committed before this returns. `change` may run more than once; only its last run counts.
  class Transaction {
   public:
    virtual ~Transaction() = default;
    virtual std::optional<std::string> Get(Table table, std::string_view key) = 0;
    virtual absl::Status Put(Table table, std::string_view key, std::string_view value) = 0;
  };
  absl::Status Update(const std::function<absl::Status(Transaction&)>& change);

  // Calls `visit` for every sound committed record; a record that is damaged is counted in the result.
  absl::StatusOr<int64_t> ForEach(Table table,
                                  const std::function<void(std::string_view key, std::string_view value)>& visit);
  // The same for at most `limit` committed records with keys after `after` ("" = from the first), in order of their keys.
  absl::StatusOr<int64_t> Scan(Table table, std::string_view after, size_t limit,
                               const std::function<void(std::string_view key, std::string_view value)>& visit);

  // Identifies the running boot of the system.
  const std::string& boot_id() const;

  // What a person should know, e.g. that a damaged database was moved aside. Constant after Open.
  const std::vector<std::string>& warnings() const;

 private:
  class Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cow::store
