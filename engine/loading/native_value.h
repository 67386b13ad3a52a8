// `native` in .cow files: the functions and rules of BUILD files, those of the prelude included.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/loading/environments.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/struct_value.h"

namespace cow::loading {

class NativeValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"native"};
  // An empty `prelude` means none.
  NativeValue(std::vector<starlark::NamedValue> names, PreludeSource prelude)
      : HostObject(kType), names_(std::move(names)), prelude_(std::move(prelude)) {}

  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread, const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override;

 private:
  std::vector<starlark::NamedValue> names_;
  PreludeSource prelude_;
};

}  // namespace cow::loading
