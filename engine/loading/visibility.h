// Visibility: which packages may depend on a target.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/model/label.h"

namespace cow::loading {

class Target;

// A set of packages as package_group writes it: "//a", "//a/...", "-//a/b", "public", "private".
struct PackageSpec {
  enum class Kind { kAll, kNone, kPackage, kSubpackages };
  Kind kind = Kind::kPackage;
  bool negative = false;
  PackageId package{};

  // `base`: names without repository belong to its repository.
  static absl::StatusOr<PackageSpec> Parse(std::string_view text, const PackageId& base);
  bool Matches(const PackageId& candidate) const;  // without regard to `negative`
  std::string ToString() const;
};

// One of some specs matches and no negative one does.
bool Contains(const std::vector<PackageSpec>& specs, const PackageId& candidate);

struct PackageGroup {
  std::vector<PackageSpec> packages{};
  std::vector<Label> includes{};
};

struct Visibility {
  std::vector<PackageSpec> packages{};  // public = one kAll; private = none
  std::vector<Label> groups{};          // package_groups

  static Visibility Public();
  static Visibility Private() { return {}; }
  // From the labels of a visibility attribute: //visibility:public, //a:__pkg__, //a:__subpackages__, a group.
  // Fails with the text of the message if public or private is mixed with others or the word is unknown.
  static absl::StatusOr<Visibility> FromLabels(const std::vector<Label>& labels);

  std::string ToString() const;
};

// Finds the group of a label; fails if there is no such package_group.
using PackageGroupLookup = std::function<absl::StatusOr<const PackageGroup*>(const Label&)>;

// Whether `from` is among the packages of the visibility. A package always sees its own targets.
absl::StatusOr<bool> IsVisible(const Visibility& visibility, const PackageId& owner, const PackageId& from,
                               const PackageGroupLookup& lookup);

// OK, or kInvalidArgument with a plain message that names both targets and says how to fix it:
// "target '//a:b' is not visible from target '//c:d'; ...".
absl::Status CheckVisible(const Target& dependency, const Label& dependent, const PackageGroupLookup& lookup);
// The same for a target that may stand in symbolic macros: those see as the file that defines them does, and what
// they were given is for their caller to see.
absl::Status CheckVisible(const Target& dependency, const Target& dependent, const PackageGroupLookup& lookup);

}  // namespace cow::loading
