#include "engine/analysis/output_groups_value.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/analysis/runfiles_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/starlark/operations.h"

namespace cow::analysis {

using starlark::Value;

namespace {

absl::StatusOr<std::string_view> NameOf(Value key) {
  if (const auto* name = key.As<starlark::String>()) return name->view();
  return UserError("output group names must be strings, got ", starlark::TypeName(key), " instead");
}

}  // namespace

const DepsetValue* OutputGroupsValue::Find(std::string_view name) const {
  auto it = groups_.find(name);
  return it == groups_.end() ? nullptr : it->second;
}

void OutputGroupsValue::Repr(std::string& out) const {
  absl::StrAppend(&out, "OutputGroupInfo(");
  std::string_view separator;
  for (const auto& [name, files] : groups_) {
    absl::StrAppend(&out, separator, name, " = ", starlark::Repr(Value(files)));
    separator = ", ";
  }
  absl::StrAppend(&out, ")");
}

absl::StatusOr<Value> OutputGroupsValue::GetAttr(starlark::Thread&, const starlark::String* name) const {
  const DepsetValue* files = Find(name->view());
  return files == nullptr ? Value() : Value(files);
}

std::vector<std::string> OutputGroupsValue::AttrNames() const {
  std::vector<std::string> names;
  for (const auto& [name, files] : groups_) names.push_back(name);
  return names;
}

absl::StatusOr<Value> OutputGroupsValue::Index(starlark::Thread&, Value key) const {
  COW_ASSIGN_OR_RETURN(std::string_view name, NameOf(key));
  if (const DepsetValue* files = Find(name)) return Value(files);
  return UserError("output group ", name, " not present");
}

absl::StatusOr<bool> OutputGroupsValue::Contains(Value key) const {
  COW_ASSIGN_OR_RETURN(std::string_view name, NameOf(key));
  return Find(name) != nullptr;
}

void OutputGroupsValue::Elements(std::vector<Value>& out) const {
  for (const auto& [name, files] : groups_) out.push_back(Value(starlark::Intern(name)));
}

absl::StatusOr<Value> MakeOutputGroups(starlark::Thread& thread, const starlark::Arguments& args) {
  std::vector<starlark::NamedValue> given;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::KwRest(&given)}));
  OutputGroupsValue::Groups groups;
  for (const starlark::NamedValue& group : given) {
    auto* files = group.value.As<DepsetValue>();
    if (files == nullptr) {
      COW_ASSIGN_OR_RETURN(std::vector<Value> list, FileList(group.value, group.name->view()));
      files = NewFileDepset(thread.heap(), MergeSets(std::move(list), {})).As<DepsetValue>();
    }
    groups.emplace(group.name->view(), files);
  }
  return Value(thread.heap().New<OutputGroupsValue>(std::move(groups)));
}

Value JoinOutputGroups(const OutputGroupsValue& a, const OutputGroupsValue& b, starlark::Heap& heap) {
  OutputGroupsValue::Groups groups = a.groups();
  for (const auto& [name, files] : b.groups()) {
    auto [place, fresh] = groups.emplace(name, files);
    if (fresh) continue;
    place->second = NewFileDepset(heap, MergeSets({}, {place->second->set(), files->set()})).As<DepsetValue>();
  }
  return heap.New<OutputGroupsValue>(std::move(groups));
}

}  // namespace cow::analysis
