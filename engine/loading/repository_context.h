// RepositoryRun: one run of a repository rule's function; repository_ctx: what the function sees of it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/loading/repositories.h"
#include "engine/loading/repository_inputs.h"
#include "engine/loading/repository_rule.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/host_object.h"

namespace cow::loading {

// One thread.
class RepositoryRun {
 public:
  // `directory`: where relative paths belong and programs run; it exists.
  RepositoryRun(Repositories& repositories, const RepositoryDeclaration& declaration, std::string directory);

  // Calls `function` with a repository_ctx whose values live in `heap`. Failure: a traceback.
  absl::StatusOr<starlark::Value> Call(starlark::Value function, starlark::Heap& heap);

  Repositories& repositories() { return repositories_; }
  const RepositoryDeclaration& declaration() const { return declaration_; }
  const std::string& directory() const { return directory_; }
  const std::vector<RepositoryInput>& inputs() const { return inputs_; }

  // The absolute path of a string, path or Label; the file of a Label is watched.
  absl::StatusOr<std::string> Resolve(starlark::Value value);
  // The same for something that will be written, which must lie in the directory.
  absl::StatusOr<std::string> ResolveOutput(starlark::Value value);
  bool IsOwn(std::string_view path) const;
  // Watches a file that the rule did not make itself: only such say something about the world.
  absl::Status WatchUnlessOwn(const std::string& path);
  // Writes down the present state.
  absl::Status Watch(RepositoryInput::Kind kind, const std::string& name);
  void Note(RepositoryInput input);

 private:
  Repositories& repositories_;
  const RepositoryDeclaration& declaration_;
  std::string directory_;
  std::vector<RepositoryInput> inputs_;
};

// repository_ctx.path(...).
class PathValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"path"};
  explicit PathValue(std::string path) : HostObject(kType), path_(std::move(path)) {}
  const std::string& path() const { return path_; }

  void Repr(std::string& out) const override { out += path_; }
  absl::StatusOr<uint64_t> Hash() const override;
  absl::StatusOr<bool> Equals(const HostObject& other) const override;
  // basename, dirname, exists, is_dir, realpath; methods get_child(), readdir().
  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread, const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override { return {"basename", "dirname", "exists", "is_dir", "realpath"}; }
  const starlark::MethodTable* Methods() const override;

 private:
  std::string path_;
};

// `repository_ctx`. Lives only during the run.
class RepositoryContext final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"repository_ctx"};
  explicit RepositoryContext(RepositoryRun& run) : HostObject(kType), run_(&run) {}
  RepositoryRun& run() const { return *run_; }

  absl::StatusOr<starlark::Value> GetAttr(starlark::Thread& thread, const starlark::String* name) const override;
  std::vector<std::string> AttrNames() const override { return {"attr", "name", "os", "workspace_root"}; }
  const starlark::MethodTable* Methods() const override;

 private:
  RepositoryRun* run_;
};

}  // namespace cow::loading
