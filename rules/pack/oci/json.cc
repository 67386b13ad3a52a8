#include "rules/pack/oci/json.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::pack {

absl::StatusOr<Json> ParseJson(std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  return absl::InvalidArgumentError(json.is_discarded() ? "not valid JSON" : "not a JSON object");
}

// ensure_ascii is off; the handler that throws is only reached for broken UTF-8, so that is looked for first.
absl::StatusOr<std::string> RenderJson(const Json& json) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (Json::parse(text, nullptr, false) == json) return text;
  return absl::InvalidArgumentError("a text is not valid UTF-8");
}

static absl::Status Missing(std::string_view key, std::string_view type) {
  return absl::InvalidArgumentError(absl::StrCat("JSON member '", key, "' is missing or no ", type));
}

absl::StatusOr<std::string> JsonText(const Json& json, std::string_view key) {
  auto it = json.find(std::string(key));
  if (it == json.end() || !it->is_string()) return Missing(key, "string");
  return it->get<std::string>();
}

absl::StatusOr<int64_t> JsonNumber(const Json& json, std::string_view key) {
  auto it = json.find(std::string(key));
  if (it == json.end() || !it->is_number_integer()) return Missing(key, "integer");
  return it->get<int64_t>();
}

std::string JsonTextOr(const Json& json, std::string_view key, std::string_view otherwise) {
  absl::StatusOr<std::string> text = json.is_object() ? JsonText(json, key) : std::string(otherwise);
  return text.ok() ? *std::move(text) : std::string(otherwise);
}

bool JsonBoolOr(const Json& json, std::string_view key, bool otherwise) {
  if (!json.is_object()) return otherwise;
  auto it = json.find(std::string(key));
  return it != json.end() && it->is_boolean() ? it->get<bool>() : otherwise;
}

absl::StatusOr<Json> JsonArray(const Json& json, std::string_view key) {
  auto it = json.find(std::string(key));
  if (it == json.end() || it->is_null()) return Json::array();
  if (!it->is_array()) return Missing(key, "array");
  return *it;
}

absl::StatusOr<Json> JsonObject(const Json& json, std::string_view key) {
  auto it = json.find(std::string(key));
  if (it == json.end() || it->is_null()) return Json::object();
  if (!it->is_object()) return Missing(key, "object");
  return *it;
}

absl::StatusOr<Digest> JsonDigest(const Json& json, std::string_view digest_key, std::string_view size_key) {
  COW_ASSIGN_OR_RETURN(std::string text, JsonText(json, digest_key));
  COW_ASSIGN_OR_RETURN(int64_t size, JsonNumber(json, size_key));
  if (!text.starts_with("sha256:")) {
    return absl::InvalidArgumentError(absl::StrCat("digest '", text, "' does not start with sha256:"));
  }
  return Digest::FromHex(std::string_view(text).substr(7), size);
}

std::string DigestText(const Digest& digest) { return absl::StrCat("sha256:", digest.hex()); }

}  // namespace cow::pack
