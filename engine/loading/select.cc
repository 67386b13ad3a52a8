#include "engine/loading/select.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/select_builtin.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

using starlark::BinaryOp;
using starlark::Value;

namespace {

// A value of the kind all values of the select have; for type checks when terms are joined.
Value SampleOf(const SelectPart& part) {
  if (part.is_plain()) return part.plain;
  for (const SelectBranch& branch : part.branches) {
    if (!branch.value.IsNone()) return branch.value;
  }
  return Value::None();
}

Value SampleOf(const SelectValue& select) {
  for (const SelectPart& part : select.parts()) {
    if (Value sample = SampleOf(part); !sample.IsNone()) return sample;
  }
  return Value::None();
}

void AppendPart(const SelectPart& part, std::string& out) {
  if (part.is_plain()) return starlark::AppendRepr(part.plain, out);
  out += "select({";
  std::string_view separator = "";
  for (const SelectBranch& branch : part.branches) {
    out += separator;
    starlark::AppendRepr(branch.key, out);
    out += ": ";
    starlark::AppendRepr(branch.value, out);
    separator = ", ";
  }
  out += "})";
}

std::string Describe(Value value, Value sample) {
  bool is_select = value.As<SelectValue>() != nullptr;
  return absl::StrCat(is_select ? "select of " : "", starlark::TypeName(sample));
}

}  // namespace

bool IsDefaultCondition(Value key) {
  if (const auto* label = key.As<LabelValue>()) {
    return label->label().name() == "default" && label->label().package().path() == "conditions";
  }
  const auto* text = key.As<starlark::String>();
  return text != nullptr && text->view() == kDefaultCondition;
}

void SelectValue::Repr(std::string& out) const {
  std::string_view separator = "";
  for (const SelectPart& part : parts_) {
    out += separator;
    AppendPart(part, out);
    separator = " + ";
  }
}

absl::StatusOr<Value> SelectValue::Binary(starlark::Thread& thread, BinaryOp op, Value other,
                                          bool self_is_left) const {
  if (op != BinaryOp::kAdd && op != BinaryOp::kOr) return Value();
  const auto* other_select = other.As<SelectValue>();
  Value mine = SampleOf(*this);
  Value theirs = other_select != nullptr ? SampleOf(*other_select) : other;
  bool matches = mine.IsNone() || theirs.IsNone() || mine.kind() == theirs.kind();
  bool is_dict = mine.Is(starlark::Kind::kDict) || theirs.Is(starlark::Kind::kDict);
  if (!matches || is_dict != (op == BinaryOp::kOr)) {
    std::string left = Describe(Value(this), mine);
    std::string right = Describe(other, theirs);
    if (!self_is_left) left.swap(right);
    return absl::InvalidArgumentError(absl::StrCat("'", starlark::OperatorText(op),
                                                   "' operator applied to incompatible types (", left, ", ", right, ")"));
  }
  std::vector<SelectPart> parts = parts_;
  std::vector<SelectPart> added =
      other_select != nullptr ? other_select->parts_ : std::vector<SelectPart>{{.plain = other}};
  parts.insert(self_is_left ? parts.end() : parts.begin(), added.begin(), added.end());
  return thread.heap().New<SelectValue>(std::move(parts));
}

absl::StatusOr<Value> MakeSelect(starlark::Thread& thread, const starlark::Arguments& args) {
  starlark::Dict* conditions = nullptr;
  std::string no_match_error;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("x", &conditions),
                                        starlark::Optional("no_match_error", &no_match_error)}));
  if (conditions->size() == 0) {
    return absl::InvalidArgumentError(
        "select({}) with an empty dictionary can never resolve because it includes no conditions to match");
  }
  SelectPart part{.no_match_error = std::move(no_match_error)};
  for (const auto& entry : *conditions) {
    if (!entry.key.Is(starlark::Kind::kString) && entry.key.As<LabelValue>() == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("select: got ", starlark::TypeName(entry.key),
                                                     " for dict key, want a label string"));
    }
    part.branches.push_back({entry.key, entry.value});
  }
  return thread.heap().New<SelectValue>(std::vector<SelectPart>{std::move(part)});
}

}  // namespace cow::loading
