#include "engine/store/database.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/store/database_use.h"
#include "engine/store/file_lock.h"
#include "engine/store/file_system_kind.h"
#include "engine/store/lmdb_environment.h"
#include "engine/store/page_check.h"
#include "engine/store/record_seal.h"
#include "engine/store/write_queue.h"

namespace cow::store {
namespace {

constexpr int kTables = static_cast<int>(Table::kBuildActions) + 1;

absl::Status LmdbStatus(int code, std::string_view doing) {
  std::string message = absl::StrCat(doing, ": ", mdb_strerror(code));
  if (IsDamage(code)) return absl::DataLossError(message);
  if (code == ENOSPC || code == MDB_MAP_FULL || code == ENOMEM) return absl::ResourceExhaustedError(message);
  return absl::UnavailableError(message);
}

// The time namespace belongs to it: clocks that count from the boot differ between time namespaces.
std::string RunningBoot() {
  absl::StatusOr<std::string> id = ReadFile("/proc/sys/kernel/random/boot_id");
  absl::StatusOr<std::string> clock = ReadLink("/proc/self/ns/time");
  // Without an id nothing outlives this process as trusted.
  if (!id.ok()) return absl::StrCat("unknown-", getpid());
  return absl::StrCat(absl::StripSuffix(*id, "\n"), clock.ok() ? *clock : "");
}

absl::Status CheckFileSystem(const std::string& directory) {
  COW_ASSIGN_OR_RETURN(FileSystemKind kind, FileSystemOf(directory));
  if (!kind.remote) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the cache '", directory, "' lies on a ", kind.name,
                   " file system, where locks are not reliable; set COW_CACHE_DIR to a directory on a local disk"));
}

// A page fault for each page of a large copy takes longer than copying.
std::string CopyOf(std::string_view bytes) {
  constexpr size_t kLarge = 128 * 1024;
  std::string copy;
  copy.reserve(bytes.size());
  if (bytes.size() > kLarge) {
    const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const uintptr_t begin = (reinterpret_cast<uintptr_t>(copy.data()) + page - 1) & ~(page - 1);
    const uintptr_t end = reinterpret_cast<uintptr_t>(copy.data() + bytes.size()) & ~(page - 1);
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE);  // older kernels do not know it
  }
  copy.append(bytes);
  return copy;
}

// Left behind by a session that met damage while it ran.
constexpr char kDamageMark[] = "damaged";

absl::Status MoveAside(const CacheLayout& layout, std::vector<std::string>* warnings) {
  COW_ASSIGN_OR_RETURN(std::string aside, MakeTempDirectory(layout.quarantine() + "/db-"));
  COW_RETURN_IF_ERROR(RenameFile(layout.db(), aside));
  COW_RETURN_IF_ERROR(MakeDirectories(layout.db(), 0700));
  warnings->push_back(absl::StrCat("the database of the cache was damaged; moved it to '", aside,
                                   "' and started an empty one: this build will be slower"));
  return absl::OkStatus();
}

// True if a session found the files damaged, or they are and were not left so by one.
absl::StatusOr<bool> IsDamaged(const CacheLayout& layout, const DatabaseUse& use) {
  if (FileExists(absl::StrCat(layout.db(), "/", kDamageMark))) return true;
  if (!use.needs_check()) return false;
  const absl::Status status = CheckPagesOfFile(layout.db() + "/data.mdb");
  if (absl::IsDataLoss(status)) return true;
  COW_RETURN_IF_ERROR(status);
  use.Leave().IgnoreError();  // checked again next time
  return false;
}

}  // namespace

class Database::Impl {
 public:
  Impl(std::unique_ptr<LmdbEnvironment> environment, DatabaseUse use, std::string boot, std::vector<std::string> notes,
       UniqueFd directory, int delay_ms)
      : boot_id(std::move(boot)),
        warnings(std::move(notes)),
        directory_(std::move(directory)),
        use_(std::move(use)),
        environment_(std::move(environment)),
        queue_([this](const WriteQueue::Batch& batch) { return Commit(batch); }, delay_ms) {}

