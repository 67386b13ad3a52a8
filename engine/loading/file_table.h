// FileTable: which package a Starlark file belongs to, by the name the file has in messages and call stacks;
// and how labels are read.
//
// Label("...") needs it: it is relative to the file that contains the call, wherever it is evaluated.
#pragma once

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

// Any thread, except SetMainName and Rename.
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

  // Label::Parse; "@<main name>//x" is "//x", and renames are followed. The built-in repository wins over a
  // workspace of its name.
  absl::StatusOr<Label> Parse(std::string_view text, const PackageId& base) const;
  absl::StatusOr<PackageId> Canonical(const PackageId& package) const;

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, PackageId> packages_ ABSL_GUARDED_BY(mutex_);
  std::string main_name_;
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
