// The state of a loop: four registers that hold no Values while it runs.
#pragma once

#include <cstdint>

#include "engine/starlark/dict_value.h"
#include "engine/starlark/sequence_value.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

class IterationState {
 public:
  explicit IterationState(Value* registers) : words_(registers) {}

  // Elements of an array that does not move.
  void OverArray(const Value* begin, const Value* end) { Set(kArray, Bits(begin), Bits(end), 0); }
  // Keys of a table, holes skipped.
  void OverEntries(const HashTable::Entry* begin, const HashTable::Entry* end) {
    Set(kEntries, Bits(begin), Bits(end), 0);
  }
  void OverRange(const Range& range) {
    Set(kRange, static_cast<uint64_t>(range.start()), static_cast<uint64_t>(range.size()),
        static_cast<uint64_t>(range.step()));
  }

  // False if there are no more.
  bool Next(Value* element) {
    const uint64_t at = words_[1].bits();
    const uint64_t end = words_[2].bits();
    switch (words_[0].bits()) {
      case kArray: {
        if (at == end) return false;
        const auto* value = reinterpret_cast<const Value*>(at);
        *element = *value;
        words_[1] = Value::FromBits(Bits(value + 1));
        return true;
      }
      case kRange:
        if (end == 0) return false;
        *element = Value::SmallInt(static_cast<int64_t>(at));
        words_[1] = Value::FromBits(at + words_[3].bits());
        words_[2] = Value::FromBits(end - 1);
        return true;
      default: {
        const auto* entry = reinterpret_cast<const HashTable::Entry*>(at);
        const auto* last = reinterpret_cast<const HashTable::Entry*>(end);
        while (entry != last && entry->key.IsUnset()) ++entry;
        if (entry == last) return false;
        *element = entry->key;
        words_[1] = Value::FromBits(Bits(entry + 1));
        return true;
      }
    }
  }

 private:
  enum Mode : uint64_t { kArray, kEntries, kRange };

  static uint64_t Bits(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }
  void Set(Mode mode, uint64_t a, uint64_t b, uint64_t c) {
    words_[0] = Value::FromBits(mode);
    words_[1] = Value::FromBits(a);
    words_[2] = Value::FromBits(b);
    words_[3] = Value::FromBits(c);
  }

  Value* words_;
};

}  // namespace cow::starlark
