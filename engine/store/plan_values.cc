#include <algorithm>
#include <utility>

#include "engine/store/plan_record.h"
#include "engine/store/plan_record_generated.h"
#include "flatbuffers/flatbuffers.h"

namespace cow::store {
namespace {

constexpr uint8_t kNoValue = 0;

const record::PlanValues& Root(const std::string& bytes) {
  return *flatbuffers::GetRoot<record::PlanValues>(bytes.data());
}

record::PlanValue Encode(const std::optional<ActionOutput>& value) {
  record::PlanValue encoded;
  if (!value) return encoded;
  return record::PlanValue(flatbuffers::span<const uint8_t, 32>(value->digest.hash().data(), 32),
                           value->digest.size_bytes(), static_cast<uint8_t>(1 + static_cast<int>(value->kind)),
                           value->executable);
}

}  // namespace

std::string PlanValues::Encode(const ArtifactValues& values, int64_t generation) {
  std::vector<record::PlanValue> encoded;
  encoded.reserve(values.size());
  flatbuffers::FlatBufferBuilder builder(values.size() * sizeof(record::PlanValue) + 256);
  std::vector<flatbuffers::Offset<record::PlanLink>> links;
  for (size_t i = 0; i < values.size(); ++i) {
    encoded.push_back(store::Encode(values[i]));
    if (!values[i] || values[i]->kind != ActionOutput::Kind::kSymlink) continue;
    links.push_back(
        record::CreatePlanLink(builder, static_cast<uint32_t>(i), builder.CreateString(values[i]->target)));
  }
  auto value_vector = builder.CreateVectorOfStructs(encoded);
  auto link_vector = builder.CreateVector(links);
  builder.Finish(record::CreatePlanValues(builder, generation, value_vector, link_vector));
  return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
}

absl::StatusOr<PlanValues> PlanValues::Open(std::string bytes) {
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), 16, 100'000'000);
  if (!verifier.VerifyBuffer<record::PlanValues>(nullptr)) return absl::DataLossError("not the values of a plan");
  return PlanValues(std::move(bytes));
}

int64_t PlanValues::generation() const { return Root(bytes_).generation(); }

size_t PlanValues::size() const { return Root(bytes_).values()->size(); }

std::optional<ActionOutput> PlanValues::Get(ArtifactId id) const {
  const record::PlanValues& root = Root(bytes_);
  if (id.value() >= root.values()->size()) return std::nullopt;
  const record::PlanValue& state = *root.values()->Get(id.value());
  if (state.kind() == kNoValue) return std::nullopt;
  Digest::Bytes hash;
  std::copy(state.hash()->begin(), state.hash()->end(), hash.begin());
  ActionOutput value{.kind = static_cast<ActionOutput::Kind>(state.kind() - 1),
                     .digest = Digest(hash, state.size()),
                     .executable = state.executable()};
  if (value.kind != ActionOutput::Kind::kSymlink) return value;
  // In the order of artifacts, as Encode met them.
  const auto* links = root.links();
  auto link = std::lower_bound(links->begin(), links->end(), id.value(),
                               [](const record::PlanLink* l, uint32_t artifact) { return l->artifact() < artifact; });
  if (link == links->end() || link->artifact() != id.value()) return std::nullopt;
  value.target = link->target()->str();
  return value;
}

ArtifactValues PlanValues::Decode() const {
  ArtifactValues values(size());
  for (uint32_t i = 0; i < values.size(); ++i) values[i] = Get(ArtifactId(i));
  return values;
}

}  // namespace cow::store
