// runfiles: the files a program needs when it runs. FilesToRunProvider: a program with its
// runfiles.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/depset_value.h"
#include "engine/analysis/file_value.h"
#include "engine/starlark/host_object.h"

namespace cow::analysis {

struct ConfiguredTarget;

class RunfilesValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"runfiles"};
  explicit RunfilesValue(ValueDepset files) : HostObject(kType), files_(std::move(files)) {}

  const ValueDepset& files() const { return files_; }

  bool Truth() const override { return true; }
  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread,
                                          const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override;
  const starlark::MethodTable* Methods() const override;

 private:
  ValueDepset files_;
};

class FilesToRunValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"FilesToRunProvider"};
  // `executable` is null for targets that cannot be run. `target` is what they belong to; it lives as long.
  FilesToRunValue(const ConfiguredTarget& target, FileValue* executable, ValueDepset runfiles)
      : HostObject(kType), target_(target), executable_(executable), runfiles_(std::move(runfiles)) {}

  const ConfiguredTarget& target() const { return target_; }

  FileValue* executable() const { return executable_; }
  // With the executable.
  const ValueDepset& runfiles() const { return runfiles_; }

  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread,
                                          const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override;

 private:
  const ConfiguredTarget& target_;
  FileValue* executable_;
  ValueDepset runfiles_;
};

// The elements of a list or tuple, all of them Files, or a plain error naming `parameter`.
absl::StatusOr<std::vector<starlark::Value>> FileList(starlark::Value values,
                                                      std::string_view parameter);

}  // namespace cow::analysis
