#include "remote-cache/storage/blob_storage.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status.h"

namespace cow::cache {
namespace {

using Form = StoredRecord::Form;
using store::Table;

constexpr char kUsage[] = "cow-cache/usage";  // bytes; only while no server runs
constexpr int64_t kCoarse = 10;               // minutes that a record may lag behind

Key EmptyKey() { return Digest().hash(); }

absl::StatusOr<UniqueFd> LockDirectory(const std::string& root) {
  UniqueFd lock(open((root + "/server.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return ErrnoStatus(errno, root + "/server.lock");
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("another cow-cache uses '", root, "'"));
  }
  return lock;
}

absl::Status MakeFolders(const store::CacheLayout& layout) {
  for (int i = 0; i < 256; ++i) {
    const char byte = static_cast<char>(i);
    COW_RETURN_IF_ERROR(MakeDirectories(absl::StrCat(layout.cas(), "/", HexEncode({&byte, 1})), 0700));
  }
  // Uploads that were not finished.
  COW_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> left, ListDirectory(layout.tmp()));
  for (const DirectoryEntry& entry : left) COW_RETURN_IF_ERROR(RemoveTree(absl::StrCat(layout.tmp(), "/", entry.name)));
  return absl::OkStatus();
}

}  // namespace

BlobStorage::BlobStorage(StorageOptions options, store::CacheLayout layout, UniqueFd lock,
                         std::unique_ptr<store::Database> database)
    : options_(std::move(options)),
      layout_(std::move(layout)),
      lock_(std::move(lock)),
      database_(std::move(database)),
      checkpoints_(database_.get(), layout_.root),
      next_generation_((uint64_t{std::random_device()()} << 32) | std::random_device()()) {}

absl::StatusOr<std::unique_ptr<BlobStorage>> BlobStorage::Open(StorageOptions options) {
  if (options.hard_max_bytes == 0) options.hard_max_bytes = options.max_bytes + options.max_bytes / 20;
  if (options.max_bytes <= 0 || options.hard_max_bytes < options.max_bytes) {
    return absl::InvalidArgumentError("the bound of the cache must be positive and not above its hard bound");
  }
  COW_RETURN_IF_ERROR(MakeDirectories(options.directory, 0700));
  COW_ASSIGN_OR_RETURN(store::CacheLayout layout, store::OpenCache(options.directory));
  COW_ASSIGN_OR_RETURN(UniqueFd lock, LockDirectory(layout.root));
  COW_RETURN_IF_ERROR(MakeFolders(layout));
  COW_ASSIGN_OR_RETURN(std::unique_ptr<store::Database> database,
                       store::Database::Open(layout, {.boot_id = options.boot_id}));
  COW_ASSIGN_OR_RETURN(std::optional<std::string> usage, database->Get(Table::kMeta, kUsage));
  database->Delete(Table::kMeta, kUsage);
  std::unique_ptr<BlobStorage> storage(
      new BlobStorage(std::move(options), std::move(layout), std::move(lock), std::move(database)));
  int64_t used = 0;
  bool is_empty = true;
  COW_RETURN_IF_ERROR(storage->database_
                          ->Scan(Table::kState, "", 1, [&](std::string_view, std::string_view) { is_empty = false; })
                          .status());
  storage->recount_ = !is_empty && (!usage || !absl::SimpleAtoi(*usage, &used));
  storage->used_ = used;
  if (!storage->options_.works_alone) {
    if (storage->recount_) storage->Recount();
    return storage;
  }
  storage->exact_ = !storage->recount_;
  storage->worker_ = std::thread([raw = storage.get()] { raw->Work(); });
  return storage;
}

BlobStorage::~BlobStorage() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (worker_.joinable()) worker_.join();
  RemoveRetired().IgnoreError();  // orphans, swept later
  Checkpoint();
  if (!recount_ && exact_) database_->Put(Table::kMeta, kUsage, absl::StrCat(used_.load()));
  database_->Flush().IgnoreError();  // counted anew next time
}

std::string BlobStorage::NameOf(Space space, const Key& key) {
  const std::string_view bytes(reinterpret_cast<const char*>(key.data()), key.size());
  switch (space) {
    case Space::kCas: return absl::StrCat("cas/", bytes);
    case Space::kRaw: return absl::StrCat("raw/", bytes);
    case Space::kResults: break;
  }
  return absl::StrCat("ac/", bytes);
}

