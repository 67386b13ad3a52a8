#include "engine/store/read_sets.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/store/wire.h"

namespace cow::store {
namespace {

// An action whose includes depend on macros of the command line reads one of a few sets.
constexpr size_t kMostSets = 8;

std::string KeyOf(const Digest& shape) { return absl::StrCat("execution/reads/", shape.hex()); }

std::string Pack(const ReadSet& set) {
  std::string bits((set.size() + 7) / 8, '\0');
  for (size_t i = 0; i < set.size(); ++i) {
    if (set[i]) bits[i / 8] = static_cast<char>(bits[i / 8] | (1 << i % 8));
  }
  return WireWriter().Int(1, static_cast<int64_t>(set.size())).Bytes(2, bits).Take();
}

// Empty if the bytes are no set.
ReadSet Unpack(std::string_view bytes) {
  size_t size = 0;
  std::string_view bits;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == 1 && !reader.is_bytes()) size = static_cast<size_t>(reader.integer());
    if (reader.field() == 2 && reader.is_bytes()) bits = reader.bytes();
  }
  if (!reader.status().ok() || bits.size() != (size + 7) / 8) return {};
  ReadSet set(size);
  for (size_t i = 0; i < size; ++i) set[i] = (bits[i / 8] >> i % 8 & 1) != 0;
  return set;
}

}  // namespace

std::vector<ReadSet> ReadSets::Get(const Digest& shape) {
  std::vector<ReadSet> sets;
  absl::StatusOr<std::optional<std::string>> record = database_.Get(Table::kState, KeyOf(shape));
  if (!record.ok() || !record->has_value()) return sets;
  WireReader reader(**record);
  while (reader.Next()) {
    if (reader.field() == 1 && reader.is_bytes()) sets.push_back(Unpack(reader.bytes()));
  }
  std::erase_if(sets, [](const ReadSet& set) { return set.empty(); });
  return sets;
}

void ReadSets::Add(const Digest& shape, const ReadSet& set) {
  std::vector<ReadSet> sets = Get(shape);
  if (std::find(sets.begin(), sets.end(), set) != sets.end()) return;
  sets.insert(sets.begin(), set);
  if (sets.size() > kMostSets) sets.resize(kMostSets);
  WireWriter writer;
  for (const ReadSet& each : sets) writer.Message(1, Pack(each));
  database_.Put(Table::kState, KeyOf(shape), writer.bytes());
}

}  // namespace cow::store
