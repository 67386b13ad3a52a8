// The little of the protocol buffer wire format that hashed records need, in its canonical form only: fields in
// ascending order, defaults omitted, shortest varints. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"

namespace cow::store {

class WireWriter {
 public:
  // Each omits the proto3 default (0, false, empty).
  WireWriter& Int(int field, int64_t value);
  WireWriter& Bool(int field, bool value) { return Int(field, value ? 1 : 0); }
  WireWriter& Bytes(int field, std::string_view value);
  // Written also when empty: messages and repeated fields.
  WireWriter& Message(int field, std::string_view encoded);
  WireWriter& Repeated(int field, std::string_view value) { return Message(field, value); }
  // A Digest message {1 hash: hex, 2 size_bytes}.
  WireWriter& DigestMessage(int field, const Digest& digest);

  const std::string& bytes() const { return bytes_; }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads fields one after the other; fails with kInvalidArgument at the first one that is not canonical.
//   WireReader reader(bytes);
//   while (reader.Next()) { switch (reader.field()) { ... } }
//   COW_RETURN_IF_ERROR(reader.status());
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  // False at the end or at an error. Fields must not descend.
  bool Next();
  int field() const { return field_; }
  bool is_bytes() const { return is_bytes_; }
  std::string_view bytes() const { return view_; }  // of a length-delimited field
  uint64_t integer() const { return integer_; }     // of a varint field
  const absl::Status& status() const { return status_; }
  // Ends the reading: "unknown field" and the like.
  void Fail(std::string_view reason);

 private:
  bool ReadVarint(uint64_t* value);

  std::string_view rest_;
  std::string_view view_{};
  uint64_t integer_ = 0;
  int field_ = 0;
  bool is_bytes_ = false;
  absl::Status status_{};
};

absl::StatusOr<Digest> DecodeDigestMessage(std::string_view bytes);

}  // namespace cow::store
