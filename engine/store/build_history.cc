#include "engine/store/build_history.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/digest.h"
#include "engine/store/build_record_generated.h"
#include "engine/store/duration_record.h"
#include "flatbuffers/flatbuffers.h"

namespace cow::store {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using Outcome = RecordedAction::Outcome;

constexpr char kSummaryIdentifier[] = "CBS1";
constexpr char kActionsIdentifier[] = "CBA1";

// Last keys that are kept for an action.
constexpr size_t kMostLastKeys = 4;

record::Key ToRecord(const Digest& digest) {
  return record::Key(flatbuffers::span<const uint8_t, 32>(digest.hash().data(), 32), digest.size_bytes());
}

Digest FromRecord(const record::Key& key) {
  Digest::Bytes hash;
  std::memcpy(hash.data(), key.hash()->Data(), hash.size());
  return Digest(hash, key.size());
}

record::Last ToRecord(const LastKey& last) {
  return record::Last(ToRecord(last.key), last.unix_micros, last.failed);
}

LastKey FromRecord(const record::Last& last) {
  return {.key = FromRecord(last.key()), .failed = last.failed(), .unix_micros = last.unix_micros()};
}

std::string Text(const flatbuffers::String* text) { return text == nullptr ? "" : text->str(); }

std::vector<std::string> Texts(const flatbuffers::Vector<Offset<flatbuffers::String>>& texts) {
  std::vector<std::string> all;
  all.reserve(texts.size());
  for (const flatbuffers::String* text : texts) all.push_back(text->str());
  return all;
}

Offset<record::BuildSummary> ToRecord(FlatBufferBuilder& builder, const BuildSummary& build) {
  auto command = builder.CreateString(build.command);
  auto arguments = builder.CreateVectorOfStrings(build.arguments);
  return record::CreateBuildSummary(builder, build.unix_micros, build.number, build.wall_micros, command, arguments,
                                    build.exit_code, build.interrupted, build.actions_run, build.actions_cached,
                                    build.actions_failed, build.actions_recorded, build.record_bytes);
}

BuildSummary FromRecord(const record::BuildSummary& build) {
  return {.unix_micros = build.unix_micros(),
          .number = build.number(),
          .wall_micros = build.wall_micros(),
          .command = build.command()->str(),
          .arguments = Texts(*build.arguments()),
          .exit_code = build.exit_code(),
          .interrupted = build.interrupted(),
          .actions_run = build.actions_run(),
          .actions_cached = build.actions_cached(),
          .actions_failed = build.actions_failed(),
          .actions_recorded = build.actions_recorded(),
          .record_bytes = build.record_bytes()};
}

// Few labels and mnemonics name many actions: they are stored once.
Offset<record::RecordedAction> ToRecord(FlatBufferBuilder& builder, const RecordedAction& action) {
  auto outputs = builder.CreateVectorOfStrings(action.outputs);
  auto label = builder.CreateSharedString(action.label);
  auto mnemonic = builder.CreateSharedString(action.mnemonic);
  Offset<flatbuffers::String> lost, source;
  if (!action.lost.empty()) lost = builder.CreateString(action.lost);
  if (!action.source.empty()) source = builder.CreateSharedString(action.source);
  std::vector<record::Last> previous;
  for (const LastKey& last : action.previous) previous.push_back(ToRecord(last));
  Offset<flatbuffers::Vector<const record::Last*>> previous_vector;
  if (!previous.empty()) previous_vector = builder.CreateVectorOfStructs(previous);
  record::Key key = ToRecord(action.key);
  return record::CreateRecordedAction(builder, outputs, label, mnemonic, static_cast<uint8_t>(action.outcome),
                                      static_cast<uint8_t>(action.miss), &key, previous_vector,
                                      lost, source, action.start_micros, action.wall_micros);
}

std::optional<RecordedAction> FromRecord(const record::RecordedAction& action) {
  if (action.outcome() > static_cast<uint8_t>(Outcome::kRemoteHit)) return std::nullopt;
  if (action.miss() > static_cast<uint8_t>(MissReason::kCacheOff)) return std::nullopt;
  if (action.outputs()->size() == 0) return std::nullopt;
  RecordedAction result{.outputs = Texts(*action.outputs()),
                        .label = action.label()->str(),
                        .mnemonic = action.mnemonic()->str(),
                        .outcome = static_cast<Outcome>(action.outcome()),
                        .miss = static_cast<MissReason>(action.miss()),
                        .key = FromRecord(*action.key()),
                        .lost = Text(action.lost()),
                        .source = Text(action.source()),
                        .start_micros = action.start_micros(),
                        .wall_micros = action.wall_micros()};
  if (action.previous() != nullptr) {
    for (const record::Last* last : *action.previous()) result.previous.push_back(FromRecord(*last));
  }
  return result;
}

std::string Finish(FlatBufferBuilder& builder) {
  return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
}

std::string EncodeSummary(const BuildSummary& build) {
  FlatBufferBuilder builder;
  builder.Finish(ToRecord(builder, build), kSummaryIdentifier);
  return Finish(builder);
}

std::string EncodeActions(const std::vector<RecordedAction>& actions) {
  FlatBufferBuilder builder(actions.size() * 256 + 64);
  std::vector<Offset<record::RecordedAction>> all;
  all.reserve(actions.size());
  for (const RecordedAction& action : actions) all.push_back(ToRecord(builder, action));
  auto vector = builder.CreateVector(all);
  builder.Finish(record::CreateActionList(builder, vector), kActionsIdentifier);
  return Finish(builder);
}

// Calls `read` with the root of the record if the bytes are one.
template <typename Root, typename Read>
void ReadRecord(std::string_view bytes, const char* identifier, const Read& read) {
  if (bytes.size() < 16) return;
  // Flatbuffers are read in place, which needs the alignment of their largest member.
  std::vector<uint64_t> aligned((bytes.size() + 7) / 8);
  std::memcpy(aligned.data(), bytes.data(), bytes.size());
  const auto* data = reinterpret_cast<const uint8_t*>(aligned.data());
  flatbuffers::Verifier::Options options;
  options.max_tables = 1u << 30;
  flatbuffers::Verifier verifier(data, bytes.size(), options);
  if (verifier.VerifyBuffer<Root>(identifier)) read(*flatbuffers::GetRoot<Root>(data));
}

std::string BigEndian(int64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(static_cast<uint64_t>(value) >> shift));
  return bytes;
}

}  // namespace

