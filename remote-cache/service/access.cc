#include "remote-cache/service/access.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"

namespace cow::cache {
namespace {

constexpr std::pair<std::string_view, Role> kRoles[] = {{"none", Role::kNone},
                                                        {"reader", Role::kReader},
                                                        {"cas-writer", Role::kCasWriter},
                                                        {"writer", Role::kWriter},
                                                        {"admin", Role::kAdmin}};

// Takes as long for a secret that is nearly right as for any other.
bool Same(const Digest::Bytes& a, const Digest::Bytes& b) {
  unsigned different = 0;
  for (size_t i = 0; i < a.size(); ++i) different |= static_cast<unsigned>(a[i] ^ b[i]);
  return different == 0;
}

struct Shown {
  std::string name{};  // "" for a token
  Digest::Bytes secret{};
};

std::optional<Shown> Parse(std::string_view authorization) {
  const std::pair<std::string_view, std::string_view> words = absl::StrSplit(authorization, absl::MaxSplits(' ', 1));
  const std::string scheme = absl::AsciiStrToLower(words.first);
  const std::string_view rest = absl::StripAsciiWhitespace(words.second);
  if (scheme == "bearer" && !rest.empty()) return Shown{"", Digest::Of(rest).hash()};
  std::string text;
  if (scheme != "basic" || !absl::Base64Unescape(rest, &text)) return std::nullopt;
  const size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  return Shown{text.substr(0, colon), Digest::Of(text.substr(colon + 1)).hash()};
}

}  // namespace

std::string_view RoleName(Role role) {
  for (const auto& [name, value] : kRoles) {
    if (value == role) return name;
  }
  return "none";
}

absl::StatusOr<Role> ParseRole(std::string_view name) {
  for (const auto& [known, role] : kRoles) {
    if (known == name) return role;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown role '", name, "'; there are none, reader, cas-writer, writer and admin"));
}

bool Identity::MayWrite(std::string_view instance) const {
  if (instances.empty()) return true;
  for (std::string_view allowed : instances) {
    if (allowed == instance || allowed == "*") return true;
    if (absl::EndsWith(allowed, "/*") && absl::StartsWith(instance, allowed.substr(0, allowed.size() - 1))) return true;
  }
  return false;
}

absl::Status Access::Load(std::string_view text, std::string_view path) {
  std::vector<Entry> entries;
  int number = 0;
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.empty() || words[0][0] == '#') continue;
    const auto wrong = [&](std::string_view why) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", number, ":1: error: ", why,
                                                     "; expected 'ROLE NAME SHA256-OF-SECRET [INSTANCE...]'"));
    };
    absl::StatusOr<Role> role = ParseRole(words[0]);
    if (!role.ok()) return wrong(role.status().message());
    if (words.size() < 3) return wrong("a role, a name and a credential are needed");
    Entry entry{{words[1], *role, {words.begin() + 3, words.end()}}, std::nullopt};
    if (words[2] != "certificate") {
      absl::StatusOr<Digest> secret = Digest::FromHex(words[2], 0);
      if (!secret.ok()) return wrong("the credential is neither the SHA-256 of a secret in hex nor 'certificate'");
      entry.secret = secret->hash();
    }
    entries.push_back(std::move(entry));
  }
  absl::MutexLock lock(&mutex_);
  entries_ = std::move(entries);
  return absl::OkStatus();
}

absl::StatusOr<Identity> Access::Identify(std::string_view authorization, std::string_view certificate) const {
  absl::MutexLock lock(&mutex_);
  if (!authorization.empty()) {
    const std::optional<Shown> shown = Parse(authorization);
    const Entry* found = nullptr;
    for (const Entry& entry : entries_) {
      if (!entry.secret || !shown) continue;
      const bool same = Same(*entry.secret, shown->secret);
      if (same && (shown->name.empty() || shown->name == entry.identity.name)) found = &entry;
    }
    if (found == nullptr) return absl::UnauthenticatedError("the credentials are not known here");
    return found->identity;
  }
  if (!certificate.empty()) {
    for (const Entry& entry : entries_) {
      if (!entry.secret && entry.identity.name == certificate) return entry.identity;
    }
  }
  return Identity{certificate.empty() ? "anonymous" : std::string(certificate), anonymous_, {}};
}

}  // namespace cow::cache
