#include "engine/analysis/runfiles_value.h"

#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
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
  if (other->files().empty()) return args.receiver();
  if (self->files().empty()) return Value(other);
  return Value(thread.heap().New<RunfilesValue>(MergeSets({}, {self->files(), other->files()})));
}

absl::StatusOr<Value> MergeAll(Thread& thread, const Arguments& args) {
  starlark::Iterable others;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("other", &others)}));
  std::vector<ValueDepset> sets{args.Receiver<RunfilesValue>()->files()};
  absl::Status status = starlark::ForEach(others.value, [&](Value value) -> absl::Status {
    auto* other = value.As<RunfilesValue>();
    if (other == nullptr) {
      return UserError("in call to merge_all(), 'other' holds a value of type '",
                       starlark::TypeName(value), "', want 'runfiles'");
    }
    sets.push_back(other->files());
    return absl::OkStatus();
  });
  COW_RETURN_IF_ERROR(status);
  return Value(thread.heap().New<RunfilesValue>(MergeSets({}, std::move(sets))));
}

}  // namespace

absl::StatusOr<Value> RunfilesValue::GetAttr(Thread& thread, const starlark::String* name) const {
  if (name->view() == "files") return NewFileDepset(thread.heap(), files_);
  if (name->view() == "symlinks" || name->view() == "root_symlinks" ||
      name->view() == "empty_filenames") {
    return NewFileDepset(thread.heap(), {});
  }
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
