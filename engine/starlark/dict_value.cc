#include "engine/starlark/dict_value.h"

#include <algorithm>
#include <cstring>

#include "engine/base/status.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/string_value.h"

namespace cow::starlark {

namespace {

constexpr uint32_t kSearchedOneByOne = 8;
// Collisions that come by chance; more are work.
constexpr uint64_t kFewProbes = 16;

// The slots a hash may be found at: first its own, then all others in an order in which also the
// upper bits of the hash count, so that hashes with equal lower bits soon part.
class Probe {
 public:
  Probe(uint32_t hash, uint32_t mask) : slot_(hash & mask), rest_(hash), mask_(mask) {}
  uint32_t slot() const { return slot_; }
  void Next() {
    rest_ >>= 5;
    slot_ = (slot_ * 5 + rest_ + 1) & mask_;
  }

 private:
  uint32_t slot_;
  uint32_t rest_;
  uint32_t mask_;
};

absl::StatusOr<uint32_t> HashKey(Value key) {
  return key.IsSmallInt() ? SmallIntHash(key.small_int()) : Hash(key);
}

}  // namespace

template <typename Matches>
HashTable::Entry* HashTable::Search(uint32_t hash, const Matches& matches) const {
  if (index_ == nullptr) {
    for (Entry *entry = begin_entry(), *end = end_entry(); entry != end; ++entry) {
      if (entry->hash == hash && matches(entry->key)) return entry;
    }
    return nullptr;
  }
  uint64_t probes = 0;
  Entry* found = nullptr;
  for (Probe probe(hash, index_mask_); index_[probe.slot()] != 0; probe.Next(), ++probes) {
    Entry& entry = entries_[index_[probe.slot()] - 1];
    if (entry.hash == hash && matches(entry.key)) {
      found = &entry;
      break;
    }
  }
  if (probes >= kFewProbes) NoteWork(probes / 2);
  return found;
}

absl::Status HashTable::CheckGrowthSlow() const {
  return CheckWorkingMemory(BytesFor(uint64_t{capacity_} * 2));
}

absl::StatusOr<HashTable::Entry*> HashTable::Find(Value key, uint32_t hash) const {
  if (const String* text = key.As<String>()) return FindString(*text);
  absl::Status failure;
  Entry* found = Search(hash, [&](Value other) {
    if (other.IsSame(key)) return true;
    if (other.IsUnset() || (other.IsSmallInt() && key.IsSmallInt())) return false;
    absl::StatusOr<bool> equal = Equals(other, key);
    if (!equal.ok()) failure = std::move(equal).status();
    return !equal.ok() || *equal;
  });
  if (!failure.ok()) return failure;
  return found;
}

HashTable::Entry* HashTable::FindString(std::string_view key, uint32_t hash) const {
  return Search(hash, [key](Value other) {
    const String* text = other.As<String>();
    return text != nullptr && text->view() == key;
  });
}

HashTable::Entry* HashTable::FindString(const String& key) const {
  return Search(key.hash(), [&key](Value other) {
    if (other.IsSame(&key)) return true;
    const String* text = other.As<String>();
    return text != nullptr && SameText(*text, key);
  });
}

void HashTable::Link(uint32_t entry) {
  Probe probe(entries_[entry].hash, index_mask_);
  uint64_t probes = 0;
  for (; index_[probe.slot()] != 0; probe.Next()) ++probes;
  if (probes >= kFewProbes) NoteWork(probes / 2);
  index_[probe.slot()] = entry + 1;
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
  NoteWork(WalkedElements(used_ - head_) * 4);
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

void HashTable::CopyFrom(Heap& heap, const HashTable& other) {
  if (other.size_ == 0) return;
  NoteWork(other.WalkWork());
  if (capacity_ > 0 || other.size_ != other.used_) {
    Reserve(heap, other.size_);
    for (EntryIterator at(other.begin_entry(), other.end_entry()), end(other.end_entry(), other.end_entry());
         !(at == end); ++at) {
      Append(heap, at->key, at->hash, at->value);
    }
    return;
  }
  *this = other;
  entries_ = heap.AllocateArray<Entry>(capacity_);
  std::copy(other.entries_, other.entries_ + used_, entries_);
  if (index_ == nullptr) return;
  index_ = heap.AllocateArray<uint32_t>(size_t{index_mask_} + 1);
  std::copy(other.index_, other.index_ + index_mask_ + 1, index_);
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
  NoteWork(BulkBytes((size_t{index_mask_} + 1) * sizeof(uint32_t)));
  if (index_ != nullptr) std::memset(index_, 0, (size_t{index_mask_} + 1) * sizeof(uint32_t));
}

absl::StatusOr<Value> Dict::Find(Value key) const {
  HashTable::Entry* entry;
  if (const String* text = key.As<String>()) {
    entry = table_.FindString(*text);
  } else {
    COW_ASSIGN_OR_RETURN(uint32_t hash, HashKey(key));
    COW_ASSIGN_OR_RETURN(entry, table_.Find(key, hash));
  }
  return entry == nullptr ? Value() : entry->value;
}

Value Dict::FindString(std::string_view key) const {
  HashTable::Entry* entry = table_.FindString(key, HashBytes(key));
  return entry == nullptr ? Value() : entry->value;
}

absl::Status Dict::Set(Value key, Value value) {
  COW_RETURN_IF_ERROR(CheckMutable("dict"));
  uint32_t hash;
  HashTable::Entry* entry;
  if (const String* text = key.As<String>()) {
    hash = text->hash();
    entry = table_.FindString(*text);
  } else {
    COW_ASSIGN_OR_RETURN(hash, HashKey(key));
    COW_ASSIGN_OR_RETURN(entry, table_.Find(key, hash));
  }
  if (entry != nullptr) {
    entry->value = value;
  } else {
    COW_RETURN_IF_ERROR(table_.CheckGrowth());
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
  COW_ASSIGN_OR_RETURN(uint32_t hash, HashKey(key));
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

absl::Status Dict::Merge(const Dict& other) {
  COW_RETURN_IF_ERROR(CheckMutable("dict"));
  if (&other == this) return absl::OkStatus();
  COW_RETURN_IF_ERROR(CheckWorkingMemory(HashTable::BytesFor(other.size() * uint64_t{2})));
  if (size() == 0) {
    table_.CopyFrom(heap(), other.table_);
    return absl::OkStatus();
  }
  COW_RETURN_IF_ERROR(ChargeWork(other.table_.WalkWork()));
  ElementCharge charge(4);
  for (const auto& entry : other) {
    COW_RETURN_IF_ERROR(charge.Next());
    COW_ASSIGN_OR_RETURN(HashTable::Entry * own, table_.Find(entry.key, entry.hash));
    if (own != nullptr) {
      own->value = entry.value;
    } else {
      COW_RETURN_IF_ERROR(table_.CheckGrowth());
      table_.Append(heap(), entry.key, entry.hash, entry.value);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Set::Contains(Value element) const {
  COW_ASSIGN_OR_RETURN(uint32_t hash, HashKey(element));
  COW_ASSIGN_OR_RETURN(HashTable::Entry * entry, table_.Find(element, hash));
  return entry != nullptr;
}

absl::Status Set::Add(Value element) {
  COW_RETURN_IF_ERROR(CheckMutable("set"));
  COW_ASSIGN_OR_RETURN(uint32_t hash, HashKey(element));
  COW_ASSIGN_OR_RETURN(HashTable::Entry * entry, table_.Find(element, hash));
  if (entry != nullptr) return absl::OkStatus();
  COW_RETURN_IF_ERROR(table_.CheckGrowth());
  table_.Append(heap(), element, hash, Value::None());
  return absl::OkStatus();
}

absl::StatusOr<bool> Set::Remove(Value element) {
  COW_RETURN_IF_ERROR(CheckMutable("set"));
  COW_ASSIGN_OR_RETURN(uint32_t hash, HashKey(element));
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
