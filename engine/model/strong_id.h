// StrongId: an index into one table, which cannot be mixed up with an index into another.
#pragma once

#include <compare>
#include <cstdint>
#include <utility>

namespace cow {

template <typename Tag>
class StrongId {
 public:
  constexpr StrongId() = default;  // the invalid id
  constexpr explicit StrongId(uint32_t value) : value_(value) {}

  constexpr uint32_t value() const { return value_; }
  constexpr bool valid() const { return value_ != kInvalid; }

  friend constexpr bool operator==(StrongId, StrongId) = default;
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
  template <typename H>
  friend H AbslHashValue(H state, StrongId id) {
    return H::combine(std::move(state), id.value_);
  }

 private:
  static constexpr uint32_t kInvalid = UINT32_MAX;
  uint32_t value_ = kInvalid;
};

using ArtifactId = StrongId<struct ArtifactTag>;
using ActionId = StrongId<struct ActionTag>;
using HostTreeId = StrongId<struct HostTreeTag>;

}  // namespace cow
