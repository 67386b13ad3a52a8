#include "rules/pack/io/time_text.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace cow::pack {

std::string Rfc3339(int64_t seconds) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(seconds), absl::UTCTimeZone());
}

std::string Rfc1123(int64_t seconds) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", absl::FromUnixSeconds(seconds), absl::UTCTimeZone());
}

absl::StatusOr<int64_t> ParseRfc2822(std::string_view text) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime("%a, %d %b %Y %H:%M:%S %z", text, &time, &error)) return absl::ToUnixSeconds(time);
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not a date like 'Wed, 01 Jan 2025 00:00:00 +0000'"));
}

}  // namespace cow::pack
