// runfiles: the files a program needs when it runs. SymlinkEntry: one of them under another name. FilesToRunProvider: a
// program with its runfiles.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/depset_value.h"
#include "engine/analysis/file_value.h"
#include "engine/starlark/host_object.h"

namespace cow::analysis {

struct ConfiguredTarget;

struct Runfiles {
  ValueDepset files{};          // of Files, under their own names
  ValueDepset symlinks{};       // of SymlinkEntries, below the directory of the main repository
  ValueDepset root_symlinks{};  // of SymlinkEntries, below the tree

  bool empty() const { return files.empty() && symlinks.empty() && root_symlinks.empty(); }
};
// All of them together. What stands for nothing adds nothing.
Runfiles MergeRunfiles(const std::vector<Runfiles>& all);

class SymlinkEntry final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"SymlinkEntry"};
  // `path` is normalized, but may begin with "../".
  SymlinkEntry(std::string path, FileValue* target) : HostObject(kType), path_(std::move(path)), target_(target) {}

  const std::string& path() const { return path_; }
  FileValue* target() const { return target_; }

  void Repr(std::string& out) const override;
  absl::StatusOr<uint64_t> Hash() const override;
  absl::StatusOr<bool> Equals(const HostObject& other) const override;
  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread,
                                          const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override { return {"path", "target_file"}; }

 private:
  std::string path_;
  FileValue* target_;
};

// What was given as `parameter` of ctx.runfiles: a dict from paths to Files or a depset of SymlinkEntries. `is_root`:
// paths are below the tree.
absl::StatusOr<ValueDepset> ReadSymlinks(starlark::Heap& heap, starlark::Value symlinks, std::string_view parameter,
                                         bool is_root);

class RunfilesValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"runfiles"};
  explicit RunfilesValue(Runfiles runfiles) : HostObject(kType), runfiles_(std::move(runfiles)) {}

  const Runfiles& runfiles() const { return runfiles_; }

  bool Truth() const override { return true; }
  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread,
                                          const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override;
  const starlark::MethodTable* Methods() const override;

 private:
  Runfiles runfiles_;
};

class FilesToRunValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"FilesToRunProvider"};
  // `executable` is null for targets that cannot be run. `target` is what they belong to; it lives as long.
  FilesToRunValue(const ConfiguredTarget& target, FileValue* executable, Runfiles runfiles)
      : HostObject(kType), target_(target), executable_(executable), runfiles_(std::move(runfiles)) {}

  const ConfiguredTarget& target() const { return target_; }

  FileValue* executable() const { return executable_; }
  // With the executable.
  const Runfiles& runfiles() const { return runfiles_; }

  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread,
                                          const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override;

 private:
  const ConfiguredTarget& target_;
  FileValue* executable_;
  Runfiles runfiles_;
};

// The elements of a list or tuple, all of them Files, or a plain error naming `parameter`.
absl::StatusOr<std::vector<starlark::Value>> FileList(starlark::Value values,
                                                      std::string_view parameter);

}  // namespace cow::analysis
