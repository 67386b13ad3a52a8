// Heap: the bump arena in which one evaluation makes its values; FrozenHeap: the same, read-only.
//
// Nothing is freed before the heap dies; then everything goes at once, without walking the values.
// Heap::Freeze ends the mutable life in O(1): every list, dict, set and host object of the heap
// refuses mutation from then on, and the heap may be read by many threads. A value may refer to
// values of another heap only if its own heap holds that one alive: AddReference.
//
// A Heap is used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

class Dict;
class FrozenHeap;
class HostObject;
class List;
class Set;
class String;
class Struct;
class Tuple;
struct NamedValue;

class Heap {
 public:
  Heap();
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // Makes the heap and everything in it immutable.
  static std::shared_ptr<const FrozenHeap> Freeze(std::unique_ptr<Heap> heap);
  bool frozen() const { return frozen_; }

  // Keeps another heap (or anything else) alive as long as this one. Adding twice is free.
  void AddReference(std::shared_ptr<const FrozenHeap> heap);
  void AddOwner(std::shared_ptr<const void> owner);

  // Values. Elements are copied.
  Value NewInt(int64_t value);
  Value NewFloat(double value);
  String* NewString(std::string_view text);
  Value NewBytes(std::string_view bytes);
  List* NewList(std::span<const Value> elements = {});
  Tuple* NewTuple(std::span<const Value> elements);
  Dict* NewDict();
  Set* NewSet();
  // A list of strings.
  List* NewStringList(std::span<const std::string> strings);
  // struct(name = value, ...): names must be unique. See struct_value.h for provider instances.
  Struct* NewStruct(std::span<const NamedValue> fields);
  Struct* NewStruct(Value constructor, std::span<const NamedValue> fields);

  // Makes a host object (or another heap object class). Its destructor runs when the heap dies, in
  // reverse order of construction; it must not look at other objects of the heap.
  template <typename T, typename... Args>
  T* New(Args&&... args);

  // Raw memory, 8-aligned, that lives as long as the heap.
  void* Allocate(size_t bytes) {
    bytes = (bytes + 7) & ~size_t{7};
    if (bytes > static_cast<size_t>(limit_ - next_)) return AllocateSlow(bytes);
    char* result = next_;
    next_ += bytes;
    return result;
  }
  // Makes the latest allocation longer, if it is that and there is room behind it. It stays where it
  // is.
  bool Extend(void* memory, size_t old_bytes, size_t bytes) {
    old_bytes = (old_bytes + 7) & ~size_t{7};
    bytes = (bytes + 7) & ~size_t{7};
    char* const begin = static_cast<char*>(memory);
    if (begin + old_bytes != next_ || bytes > static_cast<size_t>(limit_ - begin)) return false;
    next_ = begin + bytes;
    return true;
  }
  template <typename T>
  T* AllocateArray(size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 8);
    return static_cast<T*>(Allocate(count * sizeof(T)));
  }

  // Bytes taken from the system so far, and the soft limit (default 4 GiB): beyond it evaluation
  // fails with "out of memory". CheckRoom tells before a large allocation.
  size_t bytes_used() const { return bytes_used_; }
  size_t byte_limit() const { return byte_limit_; }
  void set_byte_limit(size_t bytes) { byte_limit_ = bytes; }
  bool over_limit() const { return bytes_used_ > byte_limit_; }
  absl::Status CheckRoom(uint64_t bytes) const;

  // a + b for strings; amortised O(len(b)) when a is the latest result of such a concatenation.
  String* Concat(const String& a, const String& b);
  // A part of `whole` that shares its bytes. `whole` must be of this heap or a referenced one.
  String* NewSubstring(const String& whole, size_t begin, size_t length);

 private:
  friend class FrozenHeap;

  struct Finalizer {
    void (*destroy)(void*);
    void* object;
  };
  struct OpenBuffer {  // text at `end` may still be appended up to `limit`
    char* end = nullptr;
    char* limit = nullptr;
  };
  static constexpr int kOpenBuffers = 4;

  void* AllocateSlow(size_t bytes);
  void AdoptHost(HostObject* object);

  char* next_ = nullptr;
  char* limit_ = nullptr;
  bool frozen_ = false;
  size_t chunk_bytes_;
  size_t bytes_used_ = 0;
  size_t byte_limit_ = size_t{4} << 30;
  std::vector<void*> chunks_;
  std::vector<Finalizer> finalizers_;
  OpenBuffer open_buffers_[kOpenBuffers];
  int next_open_buffer_ = 0;
  absl::flat_hash_set<std::shared_ptr<const FrozenHeap>> references_;
  absl::flat_hash_set<std::shared_ptr<const void>> owners_;
};

// A heap that no longer changes, shared by everything that refers to its values.
class FrozenHeap {
 public:
  explicit FrozenHeap(std::unique_ptr<Heap> heap) : heap_(std::move(heap)) {}
  // Drops chains of references without recursion.
  ~FrozenHeap();
  FrozenHeap(const FrozenHeap&) = delete;
  FrozenHeap& operator=(const FrozenHeap&) = delete;

  size_t bytes_used() const { return heap_->bytes_used(); }

 private:
  std::unique_ptr<Heap> heap_;
};

template <typename T, typename... Args>
T* Heap::New(Args&&... args) {
  static_assert(alignof(T) <= 8);
  T* object = new (Allocate(sizeof(T))) T(std::forward<Args>(args)...);
  if constexpr (std::is_base_of_v<HostObject, T>) AdoptHost(object);
  if constexpr (!std::is_trivially_destructible_v<T>) {
    finalizers_.push_back({[](void* dead) { static_cast<T*>(dead)->~T(); }, object});
  }
  return object;
}

}  // namespace cow::starlark
