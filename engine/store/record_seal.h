// The envelope of every database record: a version and a checksum over table, key and value, so that a record that was
// damaged, misplaced or written by another version is recognised.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cow::store {

std::string SealRecord(uint8_t table, std::string_view key, std::string_view value);

// The value; nullopt unless `sealed` is what SealRecord made for this table and key.
std::optional<std::string_view> UnsealRecord(uint8_t table, std::string_view key, std::string_view sealed);

}  // namespace cow::store
