#include "engine/store/lmdb_environment.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "engine/store/fault_guard.h"
#include "engine/store/nudged_thread.h"

namespace cow::store {
namespace {

constexpr uint64_t kMegabyte = 1024 * 1024;

MDB_val ValueOf(std::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

std::string_view ViewOf(const MDB_val& value) { return {static_cast<const char*>(value.mv_data), value.mv_size}; }

// LMDB's own checks of its pages end here instead of in abort().
void OnFailedAssertion(MDB_env* /*env*/, const char* /*message*/) { RaiseGuarded(); }

uint64_t DefaultMapSize() {
  uint64_t size = sizeof(void*) < 8 ? 256 * kMegabyte : 64 * 1024 * kMegabyte;
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    size = std::min<uint64_t>(size, limit.rlim_cur / 4);
  }
  return std::max(size & ~(kMegabyte - 1), 16 * kMegabyte);
}

int ScanIn(MDB_txn* txn, MDB_dbi table, std::string_view after, size_t limit, LmdbEnvironment::Records* records) {
  MDB_cursor* cursor = nullptr;
  int code = mdb_cursor_open(txn, table, &cursor);
  if (code != MDB_SUCCESS) return code;
  MDB_val key = ValueOf(after);
  MDB_val value;
  code = mdb_cursor_get(cursor, &key, &value, after.empty() ? MDB_FIRST : MDB_SET_RANGE);
  while (code == MDB_SUCCESS && records->size() < limit) {
    if (ViewOf(key) != after) records->emplace_back(ViewOf(key), ViewOf(value));
    code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
  }
  mdb_cursor_close(cursor);
  return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

}  // namespace

bool IsDamage(int code) {
  return code == MDB_INVALID || code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_VERSION_MISMATCH ||
         code == MDB_PANIC || code == MDB_INCOMPATIBLE;
}

LmdbEnvironment::OpenResult LmdbEnvironment::Open(const std::string& directory, uint64_t map_size, int tables) {
  bool fixed = map_size != 0;
  uint64_t size = fixed ? map_size : DefaultMapSize();
  while (true) {
    std::unique_ptr<LmdbEnvironment> environment(new LmdbEnvironment);
    int code = environment->Guarded([&] { return environment->OpenWithMap(directory, size); });
    if (code == ENOMEM && !fixed && size > 16 * kMegabyte) {
      size /= 2;
      continue;
    }
    if (code == MDB_SUCCESS) code = environment->OpenTables(tables);
    if (code != MDB_SUCCESS) return {code, nullptr};
    return {code, std::move(environment)};
  }
}

LmdbEnvironment::~LmdbEnvironment() {
  // What a fault left of an environment cannot be closed.
  if (env_ != nullptr && !faulted_) mdb_env_close(env_);
}

int LmdbEnvironment::Guarded(absl::FunctionRef<int()> body) {
  if (faulted_) return MDB_CORRUPTED;
  int code = MDB_CORRUPTED;
  if (!RunGuarded([&] { code = body(); })) faulted_ = true;
  return faulted_ ? MDB_CORRUPTED : code;
}

int LmdbEnvironment::OpenWithMap(const std::string& directory, uint64_t map_size) {
  int code = mdb_env_create(&env_);
  if (code == MDB_SUCCESS) code = mdb_env_set_assert(env_, OnFailedAssertion);
  if (code == MDB_SUCCESS) code = mdb_env_set_mapsize(env_, map_size);
  if (code == MDB_SUCCESS) code = mdb_env_set_maxdbs(env_, 32);
  if (code == MDB_SUCCESS) code = mdb_env_set_maxreaders(env_, 4096);
  if (code == MDB_SUCCESS) code = mdb_env_open(env_, directory.c_str(), MDB_NOMETASYNC | MDB_NOTLS, 0600);
  int dead = 0;
  if (code == MDB_SUCCESS) code = mdb_reader_check(env_, &dead);
  return code;
}

int LmdbEnvironment::OpenTables(int tables) {
  tables_.resize(static_cast<size_t>(tables));
  const int code = OpenKnownTables();
  if (code != MDB_NOTFOUND) return code;
  return Write([&](MDB_txn* txn) { return OpenTablesIn(txn, MDB_CREATE); });
}

// Without the lock of the writers, which a stopped process (Ctrl-Z) may hold for long.
int LmdbEnvironment::OpenKnownTables() {
  absl::ReaderMutexLock lock(&map_mutex_);
  MDB_txn* txn = nullptr;
  int code = Begin(MDB_RDONLY, &txn);
  // A writing transaction knows what to do about all that stands in the way of a reading one.
  if (code != MDB_SUCCESS) return IsDamage(code) ? code : MDB_NOTFOUND;
  code = OpenTablesIn(txn, 0);
  // The handles outlive a transaction only if it is committed.
  return End(txn, code, /*commit=*/true);
}

int LmdbEnvironment::OpenTablesIn(MDB_txn* txn, unsigned int flags) {
  for (size_t i = 0; i < tables_.size(); ++i) {
    const std::string name = absl::StrCat(i);
    const int code = Guarded([&] { return mdb_dbi_open(txn, name.c_str(), flags, &tables_[i]); });
    if (code != MDB_SUCCESS) return code;
  }
  return MDB_SUCCESS;
}

int LmdbEnvironment::GetIn(MDB_txn* txn, int table, std::string_view key, std::string* value) {
  MDB_val mdb_key = ValueOf(key);
  MDB_val mdb_value;
  return Guarded([&] {
    const int code = mdb_get(txn, tables_[static_cast<size_t>(table)], &mdb_key, &mdb_value);
    if (code == MDB_SUCCESS) value->assign(ViewOf(mdb_value));
    return code;
  });
}

int LmdbEnvironment::PutIn(MDB_txn* txn, int table, std::string_view key, std::string_view value) {
  MDB_val mdb_key = ValueOf(key);
  MDB_val mdb_value = ValueOf(value);
  return Guarded([&] { return mdb_put(txn, tables_[static_cast<size_t>(table)], &mdb_key, &mdb_value, 0); });
}

int LmdbEnvironment::DeleteIn(MDB_txn* txn, int table, std::string_view key) {
  MDB_val mdb_key = ValueOf(key);
  const int code = Guarded([&] { return mdb_del(txn, tables_[static_cast<size_t>(table)], &mdb_key, nullptr); });
  return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

int LmdbEnvironment::Get(int table, std::string_view key, std::string* value) {
  return Visit(table, key, [value](std::string_view bytes) { *value = std::string(bytes); });
}

int LmdbEnvironment::Visit(int table, std::string_view key, const std::function<void(std::string_view)>& visit) {
  MDB_val mdb_key = ValueOf(key);
  MDB_val value;
  return Read([&](MDB_txn* txn) {
    return Guarded([&] {
      const int code = mdb_get(txn, tables_[static_cast<size_t>(table)], &mdb_key, &value);
      if (code == MDB_SUCCESS) visit(ViewOf(value));
      return code;
    });
  });
}

int LmdbEnvironment::Scan(int table, std::string_view after, size_t limit, Records* records) {
  return Read([&](MDB_txn* txn) {
    return Guarded([&] { return ScanIn(txn, tables_[static_cast<size_t>(table)], after, limit, records); });
  });
}

int LmdbEnvironment::Begin(unsigned int flags, MDB_txn** txn) {
  return Guarded([&] { return mdb_txn_begin(env_, nullptr, flags, txn); });
}

int LmdbEnvironment::End(MDB_txn* txn, int code, bool commit) {
  return Guarded([&] {
    if (commit && code == MDB_SUCCESS) return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
  });
}

int LmdbEnvironment::Read(const std::function<int(MDB_txn*)>& body) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    int code;
    {
      absl::ReaderMutexLock lock(&map_mutex_);
      MDB_txn* txn = nullptr;
      code = Begin(MDB_RDONLY, &txn);
      if (code == MDB_SUCCESS) return End(txn, body(txn), /*commit=*/false);
      int dead = 0;
      if (code == MDB_READERS_FULL) mdb_reader_check(env_, &dead);
    }
    if (code == MDB_MAP_RESIZED) {
      Resize(/*grow=*/false);
    } else if (code != MDB_READERS_FULL) {
      return code;
    }
  }
  return MDB_READERS_FULL;
}

int LmdbEnvironment::WriteOnce(const std::function<int(MDB_txn*)>& body) {
  absl::ReaderMutexLock lock(&map_mutex_);
  MDB_txn* txn = nullptr;
  waits_to_write_ = true;
  const int code = Begin(0, &txn);
  waits_to_write_ = false;
  return code == MDB_SUCCESS ? End(txn, body(txn), /*commit=*/true) : code;
}

int LmdbEnvironment::Write(const std::function<int(MDB_txn*)>& body) {
  absl::MutexLock lock(&write_mutex_);
  while (true) {
    int code = MDB_CORRUPTED;
    // The lock of all processes' writers goes with the thread that holds it: after a fault, nothing else frees it.
    RunNudged([&] { code = WriteOnce(body); }, waits_to_write_);
    if (code != MDB_MAP_FULL && code != MDB_MAP_RESIZED) return code;
    int resized = Resize(/*grow=*/code == MDB_MAP_FULL);
    if (resized != MDB_SUCCESS) return resized;
  }
}

int LmdbEnvironment::Resize(bool grow) {
  absl::MutexLock lock(&map_mutex_);
  return Guarded([&] {
    if (!grow) return mdb_env_set_mapsize(env_, 0);
    MDB_envinfo info;
    const int code = mdb_env_info(env_, &info);
    return code == MDB_SUCCESS ? mdb_env_set_mapsize(env_, info.me_mapsize * 2) : code;
  });
}

}  // namespace cow::store
