#include "engine/loading/visibility.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "engine/base/status.h"
#include "engine/loading/target.h"

namespace cow::loading {
namespace {

constexpr char kMixed[] =
    "public or private visibility labels (e.g. //visibility:public or //visibility:private) cannot be used in "
    "combination with other labels";

absl::StatusOr<bool> GroupContains(const Label& group, const PackageId& candidate, const PackageGroupLookup& lookup,
                                   std::set<Label>& seen) {
  if (!seen.insert(group).second) return false;
  COW_ASSIGN_OR_RETURN(const PackageGroup* found, lookup(group));
  if (Contains(found->packages, candidate)) return true;
  for (const Label& include : found->includes) {
    COW_ASSIGN_OR_RETURN(bool contains, GroupContains(include, candidate, lookup, seen));
    if (contains) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<PackageSpec> PackageSpec::Parse(std::string_view text, const PackageId& base) {
  PackageSpec spec;
  absl::string_view rest = text;
  spec.negative = absl::ConsumePrefix(&rest, "-");
  if (rest == "public" || rest == "private") {
    spec.kind = rest == "public" ? Kind::kAll : Kind::kNone;
    return spec;
  }
  std::string repo = base.repo();
  if (absl::ConsumePrefix(&rest, "@")) {
    size_t slashes = rest.find("//");
    repo = std::string(rest.substr(0, slashes));
    rest.remove_prefix(std::min(rest.size(), slashes));
  }
  if (!absl::ConsumePrefix(&rest, "//")) {
    return absl::InvalidArgumentError(absl::StrCat("invalid package name '", text, "': must start with '//' or be ",
                                                   "'public' or 'private'"));
  }
  if (rest == "..." || absl::EndsWith(rest, "/...")) {
    spec.kind = Kind::kSubpackages;
    rest.remove_suffix(3);
    absl::ConsumeSuffix(&rest, "/");
  }
  COW_ASSIGN_OR_RETURN(spec.package, PackageId::Create(repo, rest));
  return spec;
}

bool PackageSpec::Matches(const PackageId& candidate) const {
  switch (kind) {
    case Kind::kAll: return true;
    case Kind::kNone: return false;
    case Kind::kPackage: return candidate == package;
    case Kind::kSubpackages:
      if (candidate.repo() != package.repo()) return false;
      return package.path().empty() || candidate.path() == package.path() ||
             absl::StartsWith(candidate.path(), package.path() + "/");
  }
  return false;
}

std::string PackageSpec::ToString() const {
  std::string sign = negative ? "-" : "";
  switch (kind) {
    case Kind::kAll: return sign + "public";
    case Kind::kNone: return sign + "private";
    case Kind::kPackage: return sign + package.ToString();
    case Kind::kSubpackages: return absl::StrCat(sign, package.ToString(), package.path().empty() ? "..." : "/...");
  }
  return sign;
}

bool Contains(const std::vector<PackageSpec>& specs, const PackageId& candidate) {
  bool contains = false;
  for (const PackageSpec& spec : specs) {
    if (!spec.Matches(candidate)) continue;
    if (spec.negative) return false;
    contains = true;
  }
  return contains;
}

Visibility Visibility::Public() { return {.packages = {{.kind = PackageSpec::Kind::kAll}}}; }

absl::StatusOr<Visibility> Visibility::FromLabels(const std::vector<Label>& labels) {
  Visibility visibility;
  for (const Label& label : labels) {
    const std::string& name = label.name();
    if (label.package().path() == "visibility" && (label.repo().empty() || name == "public" || name == "private")) {
      if (name != "public" && name != "private") {
        return absl::InvalidArgumentError(absl::StrCat("invalid visibility label '", label.ToString(),
                                                       "': only //visibility:public and //visibility:private exist"));
      }
      if (labels.size() > 1) return absl::InvalidArgumentError(kMixed);
      return name == "public" ? Public() : Private();
    }
    if (name == "__pkg__" || name == "__subpackages__") {
      visibility.packages.push_back({.kind = name == "__pkg__" ? PackageSpec::Kind::kPackage
                                                               : PackageSpec::Kind::kSubpackages,
                                     .package = label.package()});
    } else {
      visibility.groups.push_back(label);
    }
  }
  return visibility;
}

std::string Visibility::ToString() const {
  std::vector<std::string> parts;
  for (const PackageSpec& spec : packages) {
    switch (spec.kind) {
      case PackageSpec::Kind::kAll: parts.push_back("//visibility:public"); break;
      case PackageSpec::Kind::kNone: break;
      case PackageSpec::Kind::kPackage: parts.push_back(spec.package.ToString() + ":__pkg__"); break;
      case PackageSpec::Kind::kSubpackages: parts.push_back(spec.package.ToString() + ":__subpackages__"); break;
    }
  }
  for (const Label& group : groups) parts.push_back(group.ToString());
  return parts.empty() ? "//visibility:private" : absl::StrJoin(parts, ", ");
}

absl::StatusOr<bool> IsVisible(const Visibility& visibility, const PackageId& owner, const PackageId& from,
                               const PackageGroupLookup& lookup) {
  if (owner == from || Contains(visibility.packages, from)) return true;
  std::set<Label> seen;
  for (const Label& group : visibility.groups) {
    COW_ASSIGN_OR_RETURN(bool contains, GroupContains(group, from, lookup, seen));
    if (contains) return true;
  }
  return false;
}

namespace {

// The package that sees a target without being named: its own, or that of the macro it stands in.
const PackageId& OwnerOf(const Target& target) {
  return target.macro() == nullptr ? target.label().package() : target.macro()->definition;
}

absl::Status Invisible(const Target& dependency, const Label& dependent, const PackageId& from) {
  std::string what = absl::StrCat("target '", dependency.label().ToString(), "' is not visible from target '",
                                  dependent.ToString(), "'");
  if (dependency.kind() == Target::Kind::kSourceFile) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": the file is not exported; add exports_files([\"",
                                                   dependency.name(), "\"]) to package '",
                                                   dependency.label().package().path(), "'"));
  }
  return absl::InvalidArgumentError(absl::StrCat(what, ": its visibility is [", dependency.visibility().ToString(),
                                                 "]; add \"", from.ToString(),
                                                 ":__pkg__\" there if you mean to use it"));
}

}  // namespace

absl::Status CheckVisible(const Target& dependency, const Label& dependent, const PackageGroupLookup& lookup) {
  COW_ASSIGN_OR_RETURN(bool visible, IsVisible(dependency.visibility(), OwnerOf(dependency), dependent.package(),
                                               lookup));
  return visible ? absl::OkStatus() : Invisible(dependency, dependent, dependent.package());
}

absl::Status CheckVisible(const Target& dependency, const Target& dependent, const PackageGroupLookup& lookup) {
  const MacroInstance* macro = dependent.macro();
  if (macro == nullptr) return CheckVisible(dependency, dependent.label(), lookup);
  for (; macro != nullptr; macro = macro->parent.get()) {
    COW_ASSIGN_OR_RETURN(bool visible, IsVisible(dependency.visibility(), OwnerOf(dependency), macro->definition,
                                                 lookup));
    if (visible) return absl::OkStatus();
    if (!macro->given.contains(dependency.label())) return Invisible(dependency, dependent.label(), macro->definition);
  }
  return CheckVisible(dependency, dependent.label(), lookup);
}

}  // namespace cow::loading
