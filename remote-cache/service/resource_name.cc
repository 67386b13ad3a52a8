#include "remote-cache/service/resource_name.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"

namespace cow::cache {
namespace {

using Parts = std::vector<std::string_view>;

constexpr std::string_view kKeywords[] = {"blobs",      "uploads",      "actions",         "actionResults",
                                          "operations", "capabilities", "compressed-blobs"};

bool IsKeyword(std::string_view part) { return std::find(std::begin(kKeywords), std::end(kKeywords), part) != std::end(kKeywords); }

absl::Status Wrong(std::string_view name, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("resource name '", name.substr(0, 300), "': ", why));
}

// `at` is where blobs or compressed-blobs is expected.
absl::StatusOr<ResourceName> ParseBlob(std::string_view name, const Parts& parts, size_t at, bool may_go_on) {
  ResourceName result;
  if (at >= parts.size()) return Wrong(name, "'blobs' or 'compressed-blobs' is missing");
  if (parts[at] == "compressed-blobs") {
    if (++at >= parts.size() || parts[at] != "zstd") return Wrong(name, "the only compression is zstd");
    result.is_zstd = true;
  } else if (parts[at] != "blobs") {
    return Wrong(name, "'blobs' or 'compressed-blobs' is missing");
  }
  ++at;
  if (at < parts.size() && parts[at].size() < 32) return Wrong(name, "the only digest function is SHA-256");
  if (at + 2 > parts.size()) return Wrong(name, "hash and size are missing");
  if (!may_go_on && at + 2 != parts.size()) return Wrong(name, "there is more after the size");
  int64_t size = 0;
  const std::string_view digits = parts[at + 1];
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }) ||
      !absl::SimpleAtoi(digits, &size)) {
    return Wrong(name, "the size is no number");
  }
  absl::StatusOr<Digest> digest = Digest::FromHex(parts[at], size);
  if (!digest.ok()) return Wrong(name, "the hash is not 64 lower-case hex digits");
  if ((size == 0) != (digest->hash() == Digest().hash())) return Wrong(name, "no bytes have this digest");
  result.digest = *digest;
  return result;
}

absl::StatusOr<size_t> EndOfInstance(std::string_view name, const Parts& parts) {
  size_t at = 0;
  while (at < parts.size() && !IsKeyword(parts[at])) ++at;
  for (size_t i = 0; i < at; ++i) {
    if (parts[i].empty()) return Wrong(name, "an empty part");
  }
  return at;
}

}  // namespace

absl::StatusOr<ResourceName> ParseReadName(std::string_view name) {
  const Parts parts = absl::StrSplit(name, '/');
  COW_ASSIGN_OR_RETURN(const size_t at, EndOfInstance(name, parts));
  COW_ASSIGN_OR_RETURN(ResourceName result, ParseBlob(name, parts, at, /*may_go_on=*/false));
  result.instance = absl::StrJoin(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(at), "/");
  return result;
}

absl::StatusOr<ResourceName> ParseWriteName(std::string_view name) {
  const Parts parts = absl::StrSplit(name, '/');
  COW_ASSIGN_OR_RETURN(const size_t at, EndOfInstance(name, parts));
  if (at + 2 > parts.size() || parts[at] != "uploads") return Wrong(name, "'uploads' is missing");
  if (parts[at + 1].empty()) return Wrong(name, "the name of the upload is missing");
  COW_ASSIGN_OR_RETURN(ResourceName result, ParseBlob(name, parts, at + 2, /*may_go_on=*/true));
  result.instance = absl::StrJoin(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(at), "/");
  return result;
}

}  // namespace cow::cache
