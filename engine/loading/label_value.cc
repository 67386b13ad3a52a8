#include "engine/loading/label_value.h"

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/label_builtin.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::Thread;
using starlark::Value;

namespace {

absl::StatusOr<Value> Relative(Thread& thread, const Arguments& args) {
  std::string_view text;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("relName", &text)}));
  COW_ASSIGN_OR_RETURN(Label label, Label::Parse(text, args.Receiver<LabelValue>()->label().package()));
  return thread.heap().New<LabelValue>(std::move(label));
}

absl::StatusOr<Value> SamePackageLabel(Thread& thread, const Arguments& args) {
  std::string_view name;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("target_name", &name)}));
  COW_ASSIGN_OR_RETURN(Label label, Label::Create(args.Receiver<LabelValue>()->label().package(), name));
  return thread.heap().New<LabelValue>(std::move(label));
}

}  // namespace

void LabelValue::Repr(std::string& out) const { absl::StrAppend(&out, "Label(\"", label_.ToString(), "\")"); }

void LabelValue::Str(std::string& out) const { out += label_.ToString(); }

absl::StatusOr<uint64_t> LabelValue::Hash() const { return absl::HashOf(label_); }

absl::StatusOr<bool> LabelValue::Equals(const HostObject& other) const {
  return label_ == static_cast<const LabelValue&>(other).label_;
}

int LabelValue::Compare(const HostObject& other) const {
  auto order = label_ <=> static_cast<const LabelValue&>(other).label_;
  return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

absl::StatusOr<Value> LabelValue::GetAttr(Thread& thread, const starlark::String* name) const {
  std::string_view attribute = name->view();
  auto text = [&](std::string_view value) -> Value { return thread.heap().NewString(value); };
  if (attribute == "name") return text(label_.name());
  if (attribute == "package") return text(label_.package().path());
  if (attribute == "workspace_name" || attribute == "repo_name") return text(label_.repo());
  if (attribute == "workspace_root") {
    return text(label_.repo().empty() ? "" : absl::StrCat("external/", label_.repo()));
  }
  return Value();
}

std::vector<std::string> LabelValue::AttrNames() const {
  return {"name", "package", "repo_name", "workspace_name", "workspace_root"};
}

const starlark::MethodTable* LabelValue::Methods() const {
  static const starlark::MethodTable kMethods(
      {{"relative", &Relative}, {"same_package_label", &SamePackageLabel}});
  return &kMethods;
}

absl::StatusOr<Value> MakeLabel(Thread& thread, const Arguments& args) {
  Value input;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("input", &input)}));
  if (input.As<LabelValue>() != nullptr) return input;
  const auto* text = input.As<starlark::String>();
  if (text == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("in call to Label(), parameter 'input' got value of type '",
                                                   starlark::TypeName(input), "', want 'string or Label'"));
  }
  const FileTable& files = args.Receiver<FileTableValue>()->table();
  std::optional<PackageId> base = files.Find(thread.CallerLocation().file);
  COW_ASSIGN_OR_RETURN(Label label, files.Parse(text->view(), base.value_or(PackageId())));
  return thread.heap().New<LabelValue>(std::move(label));
}

}  // namespace cow::loading
