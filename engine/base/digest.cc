#include "engine/base/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

void AppendBigEndian(std::string* out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

}  // namespace

Digest::Digest() : Digest(Of({})) {}

Digest Digest::Of(std::string_view bytes) {
  Bytes hash;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
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

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  COW_CHECK(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

void Sha256::Update(std::string_view bytes) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size());
  size_ += static_cast<int64_t>(bytes.size());
}

Digest Sha256::Finish() {
  Digest::Bytes hash;
  unsigned length = 0;
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), hash.data(), &length);
  COW_CHECK(length == hash.size());
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
