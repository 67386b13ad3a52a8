#include "engine/starlark/sequence_value.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

absl::Status MutableObject::MutationError(std::string_view type) const {
  if (frozen()) {
    return absl::FailedPreconditionError(
        absl::StrCat("trying to mutate a frozen ", type, " value"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(type, " value is temporarily immutable due to active for-loop iteration"));
}

absl::Status List::CheckGrowth(size_t count) const {
  constexpr size_t kLong = 8192;
  const size_t wanted = size_ + count;
  if (wanted <= capacity_ || wanted < kLong) return absl::OkStatus();
  return CheckWorkingMemory(std::max(wanted, capacity_ * 2) * sizeof(Value));
}

void List::Grow(size_t wanted) {
  const size_t capacity = std::max({wanted, capacity_ * 2, size_t{4}});
  if (capacity_ > 0 &&
      heap().Extend(items_, capacity_ * sizeof(Value), capacity * sizeof(Value))) {
    capacity_ = capacity;
    return;
  }
  Value* items = heap().AllocateArray<Value>(capacity);
  NoteWork(BulkBytes(size_ * sizeof(Value)));
  if (size_ > 0) std::memcpy(items, items_, size_ * sizeof(Value));
  items_ = items;
  capacity_ = capacity;
}

absl::Status List::Extend(std::span<const Value> values) {
  if (absl::Status status = CheckMutable("list"); !status.ok()) return status;
  const size_t count = values.size();
  if (absl::Status status = CheckGrowth(count); !status.ok()) return status;
  NoteWork(BulkBytes(count * sizeof(Value)));
  if (size_ + count > capacity_) {
    const Value* old = items_;
    Grow(size_ + count);
    if (values.data() == old) values = {items_, count};
  }
  std::copy(values.begin(), values.end(), items_ + size_);
  size_ += count;
  return absl::OkStatus();
}

absl::Status List::SetAt(size_t index, Value value) {
  if (absl::Status status = CheckMutable("list"); !status.ok()) return status;
  items_[index] = value;
  return absl::OkStatus();
}

absl::Status List::Insert(size_t index, Value value) {
  if (absl::Status status = CheckMutable("list"); !status.ok()) return status;
  if (absl::Status status = CheckGrowth(1); !status.ok()) return status;
  NoteWork(BulkBytes((size_ - index) * sizeof(Value)));
  if (size_ == capacity_) Grow(size_ + 1);
  std::copy_backward(items_ + index, items_ + size_, items_ + size_ + 1);
  items_[index] = value;
  ++size_;
  return absl::OkStatus();
}

absl::Status List::RemoveAt(size_t index) {
  if (absl::Status status = CheckMutable("list"); !status.ok()) return status;
  NoteWork(BulkBytes((size_ - index) * sizeof(Value)));
  std::copy(items_ + index + 1, items_ + size_, items_ + index);
  --size_;
  return absl::OkStatus();
}

absl::Status List::Clear() {
  if (absl::Status status = CheckMutable("list"); !status.ok()) return status;
  size_ = 0;
  return absl::OkStatus();
}

Range::Range(int64_t start, int64_t stop, int64_t step)
    : HeapObject(kKind), start_(start), stop_(stop), step_(step), size_(0) {
  // Unsigned arithmetic: the distance of two small ints may not fit an int64_t.
  const auto from = static_cast<uint64_t>(start);
  const auto to = static_cast<uint64_t>(stop);
  if (step > 0 && start < stop) {
    size_ = static_cast<int64_t>((to - from - 1) / static_cast<uint64_t>(step) + 1);
  } else if (step < 0 && start > stop) {
    size_ = static_cast<int64_t>((from - to - 1) / (0 - static_cast<uint64_t>(step)) + 1);
  }
}

IterationLock::IterationLock(Value value) {
  if (!value.IsObject()) return;
  switch (value.kind()) {
    case Kind::kList:
    case Kind::kDict:
    case Kind::kSet:
      object_ = static_cast<MutableObject*>(value.object());
      object_->BeginIteration();
      break;
    default:
      break;
  }
}

}  // namespace cow::starlark
