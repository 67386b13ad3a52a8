#include "engine/store/result_usage.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/store/wire.h"

namespace cow::store {
namespace {

constexpr int64_t kNanosPerEpoch = int64_t{3600} * 1'000'000'000;
constexpr std::string_view kPrefix = "used/";

enum Field { kEpoch = 1, kEpochs = 2 };

}  // namespace

int64_t AccessEpochOf(int64_t unix_nanos) { return unix_nanos / kNanosPerEpoch; }
int64_t AccessEpochNow() { return AccessEpochOf(absl::GetCurrentTimeNanos()); }

std::string UsageKey(std::string_view key_hash) { return absl::StrCat(kPrefix, key_hash); }

std::optional<std::string_view> ResultOfUsageKey(std::string_view usage_key) {
  if (!usage_key.starts_with(kPrefix)) return std::nullopt;
  return usage_key.substr(kPrefix.size());
}

std::optional<Usage> DecodeUsage(std::string_view bytes) {
  Usage usage;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == kEpoch) {
      usage.epoch = static_cast<int64_t>(reader.integer());
    } else if (reader.field() == kEpochs) {
      usage.epochs = static_cast<int64_t>(reader.integer());
    } else {
      return std::nullopt;
    }
  }
  if (!reader.status().ok()) return std::nullopt;
  return usage;
}

void NoteUse(Database& database, const Digest& key) {
  const std::string name = UsageKey(key.hash_view());
  Usage usage;
  absl::StatusOr<std::optional<std::string>> bytes = database.Get(Table::kMeta, name);
  if (bytes.ok() && bytes->has_value()) usage = DecodeUsage(**bytes).value_or(usage);
  const int64_t now = AccessEpochNow();
  if (usage.epoch == now) return;
  database.Put(Table::kMeta, name, WireWriter().Int(kEpoch, now).Int(kEpochs, usage.epochs + 1).Take());
}

}  // namespace cow::store
