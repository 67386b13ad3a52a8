#include "rules/pack/oci/reference.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/digest.h"
#include "engine/base/status.h"

namespace cow::pack {
namespace {

bool IsSeparator(char c) { return c == '.' || c == '_' || c == '-'; }

bool ValidPathPart(std::string_view part) {
  if (part.empty() || IsSeparator(part.front()) || IsSeparator(part.back())) return false;
  for (size_t i = 0; i < part.size(); ++i) {
    char c = part[i];
    if (!absl::ascii_islower(c) && !absl::ascii_isdigit(c) && !IsSeparator(c)) return false;
    if (c == '.' && IsSeparator(part[i + 1])) return false;
  }
  return true;
}

bool ValidTag(std::string_view tag) {
  if (tag.empty() || tag.size() > 128 || tag[0] == '.' || tag[0] == '-') return false;
  return std::all_of(tag.begin(), tag.end(), [](char c) { return absl::ascii_isalnum(c) || IsSeparator(c); });
}

bool ValidDomain(std::string_view domain) {
  std::string_view host = domain.substr(0, domain.find(':'));
  std::string_view port = domain.substr(std::min(domain.size(), host.size() + 1));
  return !host.empty() &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '.' || c == '-'; }) &&
         std::all_of(port.begin(), port.end(), [](char c) { return absl::ascii_isdigit(c); });
}

}  // namespace

std::string ImageReference::ToString() const {
  return absl::StrCat(domain, "/", path, tag.empty() ? "" : ":", tag, digest.empty() ? "" : "@", digest);
}

absl::StatusOr<ImageReference> ParseImageReference(std::string_view text) {
  auto bad = [&](std::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("bad image reference '", text, "': ", why));
  };
  ImageReference reference;
  std::string_view rest = text;
  if (size_t at = rest.find('@'); at != std::string_view::npos) {
    reference.digest = std::string(rest.substr(at + 1));
    rest = rest.substr(0, at);
    if (!reference.digest.starts_with("sha256:") ||
        !Digest::FromHex(std::string_view(reference.digest).substr(7), 0).ok()) {
      return bad("the digest is not sha256:<64 hex digits>");
    }
  }
  size_t slash = rest.find('/');
  std::string_view first = rest.substr(0, slash);
  bool has_domain = slash != std::string_view::npos &&
                    (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
  reference.domain = has_domain ? std::string(first) : "docker.io";
  if (reference.domain == "index.docker.io") reference.domain = "docker.io";
  if (!ValidDomain(reference.domain)) return bad("the domain is not valid");
  if (has_domain) rest.remove_prefix(slash + 1);
  if (size_t colon = rest.find(':'); colon != std::string_view::npos) {
    reference.tag = std::string(rest.substr(colon + 1));
    rest = rest.substr(0, colon);
    if (!ValidTag(reference.tag)) return bad("the tag is not valid");
  } else if (reference.digest.empty()) {
    reference.tag = "latest";
  }
  reference.path = std::string(rest);
  if (reference.domain == "docker.io" && rest.find('/') == std::string_view::npos) {
    reference.path = absl::StrCat("library/", rest);
  }
  for (std::string_view part : std::vector<std::string_view>(absl::StrSplit(reference.path, '/'))) {
    if (!ValidPathPart(part)) return bad("a name part must be of [a-z0-9] with single separators");
  }
  return reference;
}

absl::StatusOr<std::string> NormalizeImageReference(std::string_view text) {
  COW_ASSIGN_OR_RETURN(ImageReference reference, ParseImageReference(text));
  return reference.ToString();
}

}  // namespace cow::pack
