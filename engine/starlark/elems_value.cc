#include "engine/starlark/elems_value.h"

#include <array>
#include <string>
#include <vector>

namespace cow::starlark {

std::string_view Elems::method_name() const {
  switch (mode()) {
    case Mode::kElems: return "elems";
    case Mode::kElemOrds: return "elem_ords";
    case Mode::kCodepoints: return "codepoints";
    case Mode::kCodepointOrds: return "codepoint_ords";
    case Mode::kBytes: return "elems";
  }
  return "";
}

Value ByteString(unsigned char byte) {
  static const std::array<const String*, 256>* const kStrings = [] {
    auto* strings = new std::array<const String*, 256>();
    for (size_t i = 0; i < 256; ++i) {
      const char text = static_cast<char>(i);
      (*strings)[i] = Intern(std::string_view(&text, 1));
    }
    return strings;
  }();
  return (*kStrings)[byte];
}

Elems* NewElems(Heap& heap, Value source, Elems::Mode mode) {
  const String* string = source.As<String>();
  std::string_view text = string != nullptr ? string->view() : source.As<Bytes>()->view();
  std::vector<Value> elements;
  elements.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const size_t begin = at;
    switch (mode) {
      case Elems::Mode::kElems:
        elements.push_back(ByteString(byte));
        ++at;
        break;
      case Elems::Mode::kElemOrds:
      case Elems::Mode::kBytes:
        elements.push_back(Value::SmallInt(byte));
        ++at;
        break;
      case Elems::Mode::kCodepointOrds:
        elements.push_back(Value::SmallInt(NextCodepoint(text, &at)));
        break;
      case Elems::Mode::kCodepoints: {
        const bool valid = ValidSequence(text, at) > 0;
        NextCodepoint(text, &at);
        elements.push_back(heap.NewString(valid ? text.substr(begin, at - begin) : "\xef\xbf\xbd"));
        break;
      }
    }
  }
  return heap.New<Elems>(source, mode, heap.NewTuple(elements));
}

size_t ValidSequence(std::string_view text, size_t at) {
  auto byte = [&](size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  auto continues = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return at < text.size() ? 1 : 0;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xe0 && byte(1) < 0xa0) return 0;
    if (first == 0xed && byte(1) > 0x9f) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

uint32_t NextCodepoint(std::string_view text, size_t* at) {
  const size_t length = ValidSequence(text, *at);
  auto bits = [&](size_t i) { return static_cast<unsigned char>(text[*at + i]) & 0x3fu; };
  const unsigned first = static_cast<unsigned char>(text[*at]);
  uint32_t codepoint = 0xfffd;
  switch (length) {
    case 1: codepoint = first; break;
    case 2: codepoint = (first & 0x1f) << 6 | bits(1); break;
    case 3: codepoint = (first & 0x0f) << 12 | bits(1) << 6 | bits(2); break;
    case 4: codepoint = (first & 0x07) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3); break;
    default: break;
  }
  *at += length == 0 ? 1 : length;
  return codepoint;
}

void AppendUtf8(uint32_t codepoint, std::string& out) {
  auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (codepoint < 0x80) {
    put(codepoint);
  } else if (codepoint < 0x800) {
    put(0xc0 | codepoint >> 6);
    put(0x80 | (codepoint & 0x3f));
  } else if (codepoint < 0x10000) {
    put(0xe0 | codepoint >> 12);
    put(0x80 | (codepoint >> 6 & 0x3f));
    put(0x80 | (codepoint & 0x3f));
  } else {
    put(0xf0 | codepoint >> 18);
    put(0x80 | (codepoint >> 12 & 0x3f));
    put(0x80 | (codepoint >> 6 & 0x3f));
    put(0x80 | (codepoint & 0x3f));
  }
}

}  // namespace cow::starlark
