// Digest: the name of a byte string: its SHA-256 and its size in bytes.
//
// A Digest is never degenerate: it is computed from bytes or parsed from complete text.
// Values are regular: equality, ordering (by hash bytes, then size) and absl hashing.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace cow {

class Digest {
 public:
  using Bytes = std::array<uint8_t, 32>;

  // The digest of the empty string.
  Digest();
  Digest(const Bytes& hash, int64_t size_bytes) : hash_(hash), size_(size_bytes) {}

  static Digest Of(std::string_view bytes);

  // From 64 lower-case hex digits and a size >= 0; kInvalidArgument otherwise.
  static absl::StatusOr<Digest> FromHex(std::string_view hex, int64_t size_bytes);

  // From 32 raw bytes; kInvalidArgument otherwise.
  static absl::StatusOr<Digest> FromBytes(std::string_view bytes, int64_t size_bytes);

  const Bytes& hash() const { return hash_; }
  std::string_view hash_view() const {
    return {reinterpret_cast<const char*>(hash_.data()), hash_.size()};
  }
  int64_t size_bytes() const { return size_; }
  std::string hex() const;
  // "<hex>/<size>"
  std::string ToString() const;

  friend bool operator==(const Digest&, const Digest&) = default;
  friend auto operator<=>(const Digest&, const Digest&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const Digest& digest) {
    return H::combine_contiguous(std::move(state), digest.hash_.data(), digest.hash_.size());
  }

 private:
  Bytes hash_;
  int64_t size_;
};

std::string HexEncode(std::string_view bytes);

// Streams bytes into a Digest. One thread at a time. Finish may be called once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(std::string_view bytes);
  Digest Finish();

 private:
  void* context_;  // SHA256_CTX, owned
  int64_t size_ = 0;
};

// Builds the bytes of a hashed record that no other record can equal: a domain tag first, then fields
// that are typed and length-prefixed. Finish hashes them.
class RecordHasher {
 public:
  explicit RecordHasher(std::string_view domain) { Add(domain); }
  RecordHasher& Add(std::string_view field);
  RecordHasher& Add(const Digest& digest);
  RecordHasher& AddInt(int64_t value);
  Digest Finish() const { return Digest::Of(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace cow
