#include "engine/analysis/runfiles_value.h"

#include "absl/strings/str_cat.h"
#include "engine/analysis/user_error.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/model/runfiles_tree.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"

namespace cow::analysis {

using starlark::Arguments;
using starlark::Thread;
using starlark::Value;

namespace {

absl::StatusOr<Value> Merge(Thread& thread, const Arguments& args) {
  RunfilesValue* other = nullptr;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("other", &other)}));
  auto* self = args.Receiver<RunfilesValue>();
  if (other->runfiles().empty()) return args.receiver();
  if (self->runfiles().empty()) return Value(other);
  return Value(thread.heap().New<RunfilesValue>(MergeRunfiles({self->runfiles(), other->runfiles()})));
}

absl::StatusOr<Value> MergeAll(Thread& thread, const Arguments& args) {
  starlark::Iterable others;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("other", &others)}));
  std::vector<Runfiles> all{args.Receiver<RunfilesValue>()->runfiles()};
  absl::Status status = starlark::ForEach(others.value, [&](Value value) -> absl::Status {
    auto* other = value.As<RunfilesValue>();
    if (other == nullptr) {
      return UserError("in call to merge_all(), 'other' holds a value of type '",
                       starlark::TypeName(value), "', want 'runfiles'");
    }
    all.push_back(other->runfiles());
    return absl::OkStatus();
  });
  COW_RETURN_IF_ERROR(status);
  return Value(thread.heap().New<RunfilesValue>(MergeRunfiles(all)));
}

// "a/b"; below the main repository also "../repo/a/b", a place of another one.
absl::Status CheckSymlinkPath(std::string_view path, std::string_view parameter, bool is_root) {
  std::string_view rest = path;
  if (!is_root && rest.starts_with("../")) rest.remove_prefix(3);
  if (!rest.empty() && RelPath::Parse(rest).ok() && (!is_root || rest != kRunfilesManifest)) return absl::OkStatus();
  return UserError("in '", parameter, "', '", path, "' is no path below the ",
                   is_root ? "runfiles" : "workspace's directory in the runfiles");
}

Value NewSymlinkDepset(starlark::Heap& heap, ValueDepset set) {
  const starlark::String* type = set.empty() ? nullptr : starlark::Intern(SymlinkEntry::kType.name);
  return heap.New<DepsetValue>(std::move(set), type);
}

}  // namespace

Runfiles MergeRunfiles(const std::vector<Runfiles>& all) {
  std::vector<ValueDepset> files;
  std::vector<ValueDepset> symlinks;
  std::vector<ValueDepset> root_symlinks;
  for (const Runfiles& one : all) {
    files.push_back(one.files);
    symlinks.push_back(one.symlinks);
    root_symlinks.push_back(one.root_symlinks);
  }
  return {MergeSets({}, std::move(files)), MergeSets({}, std::move(symlinks)), MergeSets({}, std::move(root_symlinks))};
}

void SymlinkEntry::Repr(std::string& out) const {
  absl::StrAppend(&out, "SymlinkEntry(path = ");
  out += starlark::Repr(Value(starlark::Intern(path_)));
  absl::StrAppend(&out, ", target_file = ");
  target_->Repr(out);
  out += ")";
}

absl::StatusOr<uint64_t> SymlinkEntry::Hash() const { return starlark::HashBytes(path_); }

absl::StatusOr<bool> SymlinkEntry::Equals(const HostObject& other) const {
  const auto& entry = static_cast<const SymlinkEntry&>(other);
  return path_ == entry.path_ && target_->id() == entry.target_->id();
}

absl::StatusOr<Value> SymlinkEntry::GetAttr(Thread& thread, const starlark::String* name) const {
  if (name->view() == "path") return Value(thread.heap().NewString(path_));
  if (name->view() == "target_file") return Value(target_);
  return Value();
}

absl::StatusOr<ValueDepset> ReadSymlinks(starlark::Heap& heap, Value symlinks, std::string_view parameter,
                                         bool is_root) {
  if (symlinks.IsUnset() || symlinks.IsNone()) return ValueDepset();
  std::vector<Value> entries;
  if (const auto* dict = symlinks.As<starlark::Dict>()) {
    for (const auto& entry : *dict) {
      auto* file = entry.value.As<FileValue>();
      const auto* path = entry.key.As<starlark::String>();
      if (path == nullptr || file == nullptr) {
        return UserError("for '", parameter, "', expected a dict from strings to Files, got ",
                         starlark::Repr(entry.key), ": ", starlark::Repr(entry.value));
      }
      std::string_view text = path->view();
      COW_RETURN_IF_ERROR(CheckSymlinkPath(text, parameter, is_root));
      entries.push_back(heap.New<SymlinkEntry>(std::string(text), file));
    }
    return MergeSets(std::move(entries), {});
  }
  const auto* set = symlinks.As<DepsetValue>();
  if (set == nullptr || (set->element_type() != nullptr && set->element_type()->view() != SymlinkEntry::kType.name)) {
    const std::string got = set == nullptr ? std::string(starlark::TypeName(symlinks))
                                           : absl::StrCat("depset of ", set->element_type()->view());
    return UserError("for '", parameter, "', expected a dict or a depset of SymlinkEntry, got '", got, "'");
  }
  return set->set();
}

absl::StatusOr<Value> RunfilesValue::GetAttr(Thread& thread, const starlark::String* name) const {
  starlark::Heap& heap = thread.heap();
  if (name->view() == "files") return NewFileDepset(heap, runfiles_.files);
  if (name->view() == "symlinks") return NewSymlinkDepset(heap, runfiles_.symlinks);
  if (name->view() == "root_symlinks") return NewSymlinkDepset(heap, runfiles_.root_symlinks);
  if (name->view() == "empty_filenames") return Value(heap.New<DepsetValue>(ValueDepset(), nullptr));
  return Value();
}

std::vector<std::string> RunfilesValue::AttrNames() const {
  return {"empty_filenames", "files", "root_symlinks", "symlinks"};
}

const starlark::MethodTable* RunfilesValue::Methods() const {
  static const starlark::MethodTable kMethods({{"merge", &Merge}, {"merge_all", &MergeAll}});
  return &kMethods;
}

absl::StatusOr<Value> FilesToRunValue::GetAttr(Thread&, const starlark::String* name) const {
  if (name->view() == "executable")
    return executable_ == nullptr ? Value::None() : Value(executable_);
  if (name->view() == "runfiles_manifest" || name->view() == "repo_mapping_manifest")
    return Value::None();
  return Value();
}

std::vector<std::string> FilesToRunValue::AttrNames() const {
  return {"executable", "repo_mapping_manifest", "runfiles_manifest"};
}

absl::StatusOr<std::vector<Value>> FileList(Value values, std::string_view parameter) {
  COW_ASSIGN_OR_RETURN(std::vector<Value> files, starlark::Elements(values));
  for (size_t i = 0; i < files.size(); ++i) {
    if (files[i].As<FileValue>() != nullptr) continue;
    return UserError("at index ", i, " of ", parameter, ", got element of type '",
                     starlark::TypeName(files[i]), "', want 'File'");
  }
  return files;
}

}  // namespace cow::analysis
