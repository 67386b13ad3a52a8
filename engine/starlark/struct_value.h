// Struct: an immutable record. struct(...) makes plain ones; a host makes provider instances of
// them by giving a constructor.
#pragma once

#include <span>
#include <string_view>

#include "engine/starlark/string_value.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

// A name with a value: a struct's field, a keyword argument.
struct NamedValue {
  const String* name;  // interned
  Value value;
};

class Struct final : public HeapObject {
 public:
  static constexpr Kind kKind = Kind::kStruct;
  // For Heap; the fields follow the object.
  Struct(Value constructor, size_t size) : HeapObject(kKind), constructor_(constructor) {
    word_ = static_cast<uint32_t>(size);
  }

  // None for struct(); else the HostObject that made it (HostObject::InstanceName names it in
  // repr). Structs with different constructors are never equal.
  Value constructor() const { return constructor_; }

  // Sorted by name.
  std::span<const NamedValue> fields() const {
    return {reinterpret_cast<const NamedValue*>(this + 1), word_};
  }
  // Unset if there is no such field.
  Value Find(const String* interned_name) const {
    if (word_ > kSearchedOneByOne) return Find(interned_name->view());
    for (const NamedValue& field : fields()) {
      if (field.name == interned_name) return field.value;
    }
    return Value();
  }
  Value Find(std::string_view name) const;

 private:
  friend class Heap;
  static constexpr uint32_t kSearchedOneByOne = 16;
  Value constructor_;
};

}  // namespace cow::starlark
