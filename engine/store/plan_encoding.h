// How the parts of a PlanRecord are written: numbers for strings and depsets, wire messages for the rest.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
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
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  absl::flat_hash_map<std::string_view, uint32_t> numbers_;
  std::vector<std::string_view> texts_;
  std::deque<std::string> copies_;
};

// Numbers depsets, every one after those it contains, by identity.
class SetNumbers {
 public:
  explicit SetNumbers(StringNumbers& strings) : strings_(strings) {}

  // kNoPlanIndex of the empty set.
  uint32_t Of(const Depset<ArtifactId>& set);
  uint32_t Of(const Depset<ArgValue>& set);

  size_t size() const { return orders_.size(); }
  const std::vector<uint8_t>& orders() const { return orders_; }
  const std::vector<uint32_t>& ends() const { return ends_; }
  const std::vector<uint32_t>& members() const { return members_; }

 private:
  template <typename T>
  uint32_t Number(const Depset<T>& set);
  template <typename T>
  void Append(const Depset<T>& set);
  uint32_t TagOf(ArtifactId id) { return TagMember(SetMember::kArtifact, id.value()); }
  uint32_t TagOf(const ArgValue& value);

  StringNumbers& strings_;
  absl::flat_hash_map<const void*, uint32_t> numbers_;
  std::vector<uint8_t> orders_;
  std::vector<uint32_t> ends_;
  std::vector<uint32_t> members_;
};

// "" of the label that names nothing.
std::string LabelText(const Label& label);
absl::StatusOr<Label> LabelOf(std::string_view text);

// Everything of an action but its inputs and outputs.
std::string EncodeActionBody(const Action& action, StringNumbers& strings, SetNumbers& argument_sets);
std::string EncodeHostTree(const HostTree& tree);
std::string EncodeRunfilesTree(const RunfilesTree& tree);
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
