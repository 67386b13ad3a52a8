#include "engine/store/cache_collection.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/store/action_result_record.h"
#include "engine/store/file_lock.h"
#include "engine/store/result_usage.h"
#include "engine/store/session_lease.h"
#include "engine/store/tree_encoding.h"

namespace cow::store {
namespace {

// What may be removed: a file of the CAS, or a tree.
struct Item {
  Digest digest{};       // its size may be wrong; only the hash matters here
  std::string path{};
  bool is_tree = false;
  int64_t bytes = 0;
  int64_t epoch = 0;     // when it was last used
  double value = 0;      // what it costs to make again, for its size
};

struct Result {
  std::string key_hash{};
  std::vector<std::string> hashes{};  // of the blobs it needs
  Usage usage{};
  int64_t wall_micros = 0;
};

// One collection; keeps what all its steps need.
class Collection {
 public:
  Collection(LocalStore& store, int64_t max_bytes)
      : store_(store), max_bytes_(max_bytes), leases_(store.layout, store.session->path()) {}

  absl::StatusOr<CollectionResult> Run() {
    COW_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(store_.layout.root + "/gc.lock"));
    // What is read below was committed.
    COW_RETURN_IF_ERROR(store_.database->Flush());
    COW_ASSIGN_OR_RETURN(CacheCensus census, TakeCensus(store_.layout, *store_.database, false));
    // Gone when this process ends.
    census.scratch.bytes -= RoomBelow(store_.session->path()).bytes;
    result_.bytes_before = census.total_bytes();
    result_.fixed_bytes = census.database_bytes + census.repositories.bytes + census.scratch.bytes;
    result_.bytes_after = census.total_bytes();
    if (max_bytes_ == kNoCacheLimit || result_.bytes_before > max_bytes_) {
      COW_RETURN_IF_ERROR(EmptyQuarantine(census));
      COW_RETURN_IF_ERROR(RemoveBeginnings());
      // Results first: what they need was stored before them.
      COW_RETURN_IF_ERROR(ReadResults());
      COW_RETURN_IF_ERROR(ListItems());
      for (const Result& result : results_) Appraise(result);
      COW_RETURN_IF_ERROR(RemoveItems());
      ForgetResults();
    }
    COW_RETURN_IF_ERROR(store_.database->Flush());
    return result_;
  }

 private:
  // Of files that nobody fetches now.
  absl::Status RemoveBeginnings() {
    const std::string& directory = store_.layout.downloads();
    auto entries = ListDirectory(directory);
    if (!entries.ok()) return absl::OkStatus();
    for (const DirectoryEntry& entry : *entries) {
      if (entry.name.starts_with("lock-")) continue;
      COW_ASSIGN_OR_RETURN(auto lock, FileLock::Try(absl::StrCat(directory, "/lock-", entry.name.substr(0, 3))));
      if (lock) COW_RETURN_IF_ERROR(RemoveFile(absl::StrCat(directory, "/", entry.name)));
    }
    return absl::OkStatus();
  }

  absl::Status EmptyQuarantine(const CacheCensus& census) {
    COW_ASSIGN_OR_RETURN(auto entries, ListDirectory(store_.layout.quarantine()));
    for (const DirectoryEntry& entry : entries) {
      COW_RETURN_IF_ERROR(RemoveTree(absl::StrCat(store_.layout.quarantine(), "/", entry.name)));
    }
    result_.bytes_after -= census.quarantine.bytes;
    return absl::OkStatus();
  }

  void AddItem(const std::string& name, const std::string& path, bool is_tree) {
    absl::StatusOr<Digest> digest = Digest::FromHex(name, 0);
    absl::StatusOr<FileInfo> info = LstatFile(path);
    if (!digest.ok() || !info.ok()) return;
    const int64_t bytes = is_tree ? RoomBelow(path).bytes : RoomOf(*info);
    if (!is_tree) places_.emplace(digest->hash_view(), items_.size());
    items_.push_back({.digest = Digest(digest->hash(), info->size),
                      .path = path,
                      .is_tree = is_tree,
                      .bytes = bytes,
                      .epoch = AccessEpochOf(info->mtime_ns)});
  }

  absl::Status ListItems() {
    COW_RETURN_IF_ERROR(ForEachBlobFile(store_.layout, [this](const std::string& name, const std::string& path) {
      AddItem(name, path, false);
    }));
    COW_ASSIGN_OR_RETURN(auto trees, ListDirectory(store_.layout.trees()));
    for (const DirectoryEntry& tree : trees) {
      // Their times are fixed: as if never used, as they can be laid out again from the CAS or from the machine.
      if (tree.kind == FileKind::kDirectory) AddItem(tree.name, absl::StrCat(store_.layout.trees(), "/", tree.name), true);
    }
    return absl::OkStatus();
  }

  // What the result needs to be of use; a tree that cannot be read is enough to make it useless.
  std::vector<std::string> HashesOf(const ActionResult& result) {
    std::vector<std::string> hashes;
    for (const ActionOutput& output : result.outputs) {
      if (output.kind == ActionOutput::Kind::kSymlink) continue;
      hashes.emplace_back(output.digest.hash_view());
      if (output.kind != ActionOutput::Kind::kTree) continue;
      absl::StatusOr<std::string> bytes = ReadFile(store_.cas->UncheckedPathOf(output.digest));
      if (!bytes.ok()) continue;
      absl::StatusOr<TreeContents> contents = DecodeTree(*bytes);
      if (!contents.ok()) continue;
      for (const TreeEntry& entry : contents->entries) {
        if (entry.kind == TreeEntry::Kind::kFile) hashes.emplace_back(entry.digest.hash_view());
      }
    }
    return hashes;
  }

