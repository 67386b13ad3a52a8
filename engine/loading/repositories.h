// Repositories: names to directories. Those of rules are made when first asked for, below `<cache>/repos`.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/loading/file_table.h"
#include "engine/loading/repository_inputs.h"
#include "engine/loading/repository_rule.h"
#include "engine/loading/source_tree.h"
#include "engine/loading/workspace.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

// Declare and NoteUnmapped are called by one thread while the workspace is read; everything else by any thread afterwards (and
// also meanwhile for the main and the built-in repositories).
class Repositories {
 public:
  // All must outlive this.
  Repositories(const WorkspaceOptions& options, SourceTree& tree, const FileTable& files);

  // Fails with a plain message if the name is taken or not allowed.
  absl::Status Declare(RepositoryDeclaration declaration);
  // Whether labels may name it: it is declared or provided.
  bool Knows(std::string_view name) { return Find(name) != nullptr || !ProvidedRoot(name).empty(); }
  // Remembers a dependency of MODULE.bazel that no repository stands for, to say so when it is asked for.
  void NoteUnmapped(const std::string& module, Location location) { unmapped_[module] = std::move(location); }
  const RepositoryDeclaration* Find(std::string_view name) const;
  // Declared ones, sorted.
  std::vector<std::string> Names() const;

  // The absolute directory; runs the repository rule if there is no directory that is still good.
  absl::StatusOr<std::string> RootOf(std::string_view name);
  absl::StatusOr<std::string> DirectoryOf(const PackageId& package);
  // The absolute path of the file a label names.
  absl::StatusOr<std::string> PathOf(const Label& label);

  // How messages call a file: relative to the workspace if it lies there, else absolute.
  std::string DisplayName(const std::string& path) const;

  // What the text of the lock file should be. The declaration's rule must have a lock function.
  absl::StatusOr<std::string> ComputeLock(const RepositoryDeclaration& declaration);

  // What the repositories that were made or checked so far depend on.
  std::vector<RepositoryInput> Inputs() const;

  const WorkspaceOptions& options() const { return options_; }
  const FileTable& files() const { return files_; }
  SourceTree& tree() { return tree_; }

 private:
  // Of a repository that comes with the built-in rules, for workspaces that do not declare one of the name; or "".
  std::string ProvidedRoot(std::string_view name);
  absl::StatusOr<std::string> FixedRoot(std::string_view name, bool* found) const;
  absl::StatusOr<std::string> Materialise(const RepositoryDeclaration& declaration);
  absl::StatusOr<std::string> Make(const RepositoryDeclaration& declaration);
  void NoteInputs(const std::vector<RepositoryInput>& inputs);

  const WorkspaceOptions& options_;
  SourceTree& tree_;
  const FileTable& files_;
  std::map<std::string, RepositoryDeclaration, std::less<>> declarations_;
  std::map<std::string, Location, std::less<>> unmapped_;

  // Held while a repository is made; a rule that needs another repository enters again.
  std::recursive_mutex making_;
  std::vector<std::string> being_made_;  // guarded by making_

  mutable absl::Mutex mutex_;
  std::map<std::string, absl::StatusOr<std::string>, std::less<>> roots_ ABSL_GUARDED_BY(mutex_);
  std::vector<RepositoryInput> inputs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::loading
