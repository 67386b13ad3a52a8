#include "engine/store/duration_record.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "engine/store/build_record_generated.h"
#include "flatbuffers/flatbuffers.h"

namespace cow::store {
namespace {

using flatbuffers::Offset;
using Micros = absl::flat_hash_map<std::string, int64_t>;

constexpr char kIdentifier[] = "CDU1";
constexpr size_t kMostOutputs = 1000;
// An action of its own is remembered if it takes so many times its mnemonic's mean, and so long.
constexpr int64_t kMuchLonger = 3;
constexpr int64_t kLongMicros = 100'000;

std::vector<std::pair<std::string, int64_t>> LongestFirst(const Micros& micros) {
  std::vector<std::pair<std::string, int64_t>> sorted(micros.begin(), micros.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return sorted;
}

Offset<flatbuffers::Vector<Offset<record::Duration>>> ToRecord(flatbuffers::FlatBufferBuilder& builder,
                                                               const Micros& micros) {
  std::vector<Offset<record::Duration>> all;
  for (const auto& [name, value] : LongestFirst(micros)) {
    all.push_back(record::CreateDuration(builder, builder.CreateString(name), value));
  }
  return builder.CreateVector(all);
}

Micros FromRecord(const flatbuffers::Vector<Offset<record::Duration>>& stored) {
  Micros micros;
  for (const record::Duration* one : stored) micros[one->name()->str()] = one->micros();
  return micros;
}

}  // namespace

RecordedDurations DecodeDurations(std::string_view bytes) {
  RecordedDurations durations;
  if (bytes.size() < 16) return durations;
  std::vector<uint64_t> aligned(bytes.size() / 8 + 1);
  std::memcpy(aligned.data(), bytes.data(), bytes.size());
  const auto* data = reinterpret_cast<const uint8_t*>(aligned.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  if (!verifier.VerifyBuffer<record::Durations>(kIdentifier)) return durations;
  const auto* stored = flatbuffers::GetRoot<record::Durations>(data);
  durations.by_mnemonic = FromRecord(*stored->mnemonics());
  durations.by_output = FromRecord(*stored->outputs());
  return durations;
}

std::string EncodeDurations(const RecordedDurations& durations) {
  flatbuffers::FlatBufferBuilder builder;
  auto mnemonics = ToRecord(builder, durations.by_mnemonic);
  auto outputs = ToRecord(builder, durations.by_output);
  builder.Finish(record::CreateDurations(builder, mnemonics, outputs), kIdentifier);
  return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
}

void AddDurations(const std::vector<RecordedAction>& actions, RecordedDurations* durations) {
  struct Sum {
    int64_t micros = 0;
    int64_t runs = 0;
  };
  std::map<std::string_view, Sum> sums;
  auto ran = [](const RecordedAction& action) { return action.outcome == RecordedAction::Outcome::kRan; };
  for (const RecordedAction& action : actions) {
    if (!ran(action)) continue;
    Sum& sum = sums[action.mnemonic];
    sum.micros += action.wall_micros;
    ++sum.runs;
  }
  for (const auto& [mnemonic, sum] : sums) {
    const int64_t mean = sum.micros / sum.runs;
    auto [known, is_new] = durations->by_mnemonic.try_emplace(mnemonic, mean);
    // A build of few actions says little about the others.
    if (!is_new) known->second += (mean - known->second) * std::min<int64_t>(sum.runs, 16) / 32;
  }
  for (const RecordedAction& action : actions) {
    if (!ran(action)) continue;
    const bool longer = action.wall_micros >= kLongMicros &&
                        action.wall_micros >= kMuchLonger * durations->by_mnemonic[action.mnemonic];
    if (longer) {
      durations->by_output[action.outputs[0]] = action.wall_micros;
    } else {
      durations->by_output.erase(action.outputs[0]);
    }
  }
  if (durations->by_output.size() <= kMostOutputs) return;
  const auto longest = LongestFirst(durations->by_output);
  durations->by_output = {longest.begin(), longest.begin() + kMostOutputs};
}

}  // namespace cow::store
