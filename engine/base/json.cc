#include "engine/base/json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cow {
namespace {

// Length of the well-formed UTF-8 sequence at the front of `text`, or 0.
size_t Utf8Length(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  auto continues = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    return lead == 0xED && byte(1) > 0x9F ? 0 : 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    return lead == 0xF4 && byte(1) > 0x8F ? 0 : 4;
  }
  return 0;
}

void AppendControl(std::string* out, char c) {
  switch (c) {
    case '\n':
      out->append("\\n");
      break;
    case '\t':
      out->append("\\t");
      break;
    case '\r':
      out->append("\\r");
      break;
    default:
      absl::StrAppendFormat(out, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
}

}  // namespace

std::string JsonQuote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    char c = text.front();
    size_t length = Utf8Length(text);
    if (length == 0) {
      out.append("\xEF\xBF\xBD");
      length = 1;
    } else if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      AppendControl(&out, c);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  out.push_back('"');
  return out;
}

void JsonWriter::Separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_items_.back()) text_.push_back(',');
  has_items_.back() = true;
}

JsonWriter& JsonWriter::Raw(std::string_view token) {
  Separate();
  text_.append(token);
  return *this;
}

JsonWriter& JsonWriter::BeginObject() {
  Raw("{");
  has_items_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  has_items_.pop_back();
  text_.push_back('}');
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  Raw("[");
  has_items_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  has_items_.pop_back();
  text_.push_back(']');
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Raw(JsonQuote(key));
  text_.push_back(':');
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view value) { return Raw(JsonQuote(value)); }
JsonWriter& JsonWriter::Int(int64_t value) { return Raw(absl::StrCat(value)); }
JsonWriter& JsonWriter::Bool(bool value) { return Raw(value ? "true" : "false"); }
JsonWriter& JsonWriter::Null() { return Raw("null"); }

}  // namespace cow
