#include "engine/execution/scratch_outputs.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/execution/sandbox_request.h"

namespace cow::execution {

absl::StatusOr<ScratchOutputs> ScratchOutputs::Create(const std::string& root,
                                                      const std::vector<DeclaredOutput>& outputs) {
  std::vector<std::string> files;
  std::vector<std::string> directories;
  for (const DeclaredOutput& output : outputs) {
    (output.kind == ActionOutput::Kind::kTree ? directories : files).push_back(output.path);
  }
  COW_ASSIGN_OR_RETURN(std::string directory, MakeTempDirectory(absl::StrCat(root, "/action-")));
  ScratchOutputs scratch(std::move(directory));
  for (std::string& path : WritablePathsFor(files, directories)) {
    std::string host_path = absl::StrCat(scratch.directory_, "/", scratch.writable_.size());
    COW_RETURN_IF_ERROR(MakeDirectories(host_path));
    scratch.writable_.push_back({.path = std::move(path), .host_path = std::move(host_path)});
  }
  return scratch;
}

ScratchOutputs::ScratchOutputs(ScratchOutputs&& other) noexcept
    : directory_(std::exchange(other.directory_, "")), writable_(std::move(other.writable_)) {}

ScratchOutputs::~ScratchOutputs() {
  // What cannot be removed now goes with the session's directory.
  if (!directory_.empty()) RemoveTree(directory_).IgnoreError();
}

}  // namespace cow::execution
