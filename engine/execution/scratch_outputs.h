// ScratchOutputs: the empty directories into which one action writes. Removed with everything in them at the end.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/execution/output_scan.h"
#include "engine/execution/spawn_runner.h"

namespace cow::execution {

class ScratchOutputs {
 public:
  // `root` is an existing private directory.
  static absl::StatusOr<ScratchOutputs> Create(const std::string& root, const std::vector<DeclaredOutput>& outputs);
  ~ScratchOutputs();
  ScratchOutputs(ScratchOutputs&& other) noexcept;
  ScratchOutputs& operator=(ScratchOutputs&&) = delete;

  const std::vector<SpawnWritable>& writable() const { return writable_; }

 private:
  explicit ScratchOutputs(std::string directory) : directory_(std::move(directory)) {}

  std::string directory_;  // "" when moved from
  std::vector<SpawnWritable> writable_;
};

}  // namespace cow::execution
