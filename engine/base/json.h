// JsonWriter: compact JSON text, keys in the order they are written, UTF-8 kept, no HTML escaping.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cow {

// The text in double quotes with the escapes JSON requires; invalid UTF-8 bytes become U+FFFD.
std::string JsonQuote(std::string_view text);

// Misuse (a value without key in an object) is a bug of the caller and not checked.
class JsonWriter {
 public:
  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  JsonWriter& String(std::string_view value);
  JsonWriter& Int(int64_t value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  JsonWriter& Field(std::string_view key, std::string_view value) { return Key(key).String(value); }
  JsonWriter& Field(std::string_view key, const char* value) { return Key(key).String(value); }
  JsonWriter& Field(std::string_view key, int64_t value) { return Key(key).Int(value); }
  JsonWriter& Field(std::string_view key, bool value) { return Key(key).Bool(value); }

  const std::string& text() const { return text_; }

 private:
  void Separate();
  JsonWriter& Raw(std::string_view token);

  std::string text_;
  std::vector<bool> has_items_{false};
  bool after_key_ = false;
};

}  // namespace cow
