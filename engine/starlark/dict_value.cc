#include "engine/starlark/dict_value.h"

#include <algorithm>
#include <cstring>

#include "engine/base/status.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/string_value.h"

namespace cow::starlark {

namespace {

constexpr uint32_t kSearchedOneByOne = 8;

// Equality of keys whose hashes are equal.
inline bool QuickEqual(Value a, Value b, bool* known) {
  *known = true;
  if (a.IsSame(b)) return true;
  if (a.IsSmallInt() && b.IsSmallInt()) return false;
  const String* x = a.As<String>();
  const String* y = b.As<String>();
  if (x != nullptr && y != nullptr) return SameText(*x, *y);
  *known = false;
  return false;
}

}  // namespace

absl::StatusOr<HashTable::Entry*> HashTable::Find(Value key, uint32_t hash) const {
  if (const String* text = key.As<String>()) return FindString(*text);
  auto matches = [&](const Entry& entry) -> absl::StatusOr<bool> {
    if (entry.hash != hash || entry.key.IsUnset()) return false;
    bool known;
    const bool equal = QuickEqual(entry.key, key, &known);
    if (known) return equal;
    return Equals(entry.key, key);
  };
  if (index_ == nullptr) {
    for (Entry* entry = begin_entry(); entry != end_entry(); ++entry) {
      if (entry->hash != hash) continue;
      COW_ASSIGN_OR_RETURN(bool equal, matches(*entry));
      if (equal) return entry;
    }
    return nullptr;
  }
  for (uint32_t slot = hash & index_mask_; index_[slot] != 0; slot = (slot + 1) & index_mask_) {
    Entry& entry = entries_[index_[slot] - 1];
    if (entry.hash != hash) continue;
    COW_ASSIGN_OR_RETURN(bool equal, matches(entry));
    if (equal) return &entry;
  }
  return nullptr;
}

HashTable::Entry* HashTable::FindString(std::string_view key, uint32_t hash) const {
  auto matches = [&](const Entry& entry) {
    if (entry.hash != hash) return false;
    const String* text = entry.key.As<String>();
    return text != nullptr && text->view() == key;
  };
  if (index_ == nullptr) {
    for (Entry* entry = begin_entry(); entry != end_entry(); ++entry) {
      if (matches(*entry)) return entry;
    }
    return nullptr;
  }
  for (uint32_t slot = hash & index_mask_; index_[slot] != 0; slot = (slot + 1) & index_mask_) {
    Entry& entry = entries_[index_[slot] - 1];
    if (matches(entry)) return &entry;
  }
  return nullptr;
}

HashTable::Entry* HashTable::FindString(const String& key) const {
  const uint32_t hash = key.hash();
  auto matches = [&](const Entry& entry) {
    if (entry.hash != hash) return false;
    if (entry.key.IsSame(&key)) return true;
    const String* text = entry.key.As<String>();
    return text != nullptr && SameText(*text, key);
  };
  if (index_ == nullptr) {
    for (Entry* entry = begin_entry(); entry != end_entry(); ++entry) {
      if (matches(*entry)) return entry;
    }
    return nullptr;
  }
  for (uint32_t slot = hash & index_mask_; index_[slot] != 0; slot = (slot + 1) & index_mask_) {
    Entry& entry = entries_[index_[slot] - 1];
    if (matches(entry)) return &entry;
  }
  return nullptr;
}

void HashTable::Link(uint32_t entry) {
  uint32_t slot = entries_[entry].hash & index_mask_;
  while (index_[slot] != 0) slot = (slot + 1) & index_mask_;
  index_[slot] = entry + 1;
}

void HashTable::Append(Heap& heap, Value key, uint32_t hash, Value value) {
  if (used_ == capacity_) Rebuild(heap, size_ + 1);
  entries_[used_] = {key, value, hash, 0};
  if (index_ != nullptr) Link(used_);
  ++used_;
  ++size_;
}

// Makes room for `wanted` live entries with as many again, and closes the holes.
void HashTable::Rebuild(Heap& heap, size_t wanted) {
  uint32_t capacity = 4;
  while (capacity < wanted + wanted / 2) capacity *= 2;
  // Many holes: the old memory is enough.
  Entry* entries =
      capacity <= capacity_ ? entries_ : heap.AllocateArray<Entry>(capacity);
  uint32_t used = 0;
  for (uint32_t i = head_; i < used_; ++i) {
    if (!entries_[i].key.IsUnset()) entries[used++] = entries_[i];
  }
  const bool same = entries == entries_;
  entries_ = entries;
  if (!same) capacity_ = capacity;
  head_ = 0;
  used_ = used;
  if (capacity_ <= kSearchedOneByOne) return;
  const uint32_t slots = capacity_ * 2;
  if (!same || index_ == nullptr) {
    index_ = heap.AllocateArray<uint32_t>(slots);
    index_mask_ = slots - 1;
  }
  std::memset(index_, 0, slots * sizeof(uint32_t));
  for (uint32_t i = 0; i < used_; ++i) Link(i);
}

void HashTable::Reserve(Heap& heap, size_t entries) {
  if (entries > capacity_) Rebuild(heap, entries);
}

// The index keeps pointing at the hole; its hash and unset key match nothing.
void HashTable::Remove(Entry* entry) {
  entry->key = Value();
  entry->value = Value();
  --size_;
  if (size_ == 0) {
    Clear();
    return;
  }
  while (head_ < used_ && entries_[head_].key.IsUnset()) ++head_;
}

void HashTable::Clear() {
  head_ = used_ = size_ = 0;
  if (index_ != nullptr) std::memset(index_, 0, (size_t{index_mask_} + 1) * sizeof(uint32_t));
}

absl::StatusOr<Value> Dict::Find(Value key) const {
  COW_ASSIGN_OR_RETURN(uint32_t hash, Hash(key));
  COW_ASSIGN_OR_RETURN(HashTable::Entry * entry, table_.Find(key, hash));
  return entry == nullptr ? Value() : entry->value;
}

Value Dict::FindString(std::string_view key) const {
  HashTable::Entry* entry = table_.FindString(key, HashBytes(key));
  return entry == nullptr ? Value() : entry->value;
}

absl::Status Dict::Set(Value key, Value value) {
  COW_RETURN_IF_ERROR(CheckMutable("dict"));
  COW_ASSIGN_OR_RETURN(uint32_t hash, Hash(key));
  COW_ASSIGN_OR_RETURN(HashTable::Entry * entry, table_.Find(key, hash));
  if (entry != nullptr) {
    entry->value = value;
  } else {
    table_.Append(heap(), key, hash, value);
  }
  return absl::OkStatus();
}

absl::Status Dict::SetString(std::string_view key, Value value) {
  COW_RETURN_IF_ERROR(CheckMutable("dict"));
  const uint32_t hash = HashBytes(key);
  HashTable::Entry* entry = table_.FindString(key, hash);
  if (entry != nullptr) {
    entry->value = value;
  } else {
    table_.Append(heap(), heap().NewString(key), hash, value);
  }
  return absl::OkStatus();
}

absl::StatusOr<Value> Dict::Remove(Value key) {
  COW_RETURN_IF_ERROR(CheckMutable("dict"));
  COW_ASSIGN_OR_RETURN(uint32_t hash, Hash(key));
  COW_ASSIGN_OR_RETURN(HashTable::Entry * entry, table_.Find(key, hash));
  if (entry == nullptr) return Value();
  const Value value = entry->value;
  table_.Remove(entry);
  return value;
}

absl::Status Dict::Clear() {
  COW_RETURN_IF_ERROR(CheckMutable("dict"));
  table_.Clear();
  return absl::OkStatus();
}

absl::StatusOr<bool> Set::Contains(Value element) const {
  COW_ASSIGN_OR_RETURN(uint32_t hash, Hash(element));
  COW_ASSIGN_OR_RETURN(HashTable::Entry * entry, table_.Find(element, hash));
  return entry != nullptr;
}

absl::Status Set::Add(Value element) {
  COW_RETURN_IF_ERROR(CheckMutable("set"));
  COW_ASSIGN_OR_RETURN(uint32_t hash, Hash(element));
  COW_ASSIGN_OR_RETURN(HashTable::Entry * entry, table_.Find(element, hash));
  if (entry == nullptr) table_.Append(heap(), element, hash, Value::None());
  return absl::OkStatus();
}

absl::StatusOr<bool> Set::Remove(Value element) {
  COW_RETURN_IF_ERROR(CheckMutable("set"));
  COW_ASSIGN_OR_RETURN(uint32_t hash, Hash(element));
  COW_ASSIGN_OR_RETURN(HashTable::Entry * entry, table_.Find(element, hash));
  if (entry == nullptr) return false;
  table_.Remove(entry);
  return true;
}

absl::Status Set::Clear() {
  COW_RETURN_IF_ERROR(CheckMutable("set"));
  table_.Clear();
  return absl::OkStatus();
}

}  // namespace cow::starlark
