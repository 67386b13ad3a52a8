// Dict and Set: hash tables that remember insertion order.
//
// Entries lie densely in insertion order; deleted ones leave holes that the next rebuild closes. Up
// to eight entries are searched one by one, more through an index of 32-bit entry numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/starlark/sequence_value.h"
#include "engine/starlark/value.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

class HashTable {
 public:
  struct Entry {
    Value key;  // unset: a hole
    Value value;
    uint32_t hash;
    uint32_t unused;
  };

  size_t size() const { return size_; }

  // The entry of an equal key, or nullptr. Fails only if comparing keys does (too deep).
  absl::StatusOr<Entry*> Find(Value key, uint32_t hash) const;
  Entry* FindString(std::string_view key, uint32_t hash) const;
  Entry* FindString(const String& key) const;
  // Fails if there is no memory for one more entry. Small tables always grow.
  absl::Status CheckGrowth() const {
    return used_ < capacity_ || used_ < kSmall ? absl::OkStatus() : CheckGrowthSlow();
  }
  // Adds a key known to be absent.
  void Append(Heap& heap, Value key, uint32_t hash, Value value);
  void Remove(Entry* entry);
  void Clear();
  void Reserve(Heap& heap, size_t entries);
  // Becomes a copy of `other`, without its holes. This table must be empty.
  void CopyFrom(Heap& heap, const HashTable& other);

  // Entries in order, holes included, from `begin_entry` on.
  Entry* begin_entry() const { return entries_ + head_; }
  Entry* end_entry() const { return entries_ + used_; }
  Entry* entry(size_t index) const { return entries_ + index; }
  uint32_t head() const { return head_; }
  uint32_t used() const { return used_; }
  // Memory for so many entries and their index.
  static uint64_t BytesFor(uint64_t capacity) {
    return capacity * (sizeof(Entry) + 2 * sizeof(uint32_t));
  }
  // Steps for the holes alone, and for walking over all entries.
  uint64_t HoleWork() const { return WalkedElements(used_ - head_ - size_); }
  uint64_t WalkWork() const { return WalkedElements(used_ - head_); }

 private:
  static constexpr uint32_t kSmall = 4096;

  absl::Status CheckGrowthSlow() const;
  // The entry with this hash for which `matches` holds, or nullptr.
  template <typename Matches>
  Entry* Search(uint32_t hash, const Matches& matches) const;
  void Rebuild(Heap& heap, size_t wanted);
  void Link(uint32_t entry);

  Entry* entries_ = nullptr;
  uint32_t* index_ = nullptr;  // entry number + 1, 0 = empty; nullptr while small
  uint32_t index_mask_ = 0;
  uint32_t capacity_ = 0;
  uint32_t head_ = 0;  // entries before it are holes
  uint32_t used_ = 0;
  uint32_t size_ = 0;
};

// Walks the live entries in insertion order.
class EntryIterator {
 public:
  EntryIterator(const HashTable::Entry* at, const HashTable::Entry* end) : at_(at), end_(end) {
    SkipHoles();
  }
  const HashTable::Entry& operator*() const { return *at_; }
  const HashTable::Entry* operator->() const { return at_; }
  EntryIterator& operator++() {
    ++at_;
    SkipHoles();
    return *this;
  }
  friend bool operator==(const EntryIterator& a, const EntryIterator& b) { return a.at_ == b.at_; }

 private:
  void SkipHoles() {
    while (at_ != end_ && at_->key.IsUnset()) ++at_;
  }
  const HashTable::Entry* at_;
  const HashTable::Entry* end_;
};

class Dict final : public MutableObject {
 public:
  static constexpr Kind kKind = Kind::kDict;
  explicit Dict(Heap& owner) : MutableObject(kKind, owner) {}  // use Heap::NewDict

  size_t size() const { return table_.size(); }
  // for (const auto& entry : *dict) entry.key, entry.value
  EntryIterator begin() const { return {table_.begin_entry(), table_.end_entry()}; }
  EntryIterator end() const { return {table_.end_entry(), table_.end_entry()}; }

  // The value, or an unset Value if there is none. Fails for an unhashable key.
  absl::StatusOr<Value> Find(Value key) const;
  Value FindString(std::string_view key) const;

  // These fail if the dict is frozen or being iterated, or the key is not hashable.
  absl::Status Set(Value key, Value value);
  // Same, with a string key copied into the dict's heap.
  absl::Status SetString(std::string_view key, Value value);
  // Removes and returns the value; unset if there is none.
  absl::StatusOr<Value> Remove(Value key);
  absl::Status Clear();
  // Sets all of the other's entries; `other` may be this.
  absl::Status Merge(const Dict& other);

  HashTable& table() { return table_; }
  const HashTable& table() const { return table_; }

 private:
  HashTable table_;
};

class Set final : public MutableObject {
 public:
  static constexpr Kind kKind = Kind::kSet;
  explicit Set(Heap& owner) : MutableObject(kKind, owner) {}  // use Heap::NewSet

  size_t size() const { return table_.size(); }
  // for (const auto& entry : *set) entry.key
  EntryIterator begin() const { return {table_.begin_entry(), table_.end_entry()}; }
  EntryIterator end() const { return {table_.end_entry(), table_.end_entry()}; }

  absl::StatusOr<bool> Contains(Value element) const;
  absl::Status Add(Value element);
  absl::StatusOr<bool> Remove(Value element);  // whether it was there
  absl::Status Clear();

  HashTable& table() { return table_; }
  const HashTable& table() const { return table_; }

 private:
  HashTable table_;
};

}  // namespace cow::starlark