std::string BlobStorage::PathOf(std::string_view name, uint64_t generation) const {
  const std::string hash = HexEncode(name.substr(name.find('/') + 1));
  return absl::StrCat(layout_.cas(), "/", hash.substr(0, 2), "/", hash, "-", absl::Hex(generation, absl::kZeroPad16),
                      absl::StartsWith(name, "raw/") ? ".raw" : "");
}

absl::Mutex& BlobStorage::StripeOf(std::string_view name) {
  return stripes_[static_cast<unsigned char>(name[name.find('/') + 1]) % stripes_.size()];
}

int64_t BlobStorage::Now() const {
  return options_.now_minute ? options_.now_minute() : absl::ToUnixSeconds(absl::Now()) / 60;
}

absl::StatusOr<std::optional<StoredRecord>> BlobStorage::Lookup(const std::string& name) {
  COW_ASSIGN_OR_RETURN(std::optional<std::string> bytes, database_->Get(Table::kState, name));
  if (!bytes) return std::nullopt;
  return DecodeRecord(*bytes);
}

void BlobStorage::Store(const std::string& name, const StoredRecord& record) {
  database_->Put(Table::kState, name, EncodeRecord(record));
}

void BlobStorage::Touch(const std::string& name, StoredRecord& record) {
  const int64_t now = Now();
  if (now - record.used_minute < kCoarse) return;
  record.used_minute = now;
  Store(name, record);
}

absl::StatusOr<bool> BlobStorage::IsSound(const std::string& name, const StoredRecord& record) const {
  if (!absl::StartsWith(name, "cas/")) return false;
  absl::StatusOr<Digest> expected = Digest::FromBytes(name.substr(4), record.size);
  if (!expected.ok()) return false;
  UniqueFd file;
  if (record.form != Form::kInline) {
    file = UniqueFd(open(PathOf(name, record.generation).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid() && errno == ENOENT) return false;
    if (!file.valid()) return ErrnoStatus(errno, "opening a blob");
  }
  BlobReader reader(record, std::move(file), std::nullopt);
  Sha256 hash;
  absl::Status status = reader.Start(0);
  while (status.ok() && reader.left() > 0) {
    absl::StatusOr<std::string> piece = reader.Next();
    status = piece.status();
    if (piece.ok()) hash.Update(*piece);
  }
  if (absl::IsDataLoss(status)) return false;
  COW_RETURN_IF_ERROR(status);
  return hash.Finish() == *expected;
}

absl::StatusOr<std::optional<StoredRecord>> BlobStorage::LookupAndTouch(const std::string& name, int64_t size) {
  absl::MutexLock lock(&StripeOf(name));
  COW_ASSIGN_OR_RETURN(std::optional<StoredRecord> record, Lookup(name));
  if (!record || (size >= 0 && record->size != size)) return std::nullopt;
  if (!checkpoints_.IsBelieved(*record)) {  // after a power cut: it is read once
    COW_ASSIGN_OR_RETURN(const bool sound, IsSound(name, *record));
    if (!sound) {
      ++damaged_;
      used_ -= RoomOf(*record);
      database_->Delete(Table::kState, name);
      Retire(PathOf(name, record->generation));
      return std::nullopt;
    }
    checkpoints_.Stamp(&*record);
    Store(name, *record);
  }
  Touch(name, *record);
  return record;
}

void BlobStorage::Drop(const std::string& name, uint64_t generation) {
  absl::MutexLock lock(&StripeOf(name));
  absl::StatusOr<std::optional<StoredRecord>> record = Lookup(name);
  if (!record.ok() || !record->has_value() || (*record)->generation != generation) return;
  used_ -= RoomOf(**record);
  database_->Delete(Table::kState, name);
  if ((*record)->form != Form::kInline) Retire(PathOf(name, generation));
}

void BlobStorage::Retire(std::string path) {
  absl::MutexLock lock(&mutex_);
  retired_.push_back(std::move(path));
}

// What was put lately is lost if this fails, so nothing more is taken until it succeeds.
absl::Status BlobStorage::FlushIndex() {
  absl::Status status = database_->Flush();
  if (!status.ok()) status = absl::UnavailableError(absl::StrCat("the index cannot be written: ", status.message()));
  absl::MutexLock lock(&mutex_);
  return index_ = status;
}

absl::Status BlobStorage::RemoveRetired() {
  std::vector<std::string> paths;
  {
    absl::MutexLock lock(&mutex_);
    paths.swap(retired_);
  }
  if (paths.empty()) return absl::OkStatus();
  const absl::Status status = FlushIndex();
  // If the index could not be written they stay, and are swept as orphans if it never is.
  if (!status.ok()) return status;
  for (const std::string& path : paths) RemoveFile(path).IgnoreError();  // an orphan, swept later
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Digest>> BlobStorage::FindMissing(const std::vector<Digest>& digests) {
  std::vector<Digest> missing;
  for (const Digest& digest : digests) {
    if (digest == Digest()) continue;
    COW_ASSIGN_OR_RETURN(const std::optional<StoredRecord> record,
                         LookupAndTouch(NameOf(Space::kCas, digest.hash()), digest.size_bytes()));
    if (!record) missing.push_back(digest);
  }
  return missing;
}

std::unique_ptr<BlobReader> BlobStorage::NewReader(const std::string& name, const StoredRecord& record, UniqueFd file,
                                                   std::optional<Digest> expected) {
  auto reader = std::make_unique<BlobReader>(record, std::move(file), std::move(expected));
  reader->OnDamage([this, name, generation = record.generation] {
    ++damaged_;
    Drop(name, generation);
  });
  return reader;
}

absl::StatusOr<std::unique_ptr<BlobReader>> BlobStorage::Read(Space space, const Key& key, int64_t size,
                                                              int64_t offset) {
  if (space == Space::kCas && key == EmptyKey() && size <= 0) {
    return std::make_unique<BlobReader>(StoredRecord(), UniqueFd(), std::nullopt);
  }
  const std::string name = NameOf(space, key);
  // Twice: what is written anew meanwhile is another file.
  for (int attempt = 0; attempt < 3; ++attempt) {
    COW_ASSIGN_OR_RETURN(const std::optional<StoredRecord> record, LookupAndTouch(name, size));
    if (!record) break;
    if (offset > record->size) return absl::OutOfRangeError(absl::StrCat("the blob has only ", record->size, " bytes"));
    UniqueFd file;
    if (record->form != Form::kInline) {
      file = UniqueFd(open(PathOf(name, record->generation).c_str(), O_RDONLY | O_CLOEXEC));
      if (!file.valid() && errno != ENOENT) return ErrnoStatus(errno, "opening a blob");
      if (!file.valid()) {
        ++vanished_;
        Drop(name, record->generation);
        continue;
      }
    }
    std::optional<Digest> expected;
    if (space == Space::kCas) expected.emplace(key, record->size);
    std::unique_ptr<BlobReader> reader = NewReader(name, *record, std::move(file), std::move(expected));
    const absl::Status status = reader->Start(offset);
    if (status.ok()) return reader;
    if (!absl::IsDataLoss(status)) return status;
  }
  return absl::NotFoundError("no such blob");
}

absl::StatusOr<std::string> BlobStorage::ReadAll(const Digest& digest) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> reader, Read(Space::kCas, digest.hash(), digest.size_bytes(), 0));
  std::string bytes;
  while (reader->left() > 0) {
    COW_ASSIGN_OR_RETURN(const std::string piece, reader->Next());
    bytes += piece;
  }
  return bytes;
}

