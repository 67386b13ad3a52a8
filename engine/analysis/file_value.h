// File: an artifact as rules see it.
//
// Equal Files are the same artifact. The artifact's table must outlive the value's heap.
#pragma once

#include <string>
#include <vector>

#include "engine/model/artifact.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

class FileValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"File"};
  FileValue(ArtifactId id, const Artifact& artifact)
      : HostObject(kType), id_(id), artifact_(&artifact) {}

  ArtifactId id() const { return id_; }
  const Artifact& artifact() const { return *artifact_; }
  bool is_directory() const { return artifact_->kind == Artifact::Kind::kTree; }

  void Repr(std::string& out) const override;
  absl::StatusOr<uint64_t> Hash() const override;
  absl::StatusOr<bool> Equals(const HostObject& other) const override;
  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread,
                                          const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override;

 private:
  ArtifactId id_;
  const Artifact* artifact_;
};

// ctx.bin_dir, File.root: a directory by its path below the execution root.
class FileRoot final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"root"};
  explicit FileRoot(std::string path) : HostObject(kType), path_(std::move(path)) {}

  const std::string& path() const { return path_; }

  void Repr(std::string& out) const override;
  absl::StatusOr<uint64_t> Hash() const override;
  absl::StatusOr<bool> Equals(const HostObject& other) const override;
  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread,
                                          const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override { return {"path"}; }

 private:
  std::string path_;
};

}  // namespace cow::analysis
