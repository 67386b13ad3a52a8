#include "engine/model/target_pattern.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow {
namespace {

// Splits "@repo//path" or "path" (relative to base) into a package.
absl::StatusOr<PackageId> ParsePackage(absl::string_view text, const PackageId& base) {
  std::string repo = base.repo();
  if (absl::ConsumePrefix(&text, "@")) {
    size_t slashes = text.find("//");
    if (slashes == absl::string_view::npos) {
      return absl::InvalidArgumentError("a repository is followed by '//'");
    }
    repo = std::string(text.substr(0, slashes));
    text.remove_prefix(slashes);
  }
  if (absl::ConsumePrefix(&text, "//")) return PackageId::Create(repo, text);
  return PackageId::Create(base.repo(), JoinPath(base.path(), text));
}

}  // namespace

absl::StatusOr<TargetPattern> TargetPattern::Parse(std::string_view text, const PackageId& base) {
  TargetPattern pattern;
  pattern.text = std::string(text);
  absl::string_view rest = text;
  pattern.negative = absl::ConsumePrefix(&rest, "-");
  absl::string_view package_text = rest;
  size_t colon = rest.find(':');
  absl::string_view name = colon == absl::string_view::npos ? "" : rest.substr(colon + 1);
  if (colon != absl::string_view::npos) package_text = rest.substr(0, colon);

  bool recursive = package_text == "..." || absl::EndsWith(package_text, "/...");
  if (recursive) {
    package_text.remove_suffix(3);
    if (!absl::EndsWith(package_text, "//")) absl::ConsumeSuffix(&package_text, "/");
    if (!name.empty() && name != "all" && name != "*" && name != "all-targets") {
      return absl::InvalidArgumentError(absl::StrCat("invalid target pattern '", text, "': after '...' only ':all' may follow"));
    }
    pattern.kind = Kind::kRecursive;
  } else if (name == "all") {
    pattern.kind = Kind::kPackage;
  } else if (name == "*" || name == "all-targets") {
    pattern.kind = Kind::kPackageAndFiles;
  } else {
    COW_ASSIGN_OR_RETURN(pattern.label, Label::Parse(rest, base));
    return pattern;
  }
  absl::StatusOr<PackageId> package = ParsePackage(package_text, base);
  if (!package.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid target pattern '", text, "': ", package.status().message()));
  }
  pattern.package = *std::move(package);
  return pattern;
}

}  // namespace cow