  ~Impl() {
    queue_.Flush().IgnoreError();
    if (wrote_ && !damaged_) use_.Leave().IgnoreError();  // checked next time
  }

  absl::StatusOr<std::optional<std::string>> Get(int table, std::string_view key) {
    if (std::optional<WriteQueue::Value> queued = queue_.Find(table, key)) return *std::move(queued);
    std::optional<std::string> value;
    const int code = environment_->Visit(table, key, [&](std::string_view sealed) { value = Unseal(table, key, sealed); });
    if (code == MDB_NOTFOUND) return std::nullopt;
    COW_RETURN_IF_ERROR(Check(code, "reading the cache's database"));
    return value;
  }

  WriteQueue& queue() { return queue_; }

  absl::Status Update(const std::function<absl::Status(Transaction&)>& change);
  absl::StatusOr<int64_t> ForEach(int table,
                                  const std::function<void(std::string_view, std::string_view)>& visit);
  // `*last`: where to go on; empty if there is no more.
  absl::StatusOr<int64_t> Scan(int table, std::string_view after, size_t limit, std::string* last,
                               const std::function<void(std::string_view, std::string_view)>& visit);

  const std::string boot_id;
  const std::vector<std::string> warnings;

 private:
  class TransactionImpl;

  static std::optional<std::string> Unseal(int table, std::string_view key, std::string_view sealed) {
    std::optional<std::string_view> value = UnsealRecord(static_cast<uint8_t>(table), key, sealed);
    if (!value) return std::nullopt;
    return CopyOf(*value);
  }

