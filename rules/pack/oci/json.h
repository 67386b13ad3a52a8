// JSON of OCI documents: keys keep their order, output is compact, nothing throws.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "nlohmann/json.hpp"

namespace cow::pack {

using Json = nlohmann::ordered_json;

// An object; kInvalidArgument for anything else or broken UTF-8.
absl::StatusOr<Json> ParseJson(std::string_view text);

// Compact text. kInvalidArgument if a string is not UTF-8.
absl::StatusOr<std::string> RenderJson(const Json& json);

// Members that must be there with the right type.
absl::StatusOr<std::string> JsonText(const Json& json, std::string_view key);
absl::StatusOr<int64_t> JsonNumber(const Json& json, std::string_view key);
// The member if it is there and has the type, else `otherwise`.
std::string JsonTextOr(const Json& json, std::string_view key, std::string_view otherwise);
bool JsonBoolOr(const Json& json, std::string_view key, bool otherwise);
// The member, or an empty array/object of that type if absent.
absl::StatusOr<Json> JsonArray(const Json& json, std::string_view key);
absl::StatusOr<Json> JsonObject(const Json& json, std::string_view key);

// "sha256:<hex>" with its size.
absl::StatusOr<Digest> JsonDigest(const Json& json, std::string_view digest_key, std::string_view size_key);
std::string DigestText(const Digest& digest);

}  // namespace cow::pack
