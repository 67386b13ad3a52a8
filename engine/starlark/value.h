// Value: one Starlark value in a trivially copyable 64-bit word.
//
//   ...xxx1   int that fits in 63 bits, stored shifted left by one
//   ...x000   address of a HeapObject (or 0: "unset", the default-constructed Value)
//   ...x010   None, False, True
//
// A Value owns nothing. Its object lives as long as the Heap that made it (heap.h). Copying and
// comparing bits is free; Starlark equality is Equals() in operations.h.
// Frozen values may be read by any number of threads; others belong to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

namespace cow::starlark {

enum class Kind : uint8_t {
  kUnset,
  kNone,
  kBool,
  kInt,
  kFloat,
  kString,
  kBytes,
  kList,
  kTuple,
  kDict,
  kSet,
  kRange,
  kElems,  // what string.elems() and friends return: an iterable over parts of a string
  kStruct,
  kFunction,
  kBuiltin,
  kCell,  // a captured variable; never visible to a program
  kHost,  // a HostObject: any type the embedding program defines
};

// First word of everything that lives in a Heap.
class HeapObject {
 public:
  HeapObject(const HeapObject&) = delete;
  HeapObject& operator=(const HeapObject&) = delete;

  Kind kind() const { return kind_; }

 protected:
  explicit HeapObject(Kind kind) : kind_(kind) {}
  ~HeapObject() = default;

  Kind kind_;
  uint8_t flags_ = 0;
  uint16_t small_ = 0;   // free for the subclass
  uint32_t word_ = 0;    // free for the subclass
};

class HostObject;

class Value {
 public:
  static constexpr int64_t kMaxSmallInt = (int64_t{1} << 62) - 1;
  static constexpr int64_t kMinSmallInt = -(int64_t{1} << 62);

  constexpr Value() = default;
  // Implicit on purpose: a pointer to an object is that object.
  Value(const HeapObject* object) : bits_(reinterpret_cast<uint64_t>(object)) {}  // NOLINT

  static constexpr Value None() { return FromBits(kNoneBits); }
  static constexpr Value Bool(bool value) { return FromBits(value ? kTrueBits : kFalseBits); }
  // `value` must be in [kMinSmallInt, kMaxSmallInt]; Heap::NewInt takes any int64_t.
  static constexpr Value SmallInt(int64_t value) {
    return FromBits((static_cast<uint64_t>(value) << 1) | 1);
  }
  static constexpr bool FitsSmallInt(int64_t value) {
    return value >= kMinSmallInt && value <= kMaxSmallInt;
  }
  static constexpr Value FromBits(uint64_t bits) {
    Value value;
    value.bits_ = bits;
    return value;
  }

  constexpr uint64_t bits() const { return bits_; }
  // Same object, or same small int, bool or None.
  constexpr bool IsSame(Value other) const { return bits_ == other.bits_; }

  constexpr bool IsUnset() const { return bits_ == 0; }
  constexpr bool IsNone() const { return bits_ == kNoneBits; }
  constexpr bool IsTrue() const { return bits_ == kTrueBits; }
  constexpr bool IsFalse() const { return bits_ == kFalseBits; }
  constexpr bool IsBool() const { return (bits_ | (kTrueBits ^ kFalseBits)) == kTrueBits; }
  constexpr bool IsSmallInt() const { return (bits_ & 1) != 0; }
  constexpr bool IsObject() const { return (bits_ & 7) == 0 && bits_ != 0; }

  constexpr bool boolean() const { return bits_ == kTrueBits; }
  constexpr int64_t small_int() const { return static_cast<int64_t>(bits_) >> 1; }
  HeapObject* object() const { return reinterpret_cast<HeapObject*>(bits_); }

  Kind kind() const {
    if (IsSmallInt()) return Kind::kInt;
    if (IsObject()) return object()->kind();
    if (IsUnset()) return Kind::kUnset;
    return IsNone() ? Kind::kNone : Kind::kBool;
  }
  bool Is(Kind kind) const { return IsObject() && object()->kind() == kind; }

  // The object as a T (String, List, Dict, Function, a HostObject subclass...), or nullptr if it is
  // something else. Costs one or two loads; T must be the object's exact class.
  template <typename T>
  T* As() const;

  // The int if it is one and fits.
  std::optional<int64_t> ToInt64() const;

 private:
  static constexpr uint64_t kNoneBits = 0x02;
  static constexpr uint64_t kFalseBits = 0x0a;
  static constexpr uint64_t kTrueBits = 0x1a;

  uint64_t bits_ = 0;
};

static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) == 8);

namespace internal {
// HostObject, seen only when T is known: it may be incomplete here.
template <typename T>
struct HostOf {
  using type = HostObject;
};
}  // namespace internal

template <typename T>
T* Value::As() const {
  if (!IsObject()) return nullptr;
  if constexpr (std::is_base_of_v<HostObject, T>) {
    if (object()->kind() != Kind::kHost) return nullptr;
    auto* host = static_cast<typename internal::HostOf<T>::type*>(object());
    return &host->type() == &T::kType ? static_cast<T*>(host) : nullptr;
  } else {
    return object()->kind() == T::kKind ? static_cast<T*>(object()) : nullptr;
  }
}

}  // namespace cow::starlark
