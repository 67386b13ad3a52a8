#include "engine/starlark/sorting.h"

#include <algorithm>
#include <bit>

#include "absl/status/statusor.h"
#include "engine/base/status.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/string_value.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

namespace {

// Merge sort by hand: a comparison that fails ends it at once, which std::stable_sort cannot do.
class Sorter {
 public:
  Sorter(std::vector<SortItem>& items, bool reverse) : items_(items), reverse_(reverse) {}

  absl::Status Sort() {
    buffer_.resize(items_.size());
    constexpr size_t kRun = 8;
    const size_t count = items_.size();
    for (size_t begin = 0; begin < count; begin += kRun) {
      COW_RETURN_IF_ERROR(InsertionSort(begin, std::min(begin + kRun, count)));
    }
    for (size_t width = kRun; width < count; width *= 2) {
      for (size_t begin = 0; begin + width < count; begin += 2 * width) {
        COW_RETURN_IF_ERROR(Merge(begin, begin + width, std::min(begin + 2 * width, count)));
      }
    }
    return absl::OkStatus();
  }

 private:
  // Whether b must come before a, which precedes it now.
  absl::StatusOr<bool> OutOfOrder(const SortItem& a, const SortItem& b) {
    COW_RETURN_IF_ERROR(ChargeWork(1));
    COW_ASSIGN_OR_RETURN(int order, Compare(b.key, a.key));
    return reverse_ ? order > 0 : order < 0;
  }

  absl::Status InsertionSort(size_t begin, size_t end) {
    for (size_t i = begin + 1; i < end; ++i) {
      const SortItem item = items_[i];
      size_t at = i;
      for (; at > begin; --at) {
        COW_ASSIGN_OR_RETURN(bool move, OutOfOrder(items_[at - 1], item));
        if (!move) break;
        items_[at] = items_[at - 1];
      }
      items_[at] = item;
    }
    return absl::OkStatus();
  }

  absl::Status Merge(size_t begin, size_t middle, size_t end) {
    COW_ASSIGN_OR_RETURN(bool mixed, OutOfOrder(items_[middle - 1], items_[middle]));
    if (!mixed) return absl::OkStatus();
    std::copy(items_.begin() + static_cast<ptrdiff_t>(begin),
              items_.begin() + static_cast<ptrdiff_t>(middle), buffer_.begin());
    const size_t left_count = middle - begin;
    size_t left = 0;
    size_t right = middle;
    size_t out = begin;
    while (left < left_count && right < end) {
      COW_ASSIGN_OR_RETURN(bool take_right, OutOfOrder(buffer_[left], items_[right]));
      items_[out++] = take_right ? items_[right++] : buffer_[left++];
    }
    while (left < left_count) items_[out++] = buffer_[left++];
    return absl::OkStatus();
  }

  std::vector<SortItem>& items_;
  std::vector<SortItem> buffer_;
  bool reverse_;
};

// Keys of one type cannot fail to compare, which leaves their order to the standard library.
template <typename Less>
void SortTotal(std::vector<SortItem>& items, bool reverse, const Less& less) {
  auto forward = [&](const SortItem& a, const SortItem& b) { return less(a.key, b.key); };
  auto backward = [&](const SortItem& a, const SortItem& b) { return less(b.key, a.key); };
  if (reverse) {
    if (!std::is_sorted(items.begin(), items.end(), backward)) {
      std::stable_sort(items.begin(), items.end(), backward);
    }
  } else if (!std::is_sorted(items.begin(), items.end(), forward)) {
    std::stable_sort(items.begin(), items.end(), forward);
  }
}

template <typename Predicate>
bool AllKeys(const std::vector<SortItem>& items, const Predicate& predicate) {
  return std::all_of(items.begin(), items.end(),
                     [&](const SortItem& item) { return predicate(item.key); });
}

}  // namespace

absl::Status SortStably(std::vector<SortItem>& items, bool reverse) {
  // Text that takes long to compare is left to the sort that can end in the middle.
  constexpr size_t kShort = 256;
  COW_RETURN_IF_ERROR(ChargeWork(items.size() * std::bit_width(items.size()) / 8));
  if (AllKeys(items, [](Value key) { return key.IsSmallInt(); })) {
    SortTotal(items, reverse, [](Value a, Value b) { return a.small_int() < b.small_int(); });
    return absl::OkStatus();
  }
  if (AllKeys(items, [](Value key) {
        return key.Is(Kind::kString) && static_cast<String*>(key.object())->size() <= kShort;
      })) {
    SortTotal(items, reverse, [](Value a, Value b) {
      return static_cast<String*>(a.object())->view() < static_cast<String*>(b.object())->view();
    });
    return absl::OkStatus();
  }
  return Sorter(items, reverse).Sort();
}

}  // namespace cow::starlark
