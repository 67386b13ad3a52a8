// String and Bytes: immutable byte strings (text is UTF-8 by convention; length and indices count
// bytes), and interned names.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/starlark/value.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

// Hash of a string as dicts use it. Never 0.
uint32_t HashBytes(std::string_view bytes);

class String final : public HeapObject {
 public:
  static constexpr Kind kKind = Kind::kString;

  // For Heap; use Heap::NewString. `text` must outlive the object.
  explicit String(std::string_view text)
      : HeapObject(kKind), length_(static_cast<uint32_t>(text.size())), text_(text.data()) {}

  std::string_view view() const { return {text_, length_}; }
  const char* data() const { return text_; }
  size_t size() const { return length_; }
  std::string str() const { return std::string(view()); }

  // Cached; safe to call from several threads.
  uint32_t hash() const {
    auto* cache = const_cast<uint32_t*>(&word_);
    uint32_t hash = std::atomic_ref<uint32_t>(*cache).load(std::memory_order_relaxed);
    if (hash == 0) {
      hash = HashBytes(view());
      NoteWork(BulkBytes(size()));
      std::atomic_ref<uint32_t>(*cache).store(hash, std::memory_order_relaxed);
    }
    return hash;
  }

  // Interned strings with equal text are the same object, everywhere in the process.
  bool interned() const { return (flags_ & kInterned) != 0; }
  // For attribute names: an index into the tables of built-in methods, -1 if no type has such one.
  int method_index() const { return static_cast<int>(small_) - 1; }

 private:
  friend class SymbolTable;
  static constexpr uint8_t kInterned = 1;

  uint32_t length_;
  const char* text_;
};

inline bool SameText(const String& a, const String& b) {
  if (&a == &b) return true;
  if (a.interned() && b.interned()) return false;
  if (a.size() != b.size()) return false;
  NoteWork(BulkBytes(a.size()));
  return a.view() == b.view();
}

class Bytes final : public HeapObject {
 public:
  static constexpr Kind kKind = Kind::kBytes;
  explicit Bytes(std::string_view bytes) : HeapObject(kKind), bytes_(bytes) {}
  std::string_view view() const { return bytes_; }

 private:
  std::string_view bytes_;
};

// The one String with this text that lives as long as the process. For names (attributes,
// parameters, keywords), not for data. Any thread.
const String* Intern(std::string_view text);
const String* Intern(const String& text);
// Same, for names that a program computes: they count as memory of the evaluation. Fails if it has
// to end.
absl::StatusOr<const String*> InternMetered(const String& text);

}  // namespace cow::starlark