BuildHistory::BuildHistory(Database* database, const std::string& workspace_root, HistoryLimits limits)
    : database_(*database),
      workspace_(Digest::Of(workspace_root).hash_view()),
      limits_(limits),
      preimages_(database) {}

// In the order of time.
std::string BuildHistory::KeyOf(int64_t unix_micros) const { return workspace_ + BigEndian(unix_micros); }

std::string BuildHistory::KeyOf(std::string_view output) const {
  return std::string(RecordHasher("cow/last_key").Add(workspace_).Add(output).Finish().hash_view());
}

std::string BuildHistory::DurationsKey() const { return absl::StrCat("store/durations/", HexEncode(workspace_)); }

RecordedDurations BuildHistory::Durations() const {
  absl::StatusOr<std::optional<std::string>> bytes = database_.Get(Table::kState, DurationsKey());
  return bytes.ok() && bytes->has_value() ? DecodeDurations(**bytes) : RecordedDurations();
}

std::vector<BuildSummary> BuildHistory::Builds() const {
  std::vector<BuildSummary> builds;
  auto visit = [&](std::string_view key, std::string_view value) {
    if (!key.starts_with(workspace_)) return;
    ReadRecord<record::BuildSummary>(value, kSummaryIdentifier,
                                     [&](const record::BuildSummary& build) { builds.push_back(FromRecord(build)); });
  };
  database_.ForEach(Table::kBuilds, visit).status().IgnoreError();
  return builds;
}

std::optional<std::vector<RecordedAction>> BuildHistory::ActionsOf(int64_t unix_micros) const {
  absl::StatusOr<std::optional<std::string>> bytes = database_.Get(Table::kBuildActions, KeyOf(unix_micros));
  if (!bytes.ok() || !bytes->has_value()) return std::nullopt;
  std::optional<std::vector<RecordedAction>> actions;
  ReadRecord<record::ActionList>(**bytes, kActionsIdentifier, [&](const record::ActionList& list) {
    actions.emplace();
    actions->reserve(list.actions()->size());
    for (const record::RecordedAction* stored : *list.actions()) {
      std::optional<RecordedAction> action = FromRecord(*stored);
      if (action) actions->push_back(*std::move(action));
    }
  });
  return actions;
}

void BuildHistory::AddBuild(BuildRecord record) {
  std::vector<BuildSummary> builds = Builds();
  std::string actions = EncodeActions(record.actions);
  BuildSummary& summary = record.summary;
  summary.number = builds.empty() ? 1 : builds.back().number + 1;
  summary.actions_recorded = static_cast<int64_t>(record.actions.size());
  summary.record_bytes = static_cast<int64_t>(actions.size());
  int64_t bytes = summary.record_bytes;
  for (const BuildSummary& build : builds) bytes += build.record_bytes;
  for (size_t i = 0; i < builds.size(); ++i) {
    if (builds.size() - i < limits_.builds && bytes <= limits_.bytes) break;
    bytes -= builds[i].record_bytes;
    database_.Delete(Table::kBuildActions, KeyOf(builds[i].unix_micros));
    database_.Delete(Table::kBuilds, KeyOf(builds[i].unix_micros));
  }
  if (summary.actions_run > 0) {
    RecordedDurations durations = Durations();
    AddDurations(record.actions, &durations);
    database_.Put(Table::kState, DurationsKey(), EncodeDurations(durations));
  }
  database_.Put(Table::kBuildActions, KeyOf(summary.unix_micros), actions);
  database_.Put(Table::kBuilds, KeyOf(summary.unix_micros), EncodeSummary(summary));
}

std::vector<LastKey> BuildHistory::LastKeysOf(std::string_view output) const {
  absl::StatusOr<std::optional<std::string>> bytes = database_.Get(Table::kLastKeys, KeyOf(output));
  std::vector<LastKey> keys;
  if (!bytes.ok() || !bytes->has_value() || (*bytes)->size() % sizeof(record::Last) != 0) return keys;
  for (size_t at = 0; at < (*bytes)->size(); at += sizeof(record::Last)) {
    record::Last stored;
    std::memcpy(static_cast<void*>(&stored), (*bytes)->data() + at, sizeof(stored));
    keys.push_back(FromRecord(stored));
  }
  return keys;
}

void BuildHistory::AddLastKey(std::string_view output, const LastKey& last) {
  std::vector<record::Last> all = {ToRecord(last)};
  for (const LastKey& other : LastKeysOf(output)) {
    if (other.key != last.key && all.size() < kMostLastKeys) all.push_back(ToRecord(other));
  }
  database_.Put(Table::kLastKeys, KeyOf(output),
                {reinterpret_cast<const char*>(all.data()), all.size() * sizeof(record::Last)});
}

}  // namespace cow::store
