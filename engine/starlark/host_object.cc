#include "engine/starlark/host_object.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/struct_value.h"

namespace cow::starlark {

std::string_view OperatorText(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd: return "+";
    case BinaryOp::kSub: return "-";
    case BinaryOp::kMul: return "*";
    case BinaryOp::kDiv: return "/";
    case BinaryOp::kFloorDiv: return "//";
    case BinaryOp::kMod: return "%";
    case BinaryOp::kOr: return "|";
    case BinaryOp::kXor: return "^";
    case BinaryOp::kAnd: return "&";
    case BinaryOp::kShiftLeft: return "<<";
    case BinaryOp::kShiftRight: return ">>";
  }
  return "";
}

MethodTable::MethodTable(
    std::initializer_list<std::pair<std::string_view, BuiltinFunction>> methods) {
  for (const auto& [name, function] : methods) methods_.push_back({Intern(name), function});
}

bool HostObject::frozen() const { return owner_ != nullptr && owner_->frozen(); }

absl::Status HostObject::CheckMutable() const {
  if (!frozen()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("trying to mutate a frozen ", TypeName(), " value"));
}

void HostObject::Repr(std::string& out) const { absl::StrAppend(&out, "<", TypeName(), ">"); }

absl::StatusOr<uint64_t> HostObject::Hash() const {
  return reinterpret_cast<uint64_t>(this) >> 3;
}

int HostObject::Compare(const HostObject&) const { return 0; }

absl::StatusOr<Value> HostObject::GetAttr(Thread&, const String*) const { return Value(); }

absl::StatusOr<Value> HostObject::Call(Thread&, const Arguments&) {
  return absl::InvalidArgumentError(absl::StrCat("'", TypeName(), "' object is not callable"));
}

absl::StatusOr<Value> HostObject::Index(Thread&, Value) const {
  return absl::InvalidArgumentError(
      absl::StrCat("type '", TypeName(), "' has no operator [](...)"));
}

absl::StatusOr<bool> HostObject::Contains(Value) const { return false; }

void HostObject::Elements(std::vector<Value>&) const {}

absl::StatusOr<Value> HostObject::Binary(Thread&, BinaryOp, Value, bool) const { return Value(); }

absl::Status UnhashableError(std::string_view type) {
  return absl::InvalidArgumentError(absl::StrCat("unhashable type: '", type, "'"));
}

Value Struct::Find(std::string_view name) const {
  auto field = std::lower_bound(
      fields().begin(), fields().end(), name,
      [](const NamedValue& a, std::string_view wanted) { return a.name->view() < wanted; });
  return field != fields().end() && field->name->view() == name ? field->value : Value();
}

}  // namespace cow::starlark
