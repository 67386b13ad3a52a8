#include "engine/analysis/file_value.h"

#include "absl/strings/str_cat.h"
#include "engine/base/rel_path.h"
#include "engine/loading/label_value.h"
#include "engine/starlark/string_value.h"

namespace cow::analysis {

using starlark::Thread;
using starlark::Value;

namespace {

std::string_view Extension(std::string_view path) {
  std::string_view base = PathBasename(path);
  size_t dot = base.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : base.substr(dot + 1);
}

}  // namespace

void FileValue::Repr(std::string& out) const {
  absl::StrAppend(&out, artifact_->is_source() ? "<source file " : "<generated file ",
                  artifact_->short_path(), ">");
}

absl::StatusOr<uint64_t> FileValue::Hash() const {
  return uint64_t{id_.value()} * 0x9e3779b97f4a7c15u;
}

absl::StatusOr<bool> FileValue::Equals(const HostObject& other) const {
  return id_ == static_cast<const FileValue&>(other).id_;
}

absl::StatusOr<Value> FileValue::GetAttr(Thread& thread, const starlark::String* name) const {
  std::string_view attr = name->view();
  const std::string& path = artifact_->exec_path;
  if (attr == "path") return Value(thread.heap().NewString(path));
  if (attr == "short_path") return Value(thread.heap().NewString(artifact_->runfiles_path()));
  if (attr == "basename") return Value(thread.heap().NewString(PathBasename(path)));
  if (attr == "dirname") return Value(thread.heap().NewString(PathDirname(path)));
  if (attr == "extension") return Value(thread.heap().NewString(Extension(path)));
  if (attr == "root") return Value(thread.heap().New<FileRoot>(artifact_->root));
  if (attr == "owner") return Value(thread.heap().New<loading::LabelValue>(artifact_->owner));
  if (attr == "is_source") return Value::Bool(artifact_->is_source());
  if (attr == "is_directory") return Value::Bool(is_directory());
  if (attr == "is_symlink") return Value::Bool(artifact_->kind == Artifact::Kind::kSymlink);
  return Value();
}

std::vector<std::string> FileValue::AttrNames() const {
  return {"basename",   "dirname", "extension", "is_directory", "is_source",
          "is_symlink", "owner",   "path",      "root",         "short_path"};
}

void FileRoot::Repr(std::string& out) const { out += path_; }

absl::StatusOr<uint64_t> FileRoot::Hash() const { return starlark::HashBytes(path_); }

absl::StatusOr<bool> FileRoot::Equals(const HostObject& other) const {
  return path_ == static_cast<const FileRoot&>(other).path_;
}

absl::StatusOr<Value> FileRoot::GetAttr(Thread& thread, const starlark::String* name) const {
  if (name->view() == "path") return Value(thread.heap().NewString(path_));
  return Value();
}

}  // namespace cow::analysis
