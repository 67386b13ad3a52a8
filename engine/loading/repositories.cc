#include "engine/loading/repositories.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/edit_distance.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/error_list.h"
#include "engine/loading/repository_context.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Value;

namespace {

// Enough of a digest to name a directory.
constexpr size_t kNameDigits = 16;

std::string ShortHex(const Digest& digest) { return digest.hex().substr(0, kNameDigits); }

// Everything about a declaration that its directory depends on, besides what the rule looks at when it runs.
Digest KeyOf(const RepositoryDeclaration& declaration) {
  RecordHasher hasher("cow/repository/1");
  hasher.Add(declaration.name).Add(declaration.rule->name()).Add(declaration.rule_digest);
  const std::vector<Attribute>& attributes = declaration.rule->definition().attributes;
  for (size_t i = 0; i < attributes.size(); ++i) {
    Value value = declaration.values[i];
    hasher.Add(attributes[i].name).Add(value.IsUnset() ? "" : starlark::Repr(value));
  }
  return hasher.Finish();
}

std::string NoteFor(const RepositoryDeclaration& declaration) {
  return absl::StrCat("while making repository '@", declaration.name, "' declared at ", declaration.location.ToString());
}

// A directory that goes away again unless it is moved elsewhere.
struct ScratchDirectory {
  std::string path{};
  ~ScratchDirectory() {
    if (!path.empty()) (void)RemoveTree(path);
  }
};

}  // namespace

Repositories::Repositories(const WorkspaceOptions& options, SourceTree& tree, const FileTable& files)
    : options_(options), tree_(tree), files_(files) {}

absl::Status Repositories::Declare(RepositoryDeclaration declaration) {
  const std::string& name = declaration.name;
  COW_RETURN_IF_ERROR(PackageId::Create(name, "").status());
  if (name.empty() || name == kBuiltinRepository || name == kProgramsRepository) {
    return absl::InvalidArgumentError(absl::StrCat("repository name '", name, "' is reserved"));
  }
  auto found = declarations_.find(name);
  if (found != declarations_.end() && found->second.builtin == declaration.builtin) {
    return absl::InvalidArgumentError(absl::StrCat("repository '@", name, "' is already declared at ",
                                                   found->second.location.ToString()));
  }
  declarations_.insert_or_assign(name, std::move(declaration));
  return absl::OkStatus();
}

const RepositoryDeclaration* Repositories::Find(std::string_view name) const {
  auto found = declarations_.find(name);
  return found == declarations_.end() ? nullptr : &found->second;
}

std::vector<std::string> Repositories::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, declaration] : declarations_) names.push_back(name);
  return names;
}

absl::StatusOr<std::string> Repositories::FixedRoot(std::string_view name, bool* found) const {
  *found = true;
  if (name.empty()) return options_.root;
  if (name == kBuiltinRepository) return options_.builtin_rules_dir;
  if (name == kProgramsRepository) return options_.programs_dir;
  if (name == files_.main_name()) return options_.root;
  *found = false;
  return "";
}