  absl::Status Check(int code, std::string_view doing) {
    if (code == MDB_SUCCESS) return absl::OkStatus();
    // Once, and where the database is now: it may have been moved aside already.
    if (IsDamage(code) && !damaged_.exchange(true)) {
      UniqueFd mark(openat(directory_.get(), kDamageMark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
    return LmdbStatus(code, doing);
  }

  int PutSealed(MDB_txn* txn, int table, std::string_view key, std::string_view value) {
    return environment_->PutIn(txn, table, key, SealRecord(static_cast<uint8_t>(table), key, value));
  }

  absl::Status Commit(const WriteQueue::Batch& batch) {
    wrote_ = true;
    int code = environment_->Write([&](MDB_txn* txn) {
      for (const auto& [where, value] : batch) {
        int one = value ? PutSealed(txn, where.first, where.second, *value)
                        : environment_->DeleteIn(txn, where.first, where.second);
        if (one != MDB_SUCCESS) return one;
      }
      return MDB_SUCCESS;
    });
    return Check(code, "writing the cache's database");
  }

  const UniqueFd directory_;
  const DatabaseUse use_;
  std::atomic<bool> wrote_ = false;
  std::atomic<bool> damaged_ = false;
  const std::unique_ptr<LmdbEnvironment> environment_;
  WriteQueue queue_;
};

class Database::Impl::TransactionImpl final : public Transaction {
 public:
  TransactionImpl(Impl* impl, MDB_txn* txn) : impl_(*impl), txn_(txn) {}

  std::optional<std::string> Get(Table table, std::string_view key) override {
    std::string sealed;
    int id = static_cast<int>(table);
    if (impl_.environment_->GetIn(txn_, id, key, &sealed) != MDB_SUCCESS) return std::nullopt;
    return Unseal(id, key, sealed);
  }

  absl::Status Put(Table table, std::string_view key, std::string_view value) override {
    if (code == MDB_SUCCESS) code = impl_.PutSealed(txn_, static_cast<int>(table), key, value);
    return impl_.Check(code == MDB_MAP_FULL ? MDB_SUCCESS : code, "writing the cache's database");
  }

  int code = MDB_SUCCESS;  // of the first Put that failed; MDB_MAP_FULL makes the change run again

 private:
  Impl& impl_;
  MDB_txn* const txn_;
};

absl::Status Database::Impl::Update(const std::function<absl::Status(Transaction&)>& change) {
  COW_RETURN_IF_ERROR(queue_.Flush());
  absl::Status status;
  wrote_ = true;
  int code = environment_->Write([&](MDB_txn* txn) {
    TransactionImpl transaction(this, txn);
    status = change(transaction);
    if (transaction.code != MDB_SUCCESS) return transaction.code;
    return status.ok() ? MDB_SUCCESS : ECANCELED;
  });
  COW_RETURN_IF_ERROR(status);
  return Check(code, "writing the cache's database");
}

absl::StatusOr<int64_t> Database::Impl::Scan(int table, std::string_view after, size_t limit, std::string* last,
                                             const std::function<void(std::string_view, std::string_view)>& visit) {
  LmdbEnvironment::Records records;
  COW_RETURN_IF_ERROR(Check(environment_->Scan(table, after, limit, &records), "reading the cache's database"));
  int64_t damaged = 0;
  for (const auto& [key, sealed] : records) {
    std::optional<std::string> value = Unseal(table, key, sealed);
    if (value) {
      visit(key, *value);
    } else {
      ++damaged;
    }
  }
  last->clear();
  if (records.size() == limit) *last = records.back().first;
  return damaged;
}

absl::StatusOr<int64_t> Database::Impl::ForEach(
    int table, const std::function<void(std::string_view, std::string_view)>& visit) {
  constexpr size_t kBatch = 1000;  // short read transactions: an old one keeps free pages from being used again
  int64_t damaged = 0;
  std::string after;
  do {
    const std::string from = std::move(after);
    COW_ASSIGN_OR_RETURN(const int64_t more, Scan(table, from, kBatch, &after, visit));
    damaged += more;
  } while (!after.empty());
  return damaged;
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const CacheLayout& layout, DatabaseOptions options) {
  COW_RETURN_IF_ERROR(CheckFileSystem(layout.db()));
  std::vector<std::string> warnings;
  COW_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(layout.root + "/db.lock"));
  COW_ASSIGN_OR_RETURN(DatabaseUse use, DatabaseUse::Join(layout));
  COW_ASSIGN_OR_RETURN(const bool damaged, IsDamaged(layout, use));
  if (damaged) COW_RETURN_IF_ERROR(MoveAside(layout, &warnings));
  auto opened = LmdbEnvironment::Open(layout.db(), options.map_size, kTables);
  if (IsDamage(opened.code)) {
    COW_RETURN_IF_ERROR(MoveAside(layout, &warnings));
    opened = LmdbEnvironment::Open(layout.db(), options.map_size, kTables);
  }
  if (opened.code != MDB_SUCCESS) return LmdbStatus(opened.code, absl::StrCat("opening ", layout.db()));
  UniqueFd directory(open(layout.db().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return ErrnoStatus(errno, layout.db());
  std::string boot = options.boot_id.empty() ? RunningBoot() : options.boot_id;
  return std::unique_ptr<Database>(
      new Database(std::make_unique<Impl>(std::move(opened.environment), std::move(use), std::move(boot),
                                          std::move(warnings), std::move(directory), options.commit_delay_ms)));
}

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

absl::StatusOr<std::optional<std::string>> Database::Get(Table table, std::string_view key) {
  return impl_->Get(static_cast<int>(table), key);
}

void Database::Put(Table table, std::string_view key, std::string_view value) {
  impl_->queue().Add(static_cast<int>(table), key, std::string(value));
}

void Database::Delete(Table table, std::string_view key) {
  impl_->queue().Add(static_cast<int>(table), key, std::nullopt);
}

absl::Status Database::Flush() { return impl_->queue().Flush(); }

absl::Status Database::Update(const std::function<absl::Status(Transaction&)>& change) { return impl_->Update(change); }

absl::StatusOr<int64_t> Database::ForEach(
    Table table, const std::function<void(std::string_view key, std::string_view value)>& visit) {
  return impl_->ForEach(static_cast<int>(table), visit);
}

absl::StatusOr<int64_t> Database::Scan(
    Table table, std::string_view after, size_t limit,
    const std::function<void(std::string_view key, std::string_view value)>& visit) {
  std::string last;
  return impl_->Scan(static_cast<int>(table), after, limit, &last, visit);
}

const std::string& Database::boot_id() const { return impl_->boot_id; }
const std::vector<std::string>& Database::warnings() const { return impl_->warnings; }

}  // namespace cow::store
