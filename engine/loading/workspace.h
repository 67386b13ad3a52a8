// Workspace: a root directory, the repositories beside it, and what WORKSPACE.cow registers.
//
// `@cow` (the built-in rules) and `@cow_bin` (the programs) are always there. rules/workspace.cow is evaluated
// before WORKSPACE.cow. Repositories are made only when a label in them is needed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/base/digest.h"
#include "engine/loading/build_environment.h"
#include "engine/loading/source_tree.h"
#include "engine/model/label.h"
#include "engine/starlark/evaluation_limits.h"
#include "engine/store/downloader.h"

namespace cow::loading {

class Environments;
class FileTable;
class ModuleLoader;
class PrintLog;
class Repositories;

inline constexpr char kBuiltinRepository[] = "cow";
inline constexpr char kProgramsRepository[] = "cow_bin";
// The folder of the built-in rules whose folders are repositories for workspaces that do not declare one of the name.
inline constexpr char kProvidedRepositories[] = "compat";
inline constexpr char kWorkspaceFile[] = "WORKSPACE.cow";

// The digest of a file's bytes (the driver has one that remembers by inode and times).
using FileDigester = std::function<absl::StatusOr<Digest>(const std::string& path)>;

struct WorkspaceOptions {
  std::string root{};               // directory of WORKSPACE.cow, absolute
  std::string cache_dir{};          // repositories are made below `<cache_dir>/repos`
  std::string builtin_rules_dir{};  // becomes @cow
  std::string programs_dir{};       // becomes @cow_bin
  BuildEnvironment environment{};
  FileDigester digest_file{};       // unset: reads and hashes each time
  store::Downloader* downloader = nullptr;  // of repository rules; must outlive the workspace. nullptr: they cannot
  // False: repository rules of the user do not run. What an earlier command made is used, even if it is out of date.
  bool fetch = true;
  // What print() says, complete: "DEBUG: file:line:col: text". Unset: standard error. Both functions may be
  // called by several threads at once.
  std::function<void(std::string_view)> on_print{};
  // What repository rules report while they run. Unset: nothing.
  std::function<void(std::string_view repository, std::string_view text)> on_progress{};
  // Of each file, package, repository rule, and of analysis for each rule, aspect and transition function.
  starlark::EvaluationLimits limits{};
};

// A registration as written: a label or a pattern, with the package its relative form belongs to.
struct Registration {
  std::string pattern{};
  PackageId base{};
  Location location{};
  std::string if_declared{};  // counts only in workspaces with a repository of this name; "": always
};

// Something a repository rule looked at, and how it was. repository_inputs.h tells what the states mean.
struct RepositoryInput {
  enum class Kind { kFile, kVariable, kProgram, kDownload };  // watched or read file; environ; which(); pinned
  Kind kind = Kind::kFile;
  std::string name{};
  std::string state{};

  friend bool operator==(const RepositoryInput&, const RepositoryInput&) = default;
};

struct LockedRepository {
  std::string name{};
  Label lock_file{};
  std::string path{};    // absolute
  bool changed = false;  // the text differs from what the file held
};

// The directory at or above `from` that holds WORKSPACE.cow; kNotFound says what was looked for.
absl::StatusOr<std::string> FindWorkspaceRoot(const std::string& from);

// Immutable after Load, except for repositories that come into being. Any thread.
class Workspace {
 public:
  static absl::StatusOr<std::unique_ptr<Workspace>> Load(WorkspaceOptions options);
  ~Workspace();

  const WorkspaceOptions& options() const;
  const std::string& root() const { return options().root; }
  // workspace(name = ...), or "". Labels @name//... mean the main workspace.
  const std::string& name() const;
  // What it is called in trees of runfiles and in ctx.workspace_name: "_main" without a name.
  std::string runfiles_name() const { return name().empty() ? "_main" : name(); }

  // The user's first, then the built-in ones; each in order of registration.
  const std::vector<Registration>& toolchains() const;
  const std::vector<Registration>& execution_platforms() const;

  // Like Label::Parse; labels of the workspace's own name become those of the main repository.
  absl::StatusOr<Label> ParseLabel(std::string_view text, const PackageId& base) const;

  // Absolute directory of a package's or repository's files; makes the repository if needed.
  // kNotFound: "no such repository '@x' (did you mean 'y'?)".
  absl::StatusOr<std::string> RepositoryRoot(std::string_view repo);
  absl::StatusOr<std::string> DirectoryOf(const PackageId& package);

  // Runs the `lock` function of each repository that has one (all, or those named) and writes its text to the
  // file of its `lock_file` attribute if `write`. In order of `names`, or by name. A repository whose `lock_file` is
  // not set is left out.
  absl::StatusOr<std::vector<LockedRepository>> LockRepositories(const std::vector<std::string>& names, bool write);

  // Makes every repository the workspace declares, also those that no label has asked for. The error of the first that
  // cannot be made.
  absl::Status MakeRepositories();

  // Every file and directory loading looked at so far.
  std::vector<FileRead> FilesRead() const;
  // What the repositories in use depend on besides. Check later with AreCurrent (repository_inputs.h).
  std::vector<RepositoryInput> RepositoryInputs() const;

  SourceTree& source_tree();
  Repositories& repositories();
  ModuleLoader& modules();
  Environments& environments();
  FileTable& files();
  PrintLog& prints();

 private:
  struct Parts;
  explicit Workspace(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace cow::loading
