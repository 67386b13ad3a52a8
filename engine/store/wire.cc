#include "engine/store/wire.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::store {
namespace {

constexpr int kVarint = 0;
constexpr int kLengthDelimited = 2;

void AppendVarint(std::string* out, uint64_t value) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

void AppendTag(std::string* out, int field, int type) {
  AppendVarint(out, static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(type));
}

}  // namespace

WireWriter& WireWriter::Int(int field, int64_t value) {
  if (value == 0) return *this;
  AppendTag(&bytes_, field, kVarint);
  AppendVarint(&bytes_, static_cast<uint64_t>(value));
  return *this;
}

WireWriter& WireWriter::Bytes(int field, std::string_view value) {
  return value.empty() ? *this : Message(field, value);
}

WireWriter& WireWriter::Message(int field, std::string_view encoded) {
  AppendTag(&bytes_, field, kLengthDelimited);
  AppendVarint(&bytes_, encoded.size());
  bytes_.append(encoded);
  return *this;
}

WireWriter& WireWriter::DigestMessage(int field, const Digest& digest) {
  WireWriter inner;
  inner.Bytes(1, digest.hex()).Int(2, digest.size_bytes());
  return Message(field, inner.bytes());
}

void WireReader::Fail(std::string_view reason) {
  if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat("not a canonical record: ", reason));
  rest_ = {};
}

bool WireReader::ReadVarint(uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (rest_.empty()) break;
    auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) break;
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (byte == 0 && shift > 0) break;
      return true;
    }
  }
  Fail("bad number");
  return false;
}

bool WireReader::Next() {
  if (!status_.ok() || rest_.empty()) return false;
  uint64_t tag;
  if (!ReadVarint(&tag)) return false;
  uint64_t field = tag >> 3;
  if (field == 0 || field > 1000 || static_cast<int>(field) < field_) {
    Fail("field out of order");
    return false;
  }
  field_ = static_cast<int>(field);
  view_ = {};
  integer_ = 0;
  is_bytes_ = (tag & 7) == kLengthDelimited;
  if (!is_bytes_) {
    if ((tag & 7) == kVarint) return ReadVarint(&integer_);
    Fail("unknown kind of field");
    return false;
  }
  uint64_t length;
  if (!ReadVarint(&length)) return false;
  if (length > rest_.size()) {
    Fail("cut off");
    return false;
  }
  view_ = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return true;
}

absl::StatusOr<Digest> DecodeDigestMessage(std::string_view bytes) {
  std::string_view hex;
  int64_t size = 0;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == 1 && reader.is_bytes()) {
      hex = reader.bytes();
    } else if (reader.field() == 2 && !reader.is_bytes()) {
      size = static_cast<int64_t>(reader.integer());
    } else {
      reader.Fail("unknown field of a digest");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return Digest::FromHex(hex, size);
}

}  // namespace cow::store