  void Appraise(const Result& result) {
    int64_t bytes = 1;
    for (const std::string& hash : result.hashes) {
      auto place = places_.find(hash);
      if (place != places_.end()) bytes += items_[place->second].bytes;
    }
    const double value = static_cast<double>(result.wall_micros) / 1e6 * static_cast<double>(1 + result.usage.epochs) /
                         static_cast<double>(bytes);
    for (const std::string& hash : result.hashes) {
      auto place = places_.find(hash);
      if (place == places_.end()) continue;
      Item& item = items_[place->second];
      item.epoch = std::max(item.epoch, result.usage.epoch);
      item.value = std::max(item.value, value);
    }
  }

  absl::Status ReadResults() {
    absl::flat_hash_map<std::string, Usage> usages;
    COW_RETURN_IF_ERROR(store_.database->ForEach(Table::kMeta, [&](std::string_view key, std::string_view value) {
      std::optional<std::string_view> hash = ResultOfUsageKey(key);
      std::optional<Usage> usage = DecodeUsage(value);
      if (hash && usage) usages[std::string(*hash)] = *usage;
    }).status());
    return store_.database->ForEach(Table::kActions, [&](std::string_view key, std::string_view value) {
      absl::StatusOr<ActionResult> decoded = DecodeActionResultOf(key, value);
      if (!decoded.ok()) return;
      auto usage = usages.find(std::string(key));
      results_.push_back({.key_hash = std::string(key),
                          .hashes = HashesOf(*decoded),
                          .usage = usage == usages.end() ? Usage() : usage->second,
                          .wall_micros = decoded->wall_micros});
    }).status();
  }

  absl::Status RemoveItems() {
    std::stable_sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
      return std::tie(a.epoch, a.value) < std::tie(b.epoch, b.value);
    });
    constexpr size_t kBatch = 256;
    for (size_t next = 0; next < items_.size() && result_.bytes_after > max_bytes_;) {
      COW_RETURN_IF_ERROR(leases_.Refresh());
      std::vector<const Item*> batch;
      int64_t bytes = 0;
      for (; next < items_.size() && batch.size() < kBatch && result_.bytes_after - bytes > max_bytes_; ++next) {
        const Item& item = items_[next];
        if (leases_.MayHold(item.digest)) {
          result_.leased_bytes += item.bytes;
          continue;
        }
        batch.push_back(&item);
        bytes += item.bytes;
      }
      COW_RETURN_IF_ERROR(RemoveBatch(batch));
    }
    return absl::OkStatus();
  }

  // Out of sight first; what was leased at the same time comes back.
  absl::Status RemoveBatch(const std::vector<const Item*>& batch) {
    COW_ASSIGN_OR_RETURN(std::string doomed, MakeTempDirectory(store_.session->path() + "/doomed-"));
    std::vector<std::pair<const Item*, std::string>> moved;
    for (const Item* item : batch) {
      std::string aside = absl::StrCat(doomed, "/", moved.size());
      if (item->is_tree) chmod(item->path.c_str(), 0755);  // to move a directory one must be able to write to it
      if (RenameFile(item->path, aside).ok()) moved.emplace_back(item, std::move(aside));
    }
    COW_RETURN_IF_ERROR(leases_.Refresh());
    for (const auto& [item, aside] : moved) {
      if (leases_.MayHold(item->digest)) {
        Restore(*item, aside);
      } else {
        Forget(*item);
      }
    }
    return RemoveTree(doomed);
  }

  void Restore(const Item& item, const std::string& aside) {
    result_.leased_bytes += item.bytes;
    // Somebody may have made it again: theirs is as good.
    if (FileExists(item.path) || !RenameFile(aside, item.path).ok()) return;
    if (item.is_tree) chmod(item.path.c_str(), 0555);
  }

  void Forget(const Item& item) {
    Room& removed = item.is_tree ? result_.trees : result_.blobs;
    ++removed.count;
    removed.bytes += item.bytes;
    result_.bytes_after -= item.bytes;
    if (item.is_tree) {
      store_.database->Delete(Table::kTrees, item.digest.hex());
    } else {
      store_.database->Delete(Table::kBlobs, item.digest.hash_view());
      gone_.emplace(item.digest.hash_view());
    }
  }

  void ForgetResults() {
    for (const Result& result : results_) {
      auto is_gone = [this](const std::string& hash) { return gone_.contains(hash) || !places_.contains(hash); };
      if (std::none_of(result.hashes.begin(), result.hashes.end(), is_gone)) continue;
      store_.database->Delete(Table::kActions, result.key_hash);
      store_.database->Delete(Table::kMeta, UsageKey(result.key_hash));
      ++result_.results;
    }
  }

  LocalStore& store_;
  const int64_t max_bytes_;
  LivingLeases leases_;
  std::vector<Item> items_;
  absl::flat_hash_map<std::string, size_t> places_;  // of blobs in items_ as listed, by hash
  std::vector<Result> results_;
  absl::flat_hash_set<std::string> gone_;
  CollectionResult result_;
};

}  // namespace

absl::StatusOr<CollectionResult> CollectGarbage(LocalStore& store, int64_t max_bytes) {
  return Collection(store, max_bytes).Run();
}

}  // namespace cow::store