BlobStorage::Upload::Upload(BlobStorage* storage, Space space, const Key& key, std::string path,
                            std::optional<Digest> expected, int64_t reserved)
    : storage_(*storage), space_(space), key_(key), reserved_(reserved), writer_(std::move(path), std::move(expected)) {}

BlobStorage::Upload::~Upload() { storage_.reserved_ -= reserved_; }

absl::Status BlobStorage::Reserve(int64_t size) {
  if (size > max_blob_bytes()) {
    return absl::InvalidArgumentError(absl::StrCat("a blob of ", size, " bytes; the cache takes up to ", max_blob_bytes()));
  }
  {
    absl::MutexLock lock(&mutex_);
    COW_RETURN_IF_ERROR(index_);
  }
  reserved_ += size;
  if (used_ + reserved_ > options_.max_bytes) {
    absl::MutexLock lock(&mutex_);
    full_ = true;
  }
  for (int attempt = 0; used_ + reserved_ > options_.hard_max_bytes && attempt < 100; ++attempt) EvictSome(true);
  if (used_ + reserved_ <= options_.hard_max_bytes) return absl::OkStatus();
  reserved_ -= size;
  return absl::ResourceExhaustedError("the cache is full and nothing in it can go");
}

absl::StatusOr<std::unique_ptr<BlobStorage::Upload>> BlobStorage::Begin(const Digest& digest) {
  COW_RETURN_IF_ERROR(Reserve(digest.size_bytes()));
  return std::unique_ptr<Upload>(new Upload(this, Space::kCas, digest.hash(),
                                            absl::StrCat(layout_.tmp(), "/", absl::Hex(next_generation_++)), digest,
                                            digest.size_bytes()));
}

