// MacroInstance: one call of a symbolic macro: where its targets stand when visibility is asked for.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "engine/model/label.h"

namespace cow::loading {

// Immutable once the macro's function runs; kept by the targets it declared.
struct MacroInstance {
  std::string name{};                             // of the call
  std::string macro{};                            // the macro's own name
  PackageId definition{};                         // of the file that defines the macro: its targets see as if there
  std::set<Label> given{};                        // labels the caller passed: he must see them, not the macro
  bool finalizer = false;
  std::shared_ptr<const MacroInstance> parent{};  // the macro that called this one

  // Whether a target of the macro may have this name: the macro's own, or with "_", "-" or "." and more behind it.
  bool OwnsName(std::string_view target) const {
    if (!target.starts_with(name)) return false;
    if (target.size() == name.size()) return true;
    char next = target[name.size()];
    return next == '_' || next == '-' || next == '.';
  }
};

}  // namespace cow::loading
