// Label: the name of a target, `@repo//package:name`. PackageId: the `@repo//package` part.
//
// The main workspace has the empty repository name. Both are regular values; Parse is the only door in from text.
// Syntax: Bazel's label syntax (docs/reference); target names may contain slashes, package names may not end in one.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace cow {

class PackageId {
 public:
  PackageId() = default;  // the top package of the main workspace

  static absl::StatusOr<PackageId> Create(std::string_view repo, std::string_view path);

  const std::string& repo() const { return repo_; }
  const std::string& path() const { return path_; }
  // "//a/b" or "@repo//a/b"
  std::string ToString() const;
  // Directory of source files below the execution root: "a/b" or "external/repo/a/b".
  std::string ExecPath() const;

  friend bool operator==(const PackageId&, const PackageId&) = default;
  friend auto operator<=>(const PackageId&, const PackageId&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const PackageId& id) {
    return H::combine(std::move(state), id.repo_, id.path_);
  }

 private:
  std::string repo_;
  std::string path_;
};

class Label {
 public:
  Label() = default;

  static absl::StatusOr<Label> Create(PackageId package, std::string_view name);

  // Absolute ("//a:b", "@r//a:b", "@r" = "@r//:r") or relative to `base` (":b", "b", "b/c.txt").
  // kInvalidArgument with a reason such as "target names may not contain ':'".
  static absl::StatusOr<Label> Parse(std::string_view text, const PackageId& base);

  const PackageId& package() const { return package_; }
  const std::string& repo() const { return package_.repo(); }
  const std::string& name() const { return name_; }
  // "//a:b"; always with the name, never shortened.
  std::string ToString() const;
  // Path of the file of this name below the execution root: "a/b.c" or "external/repo/a/b.c".
  std::string ExecPath() const;

  friend bool operator==(const Label&, const Label&) = default;
  friend auto operator<=>(const Label&, const Label&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const Label& label) {
    return H::combine(std::move(state), label.package_, label.name_);
  }

 private:
  Label(PackageId package, std::string name) : package_(std::move(package)), name_(std::move(name)) {}

  PackageId package_;
  std::string name_;
};

}  // namespace cow
