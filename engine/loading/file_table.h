// FileTable: which package a Starlark file belongs to, by the name the file has in messages and call stacks;
// and how labels are read.
//
// Label("...") needs it: it is relative to the file that contains the call, wherever it is evaluated.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/model/label.h"
#include "engine/starlark/host_object.h"

namespace cow::loading {

// The package of the main repository that holds what bind() names. "//external:x" means it in every repository.
inline constexpr char kExternalPackage[] = "external";

// Any thread, except SetMainName, Rename and Bind.
class FileTable {
 public:
  void Add(const std::string& file, const PackageId& package);
  std::optional<PackageId> Find(const std::string& file) const;

  // workspace(name = ...). Only while the workspace file is evaluated.
  void SetMainName(std::string name) { main_name_ = std::move(name); }
  const std::string& main_name() const { return main_name_; }

  // From now on, labels in files of the repository `repo` ("" = the main one) that say `from` mean the repository `to`.
  // Only while the workspace is read.
  void Rename(const std::string& repo, const std::string& from, std::string to) { renames_[{repo, from}] = std::move(to); }

  // From now on, //external:<name> is an alias of `actual`. Only while the workspace is read.
  void Bind(std::string name, Label actual) { bindings_[std::move(name)] = std::move(actual); }
  const std::map<std::string, Label>& bindings() const { return bindings_; }

  // Label::Parse; "@<main name>//x" is "//x", and renames are followed. The built-in repository wins over a
  // workspace of its name.
  absl::StatusOr<Label> Parse(std::string_view text, const PackageId& base) const;
  absl::StatusOr<PackageId> Canonical(const PackageId& package) const;

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, PackageId> packages_ ABSL_GUARDED_BY(mutex_);
  std::string main_name_;
  std::map<std::string, Label> bindings_;
  absl::flat_hash_map<std::pair<std::string, std::string>, std::string> renames_;  // (repo, from) -> to
};

// Carries the table to builtins as their receiver. The table must outlive the heap.
class FileTableValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"file_table"};
  explicit FileTableValue(const FileTable& table) : HostObject(kType), table_(&table) {}
  const FileTable& table() const { return *table_; }

 private:
  const FileTable* table_;
};

}  // namespace cow::loading
