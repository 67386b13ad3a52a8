// List, Tuple and Range.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

// A value that can be mutated until its heap freezes, but not while something iterates over it.
class MutableObject : public HeapObject {
 public:
  bool frozen() const { return owner_->frozen(); }
  Heap& heap() const { return *owner_; }

  // OK, or the error for a frozen value or one that is being iterated.
  absl::Status CheckMutable(std::string_view type) const {
    if (!frozen() && word_ == 0) [[likely]] return absl::OkStatus();
    return MutationError(type);
  }
  // Iteration locks nest. Frozen values are not counted: they cannot change, and others read them.
  void BeginIteration() {
    if (!frozen()) ++word_;
  }
  void EndIteration() {
    if (!frozen()) --word_;
  }

 protected:
  MutableObject(Kind kind, Heap& owner) : HeapObject(kind), owner_(&owner) {}
  ~MutableObject() = default;

 private:
  absl::Status MutationError(std::string_view type) const;

  Heap* owner_;
};

class List final : public MutableObject {
 public:
  static constexpr Kind kKind = Kind::kList;
  explicit List(Heap& owner) : MutableObject(kKind, owner) {}  // use Heap::NewList

  size_t size() const { return size_; }
  Value at(size_t index) const { return items_[index]; }
  std::span<const Value> elements() const { return {items_, size_}; }
  const Value* begin() const { return items_; }
  const Value* end() const { return items_ + size_; }

  // These fail if the list is frozen or being iterated.
  absl::Status Append(Value value) {
    if (absl::Status status = CheckMutable("list"); !status.ok()) return status;
    if (full()) {
      if (absl::Status status = CheckGrowth(1); !status.ok()) return status;
    }
    Push(value);
    return absl::OkStatus();
  }
  absl::Status Extend(std::span<const Value> values);  // `values` may be this list's own
  absl::Status SetAt(size_t index, Value value);
  absl::Status Insert(size_t index, Value value);
  absl::Status RemoveAt(size_t index);
  absl::Status Clear();

  bool full() const { return size_ == capacity_; }
  // Fails if there is no memory for so many more elements. Lists that are not long always grow.
  absl::Status CheckGrowth(size_t count) const;

  // Appends without any check: for the maker of a new list.
  void Push(Value value) {
    if (size_ == capacity_) Grow(size_ + 1);
    items_[size_++] = value;
  }
  // Sets the elements of an empty list that has room for them.
  void Fill(std::span<const Value> values) {
    for (size_t i = 0; i < values.size(); ++i) items_[i] = values[i];
    size_ = values.size();
  }
  void Reserve(size_t capacity) {
    if (capacity > capacity_) Grow(capacity);
  }

 private:
  void Grow(size_t wanted);

  Value* items_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

class Tuple final : public HeapObject {
 public:
  static constexpr Kind kKind = Kind::kTuple;
  // For Heap; the elements follow the object.
  explicit Tuple(size_t size) : HeapObject(kKind), size_(size) {}

  size_t size() const { return size_; }
  Value at(size_t index) const { return begin()[index]; }
  std::span<const Value> elements() const { return {begin(), size_}; }
  const Value* begin() const { return reinterpret_cast<const Value*>(this + 1); }
  const Value* end() const { return begin() + size_; }

 private:
  size_t size_;
};

class Range final : public HeapObject {
 public:
  static constexpr Kind kKind = Kind::kRange;
  Range(int64_t start, int64_t stop, int64_t step);

  int64_t start() const { return start_; }
  int64_t stop() const { return stop_; }
  int64_t step() const { return step_; }
  int64_t size() const { return size_; }
  int64_t at(int64_t index) const { return start_ + index * step_; }

 private:
  int64_t start_;
  int64_t stop_;
  int64_t step_;
  int64_t size_;
};

// Releases the iteration lock of a list, dict or set at the end of a C++ scope.
class IterationLock {
 public:
  explicit IterationLock(Value value);
  ~IterationLock() {
    if (object_ != nullptr) object_->EndIteration();
  }
  IterationLock(const IterationLock&) = delete;
  IterationLock& operator=(const IterationLock&) = delete;

 private:
  MutableObject* object_ = nullptr;
};

}  // namespace cow::starlark
