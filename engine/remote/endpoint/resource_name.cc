#include "engine/remote/endpoint/resource_name.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cow::remote {
namespace {

std::string Blob(const Digest& digest, bool zstd) {
  return absl::StrCat(zstd ? "compressed-blobs/zstd/" : "blobs/", digest.ToString());
}

std::string Prefix(const std::string& instance) { return instance.empty() ? "" : instance + "/"; }

// A random UUID, as RFC 4122 draws them.
std::string NewUuid() {
  thread_local std::mt19937_64 random(std::random_device{}());
  const uint64_t high = (random() & ~uint64_t{0xf000}) | 0x4000;
  const uint64_t low = (random() & ~(uint64_t{3} << 62)) | uint64_t{1} << 63;
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, high >> 16 & 0xffff, high & 0xffff, low >> 48,
                         low & 0xffffffffffff);
}

}  // namespace

std::string ReadName(const std::string& instance, const Digest& digest, bool zstd) {
  return absl::StrCat(Prefix(instance), Blob(digest, zstd));
}

std::string WriteName(const std::string& instance, const Digest& digest, bool zstd) {
  return absl::StrCat(Prefix(instance), "uploads/", NewUuid(), "/", Blob(digest, zstd));
}

}  // namespace cow::remote