absl::StatusOr<std::unique_ptr<BlobStorage::Upload>> BlobStorage::BeginRaw(const Key& key, int64_t size) {
  COW_RETURN_IF_ERROR(Reserve(size));
  return std::unique_ptr<Upload>(new Upload(this, Space::kRaw, key,
                                            absl::StrCat(layout_.tmp(), "/", absl::Hex(next_generation_++)),
                                            std::nullopt, size));
}

absl::Status BlobStorage::Commit(Upload& upload) {
  COW_ASSIGN_OR_RETURN(StoredRecord record, upload.writer_.Finish());
  if (upload.space_ == Space::kCas && upload.key_ == EmptyKey()) return absl::OkStatus();
  const std::string name = NameOf(upload.space_, upload.key_);
  absl::MutexLock lock(&StripeOf(name));
  COW_ASSIGN_OR_RETURN(std::optional<StoredRecord> before, Lookup(name));
  if (before && upload.space_ == Space::kCas && checkpoints_.IsBelieved(*before) && before->size == record.size &&
      (before->form == Form::kInline || FileExists(PathOf(name, before->generation)))) {
    Touch(name, *before);
    return absl::OkStatus();
  }
  record.generation = next_generation_++;
  record.used_minute = Now();
  if (record.form != Form::kInline) {
    COW_RETURN_IF_ERROR(RenameFile(upload.writer_.path(), PathOf(name, record.generation)));
    upload.writer_.Release();
  }
  checkpoints_.Stamp(&record);
  Store(name, record);
  used_ += RoomOf(record);
  if (!before) return absl::OkStatus();
  used_ -= RoomOf(*before);
  if (before->form != Form::kInline) Retire(PathOf(name, before->generation));
  return absl::OkStatus();
}

absl::Status BlobStorage::Put(const Digest& digest, std::string_view bytes) {
  COW_ASSIGN_OR_RETURN(std::unique_ptr<Upload> upload, Begin(digest));
  COW_RETURN_IF_ERROR(upload->writer().Write(bytes));
  return Commit(*upload);
}

absl::StatusOr<std::optional<std::string>> BlobStorage::GetResult(const Key& key) {
  COW_ASSIGN_OR_RETURN(std::optional<StoredRecord> record, LookupAndTouch(NameOf(Space::kResults, key), -1));
  if (!record) return std::nullopt;
  return std::move(record->data);
}

absl::Status BlobStorage::PutResult(const Key& key, std::string value) {
  const auto size = static_cast<int64_t>(value.size());
  COW_RETURN_IF_ERROR(Reserve(size));
  reserved_ -= size;  // it is used from here on
  const std::string name = NameOf(Space::kResults, key);
  StoredRecord record;
  record.size = record.stored = static_cast<int64_t>(value.size());
  record.used_minute = Now();
  record.data = std::move(value);
  absl::MutexLock lock(&StripeOf(name));
  COW_ASSIGN_OR_RETURN(const std::optional<StoredRecord> before, Lookup(name));
  record.generation = next_generation_++;
  Store(name, record);
  used_ += RoomOf(record) - (before ? RoomOf(*before) : 0);
  return absl::OkStatus();
}

void BlobStorage::DropResult(const Key& key) {
  const std::string name = NameOf(Space::kResults, key);
  absl::MutexLock lock(&StripeOf(name));
  absl::StatusOr<std::optional<StoredRecord>> record = Lookup(name);
  if (!record.ok() || !record->has_value()) return;
  used_ -= RoomOf(**record);
  database_->Delete(Table::kState, name);
}

absl::Status BlobStorage::CheckWritable() {
  {
    absl::MutexLock lock(&mutex_);
    COW_RETURN_IF_ERROR(index_);
  }
  struct statvfs info;
  if (statvfs(layout_.root.c_str(), &info) != 0) return ErrnoStatus(errno, layout_.root);
  if ((info.f_flag & ST_RDONLY) != 0) return absl::FailedPreconditionError("the disk is read-only");
  if (info.f_bavail * info.f_frsize < (uint64_t{16} << 20)) return absl::ResourceExhaustedError("the disk is full");
  return absl::OkStatus();
}

StorageStatistics BlobStorage::statistics() const {
  return {used_.load(), reserved_.load(), evicted_blobs_.load(), evicted_bytes_.load(),
          evicted_age_.load(), damaged_.load(), vanished_.load()};
}

}  // namespace cow::cache