absl::StatusOr<std::string> Repositories::RootOf(std::string_view name) {
  bool fixed = false;
  absl::StatusOr<std::string> root = FixedRoot(name, &fixed);
  if (fixed) {
    if (root->empty()) return absl::NotFoundError(absl::StrCat("no such repository '@", name, "'"));
    return root;
  }
  {
    absl::MutexLock lock(&mutex_);
    auto known = roots_.find(name);
    if (known != roots_.end()) return known->second;
  }
  const RepositoryDeclaration* declaration = Find(name);
  if (declaration == nullptr) {
    if (std::string provided = ProvidedRoot(name); !provided.empty()) return provided;
    if (auto module = unmapped_.find(name); module != unmapped_.end()) {
      return absl::NotFoundError(absl::StrCat("module dependency '", name, "' (", module->second.file, ":",
                                              module->second.line, ") is not mapped: declare a repository named '", name,
                                              "' in ", kWorkspaceFile));
    }
    std::string closest = ClosestMatch(name, Names());
    return absl::NotFoundError(absl::StrCat("no such repository '@", name, "': it is not declared in ", kWorkspaceFile,
                                            closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")));
  }
  return Materialise(*declaration);
}

std::string Repositories::ProvidedRoot(std::string_view name) {
  if (options_.builtin_rules_dir.empty()) return "";
  std::string root = absl::StrCat(options_.builtin_rules_dir, "/", kProvidedRepositories, "/", name);
  return tree_.KindOf(JoinPath(root, kWorkspaceFile)) == FileKind::kRegular ? root : "";
}

absl::StatusOr<std::string> Repositories::Materialise(const RepositoryDeclaration& declaration) {
  std::lock_guard<std::recursive_mutex> making(making_);
  const std::string& name = declaration.name;
  {
    absl::MutexLock lock(&mutex_);
    auto known = roots_.find(name);
    if (known != roots_.end()) return known->second;
  }
  auto again = std::find(being_made_.begin(), being_made_.end(), name);
  if (again != being_made_.end()) {
    std::vector<std::string> cycle(again, being_made_.end());
    cycle.push_back(name);
    return absl::InvalidArgumentError(absl::StrCat("repositories need each other: @", absl::StrJoin(cycle, " -> @")));
  }
  being_made_.push_back(name);
  absl::StatusOr<std::string> root = declaration.local_path;
  if (declaration.rule != nullptr) {
    root = Make(declaration);
  } else if (absl::StatusOr<FileInfo> info = StatFile(declaration.local_path);
             !info.ok() || info->kind != FileKind::kDirectory) {
    root = absl::NotFoundError(absl::StrCat("no such repository '@", name, "': directory '", declaration.local_path,
                                            "' does not exist (declared at ", declaration.location.ToString(), ")"));
  }
  being_made_.pop_back();
  absl::MutexLock lock(&mutex_);
  roots_.emplace(name, root);
  return root;
}

absl::StatusOr<std::string> Repositories::Make(const RepositoryDeclaration& declaration) {
  const std::string base = JoinPath(options_.cache_dir, "repos");
  const Digest key = KeyOf(declaration);
  const std::string marker = absl::StrCat(base, "/", declaration.name, "-", ShortHex(key), ".inputs");
  auto directory_for = [&](std::string_view inputs) {
    Digest digest = RecordHasher("cow/repository-directory").Add(key).Add(inputs).Finish();
    return absl::StrCat(base, "/", declaration.name, "-", ShortHex(digest));
  };
  const bool local = declaration.rule->definition().local;
  if (absl::StatusOr<std::string> text = ReadFile(marker); text.ok() && !local) {
    absl::StatusOr<std::vector<RepositoryInput>> inputs = ParseInputs(*text);
    std::string directory = directory_for(*text);
    bool usable = inputs.ok() && FileExists(directory);
    if (usable && ((!options_.fetch && !declaration.builtin) || AreCurrent(*inputs, options_.digest_file))) {
      NoteInputs(*inputs);
      return directory;
    }
  }
  if (!options_.fetch && !declaration.builtin) {
    return absl::FailedPreconditionError(absl::StrCat("repository '@", declaration.name, "' declared at ",
                                                      declaration.location.ToString(),
                                                      " was not fetched before, and --nofetch forbids to do it now"));
  }
  COW_RETURN_IF_ERROR(MakeDirectories(base));
  ScratchDirectory scratch;
  COW_ASSIGN_OR_RETURN(scratch.path, MakeTempDirectory(absl::StrCat(base, "/.making-", declaration.name, "-")));
  RepositoryRun run(*this, declaration, scratch.path);
  starlark::Heap heap;
  absl::Status status = run.Call(declaration.rule->definition().implementation, heap).status();
  if (!status.ok()) return WithNote(status, NoteFor(declaration));
  std::string text = FormatInputs(run.inputs());
  std::string directory = directory_for(text);
  if (local) COW_RETURN_IF_ERROR(RemoveTree(directory));
  // Another command may have made the same directory meanwhile; then this one is not needed.
  if (absl::Status renamed = RenameFile(scratch.path, directory); renamed.ok()) {
    scratch.path.clear();
  } else if (!FileExists(directory)) {
    return renamed;
  }
  COW_RETURN_IF_ERROR(WriteFileAtomically(marker, text));
  NoteInputs(run.inputs());
  return directory;
}

absl::StatusOr<std::string> Repositories::ComputeLock(const RepositoryDeclaration& declaration) {
  const std::string base = JoinPath(options_.cache_dir, "repos");
  COW_RETURN_IF_ERROR(MakeDirectories(base));
  ScratchDirectory scratch;
  COW_ASSIGN_OR_RETURN(scratch.path, MakeTempDirectory(absl::StrCat(base, "/.locking-", declaration.name, "-")));
  RepositoryRun run(*this, declaration, scratch.path);
  starlark::Heap heap;
  absl::StatusOr<Value> text = run.Call(declaration.rule->definition().lock, heap);
  if (!text.ok()) {
    return WithNote(text.status(), absl::StrCat("while locking repository '@", declaration.name, "' declared at ",
                                                declaration.location.ToString()));
  }
  const auto* string = text->As<starlark::String>();
  if (string == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("the lock function of '", declaration.rule->name(),
                                                   "' must return a string, not ", starlark::TypeName(*text)));
  }
  return string->str();
}

void Repositories::NoteInputs(const std::vector<RepositoryInput>& inputs) {
  absl::MutexLock lock(&mutex_);
  inputs_.insert(inputs_.end(), inputs.begin(), inputs.end());
}

std::vector<RepositoryInput> Repositories::Inputs() const {
  absl::MutexLock lock(&mutex_);
  return inputs_;
}

absl::StatusOr<std::string> Repositories::DirectoryOf(const PackageId& package) {
  COW_ASSIGN_OR_RETURN(std::string root, RootOf(package.repo()));
  return JoinPath(root, package.path());
}

absl::StatusOr<std::string> Repositories::PathOf(const Label& label) {
  COW_ASSIGN_OR_RETURN(std::string directory, DirectoryOf(label.package()));
  return JoinPath(directory, label.name());
}

std::string Repositories::DisplayName(const std::string& path) const {
  std::string prefix = options_.root + "/";
  return absl::StartsWith(path, prefix) ? path.substr(prefix.size()) : path;
}

}  // namespace cow::loading
