// LmdbEnvironment: an LMDB environment that grows when it is full and follows when another process grew it.
// LMDB trusts its pages: what they point to may be no memory of ours. Such a fault is MDB_CORRUPTED, and so is all that
// is asked of the environment after it. Internal to the store. Any thread; results are LMDB's codes.
#pragma once

#include <lmdb.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"

namespace cow::store {

class LmdbEnvironment {
 public:
  struct OpenResult {
    int code = 0;  // MDB_SUCCESS, an MDB_ code or an errno
    std::unique_ptr<LmdbEnvironment> environment{};
  };
  // `map_size` 0: 64 GiB of address space or the most the process may have. Makes `tables` databases named "0", "1", ...
  static OpenResult Open(const std::string& directory, uint64_t map_size, int tables);
  ~LmdbEnvironment();

  int Get(int table, std::string_view key, std::string* value);
  // The same without a copy: `visit` sees the value where it lies. It must not use the environment.
  int Visit(int table, std::string_view key, const std::function<void(std::string_view)>& visit);

  using Records = std::vector<std::pair<std::string, std::string>>;
  // Up to `limit` records with keys after `*after` ("" = from the first).
  int Scan(int table, std::string_view after, size_t limit, Records* records);

  // Runs `body` in a write transaction and commits; aborts if it does not return MDB_SUCCESS. `body` runs again if the
  // map had to grow.
  int Write(const std::function<int(MDB_txn*)>& body);
  int GetIn(MDB_txn* txn, int table, std::string_view key, std::string* value);
  int PutIn(MDB_txn* txn, int table, std::string_view key, std::string_view value);
  int DeleteIn(MDB_txn* txn, int table, std::string_view key);

 private:
  LmdbEnvironment() = default;
  // Runs calls of LMDB; MDB_CORRUPTED if they faulted, or any before them.
  int Guarded(absl::FunctionRef<int()> body);
  int Begin(unsigned int flags, MDB_txn** txn);
  // Commits if that is wanted and `code` is MDB_SUCCESS; otherwise aborts and returns `code`.
  int End(MDB_txn* txn, int code, bool commit);
  int OpenWithMap(const std::string& directory, uint64_t map_size);
  int OpenTables(int tables);
  int OpenKnownTables();
  int OpenTablesIn(MDB_txn* txn, unsigned int flags);
  int Read(const std::function<int(MDB_txn*)>& body);
  int WriteOnce(const std::function<int(MDB_txn*)>& body);
  int Resize(bool grow);

  MDB_env* env_ = nullptr;
  std::atomic<bool> faulted_ = false;
  std::atomic<bool> waits_to_write_ = false;  // for other writers, of this process or another
  std::vector<MDB_dbi> tables_;  // constant after Open
  absl::Mutex map_mutex_;        // shared: a transaction is open; exclusive: the map changes
  absl::Mutex write_mutex_ ABSL_ACQUIRED_BEFORE(map_mutex_);
};

// The environment's files are damaged or of another version: move them aside and start empty.
bool IsDamage(int code);

}  // namespace cow::store
