#include "engine/base/digest.h"

// The functions behind EVP look their algorithm up by name in each call, which costs more than hashing a short text.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow {
namespace {

// Most digests are made empty and assigned later.
constexpr Digest::Bytes kHashOfNothing = {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

void AppendBigEndian(std::string* out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

}  // namespace

Digest::Digest() : Digest(kHashOfNothing, 0) {}

Digest Digest::Of(std::string_view bytes) {
  Bytes hash;
  SHA256_CTX context;
  COW_CHECK(SHA256_Init(&context) == 1 && SHA256_Update(&context, bytes.data(), bytes.size()) == 1 &&
            SHA256_Final(hash.data(), &context) == 1);
  return Digest(hash, static_cast<int64_t>(bytes.size()));
}

absl::StatusOr<Digest> Digest::FromHex(std::string_view hex, int64_t size_bytes) {
  if (hex.size() != 64) {
    return absl::InvalidArgumentError(
        absl::StrCat("a sha256 has 64 hex digits, got ", hex.size(), ": '", hex, "'"));
  }
  if (size_bytes < 0) return absl::InvalidArgumentError(absl::StrCat("negative size ", size_bytes));
  Bytes hash;
  for (size_t i = 0; i < hash.size(); ++i) {
    int high = HexValue(hex[2 * i]);
    int low = HexValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("a sha256 is lower-case hex, got '", hex, "'"));
    }
    hash[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return Digest(hash, size_bytes);
}

absl::StatusOr<Digest> Digest::FromBytes(std::string_view bytes, int64_t size_bytes) {
  if (bytes.size() != 32) {
    return absl::InvalidArgumentError(absl::StrCat("a sha256 has 32 bytes, got ", bytes.size()));
  }
  if (size_bytes < 0) return absl::InvalidArgumentError(absl::StrCat("negative size ", size_bytes));
  Bytes hash;
  std::memcpy(hash.data(), bytes.data(), hash.size());
  return Digest(hash, size_bytes);
}

std::string Digest::hex() const { return HexEncode(hash_view()); }

std::string Digest::ToString() const { return absl::StrCat(hex(), "/", size_); }

std::string HexEncode(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex(bytes.size() * 2, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    hex[2 * i] = kDigits[byte >> 4];
    hex[2 * i + 1] = kDigits[byte & 15];
  }
  return hex;
}

Sha256::Sha256() : context_(new SHA256_CTX) { COW_CHECK(SHA256_Init(static_cast<SHA256_CTX*>(context_)) == 1); }

Sha256::~Sha256() { delete static_cast<SHA256_CTX*>(context_); }

void Sha256::Update(std::string_view bytes) {
  COW_CHECK(SHA256_Update(static_cast<SHA256_CTX*>(context_), bytes.data(), bytes.size()) == 1);
  size_ += static_cast<int64_t>(bytes.size());
}

Digest Sha256::Finish() {
  Digest::Bytes hash;
  COW_CHECK(SHA256_Final(hash.data(), static_cast<SHA256_CTX*>(context_)) == 1);
  return Digest(hash, size_);
}

RecordHasher& RecordHasher::Add(std::string_view field) {
  bytes_.push_back('s');
  AppendBigEndian(&bytes_, field.size());
  bytes_.append(field);
  return *this;
}

RecordHasher& RecordHasher::Add(const Digest& digest) {
  bytes_.push_back('d');
  bytes_.append(digest.hash_view());
  AppendBigEndian(&bytes_, static_cast<uint64_t>(digest.size_bytes()));
  return *this;
}

RecordHasher& RecordHasher::AddInt(int64_t value) {
  bytes_.push_back('i');
  AppendBigEndian(&bytes_, static_cast<uint64_t>(value));
  return *this;
}

}  // namespace cow
