// TargetPattern: a set of labels as typed: `//a:b`, `:b`, `//a/...`, `//a:all`, `//...`, `@repo//...`, `-//x`.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/model/label.h"

namespace cow {

struct TargetPattern {
  enum class Kind {
    kSingle,            // exactly `label`
    kPackage,           // every rule of `package` (":all")
    kPackageAndFiles,   // every rule and file of `package` (":*", ":all-targets")
    kRecursive,         // every rule of `package` and below ("...", "...:all")
  };

  Kind kind = Kind::kSingle;
  bool negative = false;   // "-//x": takes its labels away from what stands before it
  Label label{};           // kSingle
  PackageId package{};     // the others
  std::string text{};      // as typed

  // `base` is the package of the current directory. kInvalidArgument for bad syntax.
  static absl::StatusOr<TargetPattern> Parse(std::string_view text, const PackageId& base);
};

}  // namespace cow
