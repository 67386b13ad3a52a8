#include "engine/execution/key_preimage.h"

#include <cstdint>

#include "engine/base/status.h"

namespace cow::execution {
namespace {

constexpr std::string_view kTag = "cow.preimage.v1";
constexpr size_t kNumberBytes = 8;

void AppendNumber(uint64_t value, std::string* out) {
  for (size_t i = 0; i < kNumberBytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

void AppendField(std::string_view field, std::string* out) {
  AppendNumber(field.size(), out);
  out->append(field);
}

class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  absl::StatusOr<uint64_t> Number() {
    if (rest_.size() < kNumberBytes) return Short();
    uint64_t value = 0;
    for (size_t i = 0; i < kNumberBytes; ++i) value |= uint64_t{static_cast<uint8_t>(rest_[i])} << (8 * i);
    rest_.remove_prefix(kNumberBytes);
    return value;
  }

  absl::StatusOr<std::string> Field() {
    COW_ASSIGN_OR_RETURN(uint64_t size, Number());
    if (rest_.size() < size) return Short();
    std::string field(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return field;
  }

  bool done() const { return rest_.empty(); }

 private:
  static absl::Status Short() { return absl::InvalidArgumentError("preimage record is cut short"); }
  std::string_view rest_;
};

void AppendInput(const SpawnInput& input, std::string* out) {
  AppendNumber(static_cast<uint64_t>(input.kind), out);
  AppendField(input.path, out);
  AppendField(input.digest.hash_view(), out);
  AppendNumber(static_cast<uint64_t>(input.digest.size_bytes()), out);
  AppendNumber(input.executable ? 1 : 0, out);
  AppendField(input.target, out);
}

absl::StatusOr<SpawnInput> ReadInput(FieldReader& reader) {
  SpawnInput input;
  COW_ASSIGN_OR_RETURN(uint64_t kind, reader.Number());
  if (kind > static_cast<uint64_t>(SpawnInput::Kind::kDirectory)) return absl::InvalidArgumentError("bad input kind");
  input.kind = static_cast<SpawnInput::Kind>(kind);
  COW_ASSIGN_OR_RETURN(input.path, reader.Field());
  COW_ASSIGN_OR_RETURN(std::string hash, reader.Field());
  COW_ASSIGN_OR_RETURN(uint64_t size, reader.Number());
  COW_ASSIGN_OR_RETURN(input.digest, Digest::FromBytes(hash, static_cast<int64_t>(size)));
  COW_ASSIGN_OR_RETURN(uint64_t executable, reader.Number());
  input.executable = executable != 0;
  COW_ASSIGN_OR_RETURN(input.target, reader.Field());
  return input;
}

}  // namespace

std::string EncodePreimage(const KeyPreimage& preimage) {
  std::string out;
  AppendField(kTag, &out);
  AppendField(EncodeAction(preimage.action), &out);
  AppendField(EncodeCommand(preimage.command), &out);
  AppendNumber(preimage.inputs.size(), &out);
  for (const SpawnInput& input : preimage.inputs) AppendInput(input, &out);
  return out;
}

absl::StatusOr<KeyPreimage> DecodePreimage(std::string_view bytes) {
  FieldReader reader(bytes);
  COW_ASSIGN_OR_RETURN(std::string tag, reader.Field());
  if (tag != kTag) return absl::InvalidArgumentError("not a preimage record");
  KeyPreimage preimage;
  COW_ASSIGN_OR_RETURN(std::string action, reader.Field());
  COW_ASSIGN_OR_RETURN(preimage.action, DecodeAction(action));
  COW_ASSIGN_OR_RETURN(std::string command, reader.Field());
  COW_ASSIGN_OR_RETURN(preimage.command, DecodeCommand(command));
  COW_ASSIGN_OR_RETURN(uint64_t inputs, reader.Number());
  for (uint64_t i = 0; i < inputs; ++i) {
    COW_ASSIGN_OR_RETURN(SpawnInput input, ReadInput(reader));
    preimage.inputs.push_back(std::move(input));
  }
  if (!reader.done() || EncodePreimage(preimage) != bytes) {
    return absl::InvalidArgumentError("not a canonical preimage record");
  }
  return preimage;
}

}  // namespace cow::execution
