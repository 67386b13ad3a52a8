#include "engine/store/action_result_record.h"

#include <cstring>
#include <vector>

#include "engine/base/status.h"
#include "engine/store/action_result_generated.h"
#include "flatbuffers/flatbuffers.h"

namespace cow::store {
namespace {

record::Digest ToRecord(const Digest& digest) {
  return record::Digest(flatbuffers::span<const uint8_t, 32>(digest.hash().data(), 32), digest.size_bytes());
}

absl::StatusOr<Digest> FromRecord(const record::Digest& digest) {
  const auto* bytes = reinterpret_cast<const char*>(digest.hash()->Data());
  return Digest::FromBytes({bytes, 32}, digest.size());
}

std::string FromRecord(const flatbuffers::String& text) { return text.str(); }

absl::StatusOr<ActionOutput> FromRecord(const record::Output& output) {
  ActionOutput result;
  if (output.kind() > static_cast<uint8_t>(ActionOutput::Kind::kSymlink)) return absl::DataLossError("unknown kind");
  result.kind = static_cast<ActionOutput::Kind>(output.kind());
  result.path = FromRecord(*output.path());
  COW_ASSIGN_OR_RETURN(result.digest, FromRecord(*output.digest()));
  result.executable = output.executable();
  result.target = FromRecord(*output.target());
  return result;
}

absl::StatusOr<ActionResult> FromRecord(const record::ActionResult& stored) {
  ActionResult result;
  result.exit_code = stored.exit_code();
  for (const record::Output* output : *stored.outputs()) {
    COW_ASSIGN_OR_RETURN(ActionOutput one, FromRecord(*output));
    result.outputs.push_back(std::move(one));
  }
  COW_ASSIGN_OR_RETURN(result.stdout_digest, FromRecord(*stored.stdout_digest()));
  COW_ASSIGN_OR_RETURN(result.stderr_digest, FromRecord(*stored.stderr_digest()));
  result.sandbox_tier = FromRecord(*stored.sandbox_tier());
  result.wall_micros = stored.wall_micros();
  result.max_rss_kib = stored.max_rss_kib();
  return result;
}

}  // namespace

std::string EncodeActionResult(const Digest& key, const ActionResult& result) {
  flatbuffers::FlatBufferBuilder builder;
  std::vector<flatbuffers::Offset<record::Output>> outputs;
  for (const ActionOutput& output : result.outputs) {
    record::Digest digest = ToRecord(output.digest);
    auto path = builder.CreateString(output.path);
    auto target = builder.CreateString(output.target);
    outputs.push_back(record::CreateOutput(builder, static_cast<uint8_t>(output.kind), path, &digest,
                                           output.executable, target));
  }
  record::Digest key_record = ToRecord(key);
  record::Digest out_record = ToRecord(result.stdout_digest);
  record::Digest err_record = ToRecord(result.stderr_digest);
  auto outputs_vector = builder.CreateVector(outputs);
  auto tier = builder.CreateString(result.sandbox_tier);
  record::FinishActionResultBuffer(
      builder, record::CreateActionResult(builder, &key_record, result.exit_code, outputs_vector, &out_record,
                                          &err_record, tier, result.wall_micros, result.max_rss_kib));
  return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
}

namespace {

// Of any key; the stored key goes to `key`.
absl::StatusOr<ActionResult> Decode(std::string_view bytes, Digest& key) {
  // Flatbuffers are read in place, which needs the alignment of their largest member.
  std::vector<uint64_t> aligned((bytes.size() + 7) / 8);
  if (!bytes.empty()) std::memcpy(aligned.data(), bytes.data(), bytes.size());
  const auto* data = reinterpret_cast<const uint8_t*>(aligned.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  if (bytes.size() < 16 || !record::VerifyActionResultBuffer(verifier)) {
    return absl::DataLossError("damaged record of an action result");
  }
  const record::ActionResult* stored = record::GetActionResult(data);
  absl::StatusOr<Digest> stored_key = FromRecord(*stored->key());
  if (!stored_key.ok()) return absl::DataLossError(stored_key.status().message());
  key = *stored_key;
  absl::StatusOr<ActionResult> result = FromRecord(*stored);
  if (!result.ok()) return absl::DataLossError(result.status().message());
  return result;
}

}  // namespace

absl::StatusOr<ActionResult> DecodeActionResult(const Digest& key, std::string_view bytes) {
  Digest stored;
  absl::StatusOr<ActionResult> result = Decode(bytes, stored);
  if (result.ok() && stored != key) return absl::DataLossError("record of another action");
  return result;
}

absl::StatusOr<ActionResult> DecodeActionResultOf(std::string_view key_hash, std::string_view bytes) {
  Digest stored;
  absl::StatusOr<ActionResult> result = Decode(bytes, stored);
  if (result.ok() && stored.hash_view() != key_hash) return absl::DataLossError("record of another action");
  return result;
}

}  // namespace cow::store
