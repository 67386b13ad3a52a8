#include "engine/loading/native_value.h"

#include "engine/base/status.h"

namespace cow::loading {

using starlark::Value;

absl::StatusOr<Value> NativeValue::GetAttr(starlark::Thread&, const starlark::String* name) const {
  for (const starlark::NamedValue& entry : names_) {
    if (entry.name == name) return entry.value;
  }
  if (!prelude_ || name->view().substr(0, 1) == "_") return Value();
  COW_ASSIGN_OR_RETURN(std::shared_ptr<const starlark::FrozenModule> prelude, prelude_());
  return prelude == nullptr ? Value() : prelude->Find(name->view());
}

std::vector<std::string> NativeValue::AttrNames() const {
  std::vector<std::string> names;
  for (const starlark::NamedValue& entry : names_) names.push_back(entry.name->str());
  if (!prelude_) return names;
  absl::StatusOr<std::shared_ptr<const starlark::FrozenModule>> prelude = prelude_();
  if (!prelude.ok() || *prelude == nullptr) return names;
  for (const starlark::Global& global : (*prelude)->globals()) {
    if (global.name.substr(0, 1) != "_") names.emplace_back(global.name);
  }
  return names;
}

}  // namespace cow::loading
