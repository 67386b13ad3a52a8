// How the parts of a PlanRecord are written: numbers for strings and depsets, wire messages for the rest.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/model/build_plan.h"

namespace cow::store {

// Ids and places are below 2^30, so that a tag fits beside them.
inline constexpr uint32_t kMaxPlanIndex = 1u << 30;
inline constexpr uint32_t kNoPlanIndex = UINT32_MAX;

enum class SetMember : uint32_t { kArtifact = 0, kText = 1, kSet = 2 };
inline uint32_t TagMember(SetMember kind, uint32_t index) { return index << 2 | static_cast<uint32_t>(kind); }
inline SetMember KindOfMember(uint32_t member) { return static_cast<SetMember>(member & 3); }
inline uint32_t IndexOfMember(uint32_t member) { return member >> 2; }

// Numbers strings in the order in which they are first seen.
class StringNumbers {
 public:
  // `text` outlives the numbers.
  uint32_t Of(std::string_view text);
  uint32_t OfCopy(const std::string& text);
  // kNoPlanIndex if it has none.
  uint32_t Find(std::string_view text) const;
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  absl::flat_hash_map<std::string_view, uint32_t> numbers_;
  std::vector<std::string_view> texts_;
  std::deque<std::string> copies_;
};

// What ids of a plan are in its record: what they are there, unless it says otherwise.
class IdNumbers {
 public:
  IdNumbers() = default;
  explicit IdNumbers(std::vector<uint32_t> numbers) : numbers_(std::move(numbers)) {}

  uint32_t Of(uint32_t id) const { return numbers_.empty() ? id : numbers_[id]; }

 private:
  std::vector<uint32_t> numbers_;
};

// Numbers depsets, every one after those it contains. Those that hold the same have the same number.
class SetNumbers {
 public:
  SetNumbers(StringNumbers& strings, const IdNumbers& artifacts) : strings_(strings), artifacts_(artifacts) {}
  SetNumbers(const SetNumbers&) = delete;
  SetNumbers& operator=(const SetNumbers&) = delete;

  // kNoPlanIndex of the empty set.
  uint32_t Of(const Depset<ArtifactId>& set);
  uint32_t Of(const Depset<ArgValue>& set);
  // The next set, by the tags of its members: one of a record, whose sets all are added in their order before any other.
  void AddRecorded(uint8_t order, const std::vector<uint32_t>& members);

  size_t size() const { return orders_.size(); }
  const std::vector<uint8_t>& orders() const { return orders_; }
  const std::vector<uint32_t>& ends() const { return ends_; }
  const std::vector<uint32_t>& members() const { return members_; }

 private:
  struct Hash {
    const SetNumbers* sets;
    size_t operator()(uint32_t number) const;
  };
  struct Equal {
    const SetNumbers* sets;
    bool operator()(uint32_t a, uint32_t b) const;
  };
  absl::Span<const uint32_t> MembersOf(uint32_t number) const;

  template <typename T>
  uint32_t Number(const Depset<T>& set);
  template <typename T>
  uint32_t Append(const Depset<T>& set);
  uint32_t Close(uint8_t order);
  uint32_t TagOf(ArtifactId id) { return TagMember(SetMember::kArtifact, artifacts_.Of(id.value())); }
  uint32_t TagOf(const ArgValue& value);

  StringNumbers& strings_;
  const IdNumbers& artifacts_;
  absl::flat_hash_map<const void*, uint32_t> numbers_;
  absl::flat_hash_set<uint32_t, Hash, Equal> distinct_{0, Hash{this}, Equal{this}};
  std::vector<uint8_t> orders_;
  std::vector<uint32_t> ends_;
  std::vector<uint32_t> members_;
};

// What a record says instead of the things themselves.
struct PlanNumbers {
  StringNumbers strings{};
  IdNumbers artifacts{};
  IdNumbers host_trees{};
  SetNumbers input_sets{strings, artifacts};
  SetNumbers argument_sets{strings, artifacts};
};

// "" of the label that names nothing.
std::string LabelText(const Label& label);
absl::StatusOr<Label> LabelOf(std::string_view text);

// Everything of an action but its inputs and outputs.
std::string EncodeActionBody(const Action& action, PlanNumbers& numbers);
std::string EncodeHostTree(const HostTree& tree);
std::string EncodeRunfilesTree(const RunfilesTree& tree, const IdNumbers& artifacts);
std::string EncodeRequestedTarget(const RequestedTarget& target);
// `actions`: the number of each action in the record.
std::string EncodeTestSpec(const TestSpec& test, const std::vector<uint32_t>& actions);

// What stands behind the numbers.
struct PlanNames {
  std::function<std::string(uint32_t)> text{};
  std::function<ArtifactId(uint32_t)> artifact{};
  std::function<Depset<ArgValue>(uint32_t)> argument_set{};
};

absl::StatusOr<Action> DecodeActionBody(std::string_view bytes, const PlanNames& names);
absl::StatusOr<HostTree> DecodeHostTree(std::string_view bytes);
// `artifact`: what stands behind an id of the whole plan.
absl::StatusOr<RunfilesTreePtr> DecodeRunfilesTree(std::string_view bytes,
                                                   const std::function<ArtifactId(uint32_t)>& artifact);
// The ids are those of the whole plan.
absl::StatusOr<RequestedTarget> DecodeRequestedTarget(std::string_view bytes);
absl::StatusOr<TestSpec> DecodeTestSpec(std::string_view bytes);

}  // namespace cow::store
