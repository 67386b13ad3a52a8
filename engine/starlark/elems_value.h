// Elems: the iterable over parts of a string that elems(), codepoints() and their _ords forms
// return.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/starlark/heap.h"
#include "engine/starlark/sequence_value.h"
#include "engine/starlark/string_value.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

class Elems final : public HeapObject {
 public:
  static constexpr Kind kKind = Kind::kElems;
  enum class Mode : uint8_t { kElems, kElemOrds, kCodepoints, kCodepointOrds, kBytes };

  // Use NewElems.
  Elems(Value source, Mode mode, const Tuple* elements)
      : HeapObject(kKind), source_(source), elements_(elements) {
    small_ = static_cast<uint16_t>(mode);
  }

  Value source() const { return source_; }
  Mode mode() const { return static_cast<Mode>(small_); }
  // "elems", ...: the method that made it.
  std::string_view method_name() const;
  // Elements are single bytes, so that there is a length and an index.
  bool by_byte() const { return mode() != Mode::kCodepoints && mode() != Mode::kCodepointOrds; }
  std::span<const Value> elements() const { return elements_->elements(); }

 private:
  Value source_;
  const Tuple* elements_;
};

// `source` is a String, for kBytes a Bytes.
Elems* NewElems(Heap& heap, Value source, Elems::Mode mode);

// The string of one byte; shared, lives as long as the process.
Value ByteString(unsigned char byte);

// The code point at `at` (which it advances); an invalid byte decodes to U+FFFD and counts one.
uint32_t NextCodepoint(std::string_view text, size_t* at);
void AppendUtf8(uint32_t codepoint, std::string& out);
// Length of the valid UTF-8 sequence at `at`, 0 if the byte there starts none.
size_t ValidSequence(std::string_view text, size_t at);

}  // namespace cow::starlark
