#include "engine/execution/printable_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cow::execution {
namespace {

constexpr char kEscape = '\x1b';

bool IsPlain(char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\t'; }

bool IsParameter(char c) { return (c >= '0' && c <= '9') || c == ';' || c == ':'; }

// The bytes of the colour at the beginning of `bytes`, ESC [ parameters m, or of ESC [ K, with
// which compilers end one; 0 if there is none.
size_t ColourAt(std::string_view bytes) {
  if (!bytes.starts_with("\x1b[")) return 0;
  const size_t end = static_cast<size_t>(
      std::find_if_not(bytes.begin() + 2, bytes.end(), IsParameter) - bytes.begin());
  if (end == bytes.size()) return 0;
  return bytes[end] == 'm' || (bytes[end] == 'K' && end == 2) ? end + 1 : 0;
}

// The bytes of the character beyond ASCII at the beginning of `bytes`; 0 if it is none that may be
// shown.
size_t CharacterAt(std::string_view bytes) {
  const auto first = static_cast<uint8_t>(bytes[0]);
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < length) return 0;
  uint32_t code = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<uint8_t>(bytes[i]);
    if ((next & 0xC0) != 0x80) return 0;
    code = code << 6 | (next & 0x3Fu);
  }
  constexpr uint32_t kFirstOfLength[] = {0, 0, 0xA0, 0x800,
                                         0x10000};  // below 0xA0 lie more control characters
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kFirstOfLength[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

size_t ShownAsIs(std::string_view bytes) {
  if (IsPlain(bytes[0])) return 1;
  return bytes[0] == kEscape ? ColourAt(bytes) : CharacterAt(bytes);
}

}  // namespace

std::string PrintableText(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t length = ShownAsIs(bytes);
    if (length > 0) {
      text.append(bytes.substr(0, length));
      bytes.remove_prefix(length);
      continue;
    }
    const auto byte = static_cast<uint8_t>(bytes[0]);
    // Line ends of other systems.
    if (!bytes.starts_with("\r\n")) {
      text.append("\\x");
      text.push_back(kDigits[byte >> 4]);
      text.push_back(kDigits[byte & 15]);
    }
    bytes.remove_prefix(1);
  }
  return text;
}

}  // namespace cow::execution
