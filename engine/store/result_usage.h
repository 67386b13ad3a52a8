// ResultUsage: when a result of the action cache was last used, and in how many periods, for choosing what to remove.
//
// Time counts in access epochs, so that a result is noted at most once in each: a build that uses a thousand results writes
// nothing if it did so before in this epoch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/digest.h"
#include "engine/store/database.h"

namespace cow::store {

struct Usage {
  int64_t epoch = 0;  // the last one in which it was used
  int64_t epochs = 0; // in how many it was used

  friend bool operator==(const Usage&, const Usage&) = default;
};

// Hours since 1970.
int64_t AccessEpochNow();
int64_t AccessEpochOf(int64_t unix_nanos);

// Notes that the result was stored or used now. Any thread.
void NoteUse(Database& database, const Digest& key);

// The record of a result in Table::kMeta, and the result it belongs to: the bytes of its key's hash.
std::string UsageKey(std::string_view key_hash);
std::optional<std::string_view> ResultOfUsageKey(std::string_view usage_key);
std::optional<Usage> DecodeUsage(std::string_view bytes);

}  // namespace cow::store
