#include "engine/driver/cause_text.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace cow::driver {
namespace {

using Kind = Cause::Kind;

constexpr size_t kDigestChars = 12;
constexpr size_t kLongText = 100;
constexpr size_t kContext = 30;  // characters shown before the place where long texts begin to differ

std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\n", "\\n"}}), "'");
}

// What is known of bytes is "<hex>/<size>", perhaps with " executable".
bool IsDigest(std::string_view text) { return text.size() > 64 && text[64] == '/'; }

std::string Short(std::string_view text) {
  return IsDigest(text) ? std::string(text.substr(0, kDigestChars)) : std::string(text);
}

std::string Bytes(const Cause& cause) {
  const bool was = cause.before.ends_with(" executable");
  const bool is = cause.after.ends_with(" executable");
  const std::string before = Short(cause.before);
  const std::string after = Short(cause.after);
  if (before == after && was != is) return is ? "is executable now" : "is not executable any more";
  return absl::StrCat("changed (", before, " -> ", after, ")");
}

std::string Window(std::string_view text, size_t from) {
  if (text.size() <= kLongText) return Quoted(std::string(text));
  const size_t begin = from > kContext ? from - kContext : 0;
  const std::string_view part = text.substr(begin, kLongText);
  return Quoted(absl::StrCat(begin > 0 ? "..." : "", part, begin + part.size() < text.size() ? "..." : ""));
}

// Both cut to where they differ if they are long.
std::string Values(const Cause& cause) {
  const auto [a, b] = std::mismatch(cause.before.begin(), cause.before.end(), cause.after.begin(), cause.after.end());
  const size_t from = static_cast<size_t>(a - cause.before.begin());
  return absl::StrCat(Window(cause.before, from), " -> ", Window(cause.after, from));
}

std::string Valued(std::string_view noun, const Cause& cause) {
  if (cause.before.empty()) return absl::StrCat(noun, " added: ", Window(cause.after, 0));
  if (cause.after.empty()) return absl::StrCat(noun, " removed: ", Window(cause.before, 0));
  return absl::StrCat(noun, " changed: ", Values(cause));
}

}  // namespace

std::string TextOf(const Cause& cause) {
  switch (cause.kind) {
    case Kind::kInputChanged: return absl::StrCat("input '", cause.name, "' ", Bytes(cause));
    case Kind::kInputAdded: return absl::StrCat("input '", cause.name, "' was added");
    case Kind::kInputRemoved: return absl::StrCat("input '", cause.name, "' was removed");
    case Kind::kToolChanged: return absl::StrCat("tool '", cause.name, "' ", Bytes(cause));
    case Kind::kArgumentChanged: return Valued("argument", cause);
    case Kind::kArgumentOrder: return "the same arguments in another order";
    case Kind::kEnvironmentChanged: return Valued(absl::StrCat("environment variable ", cause.name), cause);
    case Kind::kHostTreeChanged:
      return absl::StrCat("the tools of this machine changed (", Short(cause.before), " -> ", Short(cause.after), ")");
    case Kind::kPlatformPropertyChanged: return Valued(absl::StrCat("platform property ", cause.name), cause);
    case Kind::kOutputsChanged: return Valued("declared outputs", cause);
    case Kind::kTimeoutChanged: return Valued("timeout", cause);
    case Kind::kCachingChanged: return absl::StrCat("results are now ", cause.after);
    case Kind::kEngineChanged: return Valued("the version of cow's actions", cause);
    case Kind::kWrittenByRule: return absl::StrCat("the rule writes other contents into '", cause.name, "'");
    case Kind::kNeverBuilt: return "never built before in this workspace";
    case Kind::kResultEvicted: return "its result is no longer in the cache";
    case Kind::kOutputEvicted: return absl::StrCat("output '", cause.name, "' is no longer in the cache");
    case Kind::kFailedBefore: return "it failed the last time, and failures are not cached";
    case Kind::kRefusedByPolicy: return "its cached result was refused: it was made in a weaker sandbox";
    case Kind::kNotCacheable: return "its results are never cached";
    case Kind::kCacheDisabled: return "cached results were not to be used";
    case Kind::kRecordLost: return "something changed, but what its last key was made from is no longer recorded";
  }
  return "";
}

}  // namespace cow::driver
