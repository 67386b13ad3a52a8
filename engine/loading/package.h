// Package: the immutable result of evaluating one BUILD file.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/loading/target.h"
#include "engine/loading/visibility.h"
#include "engine/model/label.h"
#include "engine/starlark/heap.h"

namespace cow::loading {

// Shared between threads; keeps the heaps of its values alive, also those of the modules it loaded.
class Package {
 public:
  using Targets = std::map<std::string, Target, std::less<>>;  // by name: sorted

  const PackageId& id() const { return id_; }
  // Label of the BUILD file: "//a:BUILD.cow".
  const Label& build_file() const { return build_file_; }
  // As messages show it: "a/BUILD.cow".
  const std::string& build_file_name() const { return build_file_name_; }
  // Absolute directory of its files.
  const std::string& directory() const { return directory_; }

  const Targets& targets() const { return targets_; }
  const Target* Find(std::string_view name) const;  // nullptr if absent
  // kNotFound: "no such target '//a:b': target 'b' not declared in package 'a' defined by a/BUILD.cow
  // (did you mean 'bb'?)". A plain message: the caller knows who asked.
  absl::StatusOr<const Target*> Get(std::string_view name) const;

  const Visibility& default_visibility() const { return default_visibility_; }
  // package(features = [...]).
  const std::vector<std::string>& features() const { return features_; }
  // .cow files its BUILD file loads, directly and indirectly, sorted.
  const std::vector<Label>& loads() const { return loads_; }
  const std::shared_ptr<const starlark::FrozenHeap>& heap() const { return heap_; }

 private:
  friend class PackageBuilder;

  PackageId id_;
  Label build_file_;
  std::string build_file_name_;
  std::string directory_;
  Targets targets_;
  Visibility default_visibility_;
  std::vector<std::string> features_;
  std::vector<Label> loads_;
  std::vector<std::string> files_beside_;  // for "a source file of this name exists"
  std::shared_ptr<const starlark::FrozenHeap> heap_;
};

using PackagePtr = std::shared_ptr<const Package>;

}  // namespace cow::loading
