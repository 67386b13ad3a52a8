#include "engine/analysis/depset_value.h"

#include <optional>

#include "engine/analysis/user_error.h"
#include "engine/base/status.h"

namespace cow::analysis {

using starlark::Arguments;
using starlark::Thread;
using starlark::Value;

namespace {

constexpr std::pair<std::string_view, DepsetOrder> kOrders[] = {
    {"default", DepsetOrder::kDefault},
    {"postorder", DepsetOrder::kPostorder},
    {"preorder", DepsetOrder::kPreorder},
    {"topological", DepsetOrder::kTopological},
};

std::string_view OrderName(DepsetOrder order) {
  for (const auto& [name, value] : kOrders) {
    if (value == order) return name;
  }
  return "default";
}

absl::StatusOr<DepsetOrder> ParseOrder(std::string_view text) {
  for (const auto& [name, value] : kOrders) {
    if (name == text) return value;
  }
  return UserError("invalid order: ", text, " (want default, postorder, preorder or topological)");
}

// Notes the type of one more element or set of elements.
absl::Status JoinType(const starlark::String*& type, const starlark::String* other) {
  if (type == nullptr) type = other;
  if (other == nullptr || type == other) return absl::OkStatus();
  return UserError("cannot add an item of type '", other->view(), "' to a depset of '",
                   type->view(), "'");
}

absl::StatusOr<Value> ToList(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  std::vector<DepsetElement> elements = args.Receiver<DepsetValue>()->set().ToList();
  starlark::List* list = thread.heap().NewList();
  list->Reserve(elements.size());
  for (const DepsetElement& element : elements) list->Push(element.value);
  return Value(list);
}

absl::Status CollectDirect(Value direct, std::vector<DepsetElement>& elements,
                           const starlark::String*& type) {
  return starlark::ForEach(direct, [&](Value value) -> absl::Status {
    if (!starlark::CheckHashable(value).ok()) {
      return UserError("depset elements must not be mutable values, got ",
                       starlark::TypeName(value));
    }
    COW_RETURN_IF_ERROR(JoinType(type, starlark::Intern(starlark::TypeName(value))));
    elements.push_back({value});
    return absl::OkStatus();
  });
}

absl::Status CollectTransitive(Value sets, DepsetOrder order, std::vector<ValueDepset>& transitive,
                               const starlark::String*& type) {
  return starlark::ForEach(sets, [&](Value value) -> absl::Status {
    const auto* set = value.As<DepsetValue>();
    if (set == nullptr) {
      return UserError("in call to depset(), 'transitive' holds a value of type '",
                       starlark::TypeName(value), "', want 'depset'");
    }
    DepsetOrder inner = set->set().order();
    if (order != DepsetOrder::kDefault && inner != DepsetOrder::kDefault && inner != order) {
      return UserError("Order '", OrderName(order), "' is incompatible with order '",
                       OrderName(inner), "'");
    }
    COW_RETURN_IF_ERROR(JoinType(type, set->element_type()));
    transitive.push_back(set->set());
    return absl::OkStatus();
  });
}

const starlark::String* FileTypeName() {
  static const starlark::String* const kName = starlark::Intern("File");
  return kName;
}

}  // namespace

bool DepsetValue::HoldsFiles() const {
  return element_type_ == nullptr || element_type_ == FileTypeName();
}

void DepsetValue::Repr(std::string& out) const {
  out += "depset([";
  std::string_view separator;
  for (const DepsetElement& element : set_.ToList()) {
    out += separator;
    starlark::AppendRepr(element.value, out);
    separator = ", ";
  }
  out += "]";
  if (set_.order() != DepsetOrder::kDefault)
    absl::StrAppend(&out, ", order = \"", OrderName(set_.order()), "\"");
  out += ")";
}

const starlark::MethodTable* DepsetValue::Methods() const {
  static const starlark::MethodTable kMethods({{"to_list", &ToList}});
  return &kMethods;
}

absl::StatusOr<Value> MakeDepset(Thread& thread, const Arguments& args) {
  std::optional<starlark::Iterable> direct;
  std::optional<starlark::Iterable> sets;
  std::string_view order_name = "default";
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {starlark::Optional("direct", &direct), starlark::Optional("order", &order_name),
             starlark::KwOptional("transitive", &sets)}));
  COW_ASSIGN_OR_RETURN(DepsetOrder order, ParseOrder(order_name));
  std::vector<DepsetElement> elements;
  std::vector<ValueDepset> transitive;
  const starlark::String* type = nullptr;
  if (sets) COW_RETURN_IF_ERROR(CollectTransitive(sets->value, order, transitive, type));
  if (direct) COW_RETURN_IF_ERROR(CollectDirect(direct->value, elements, type));
  return Value(thread.heap().New<DepsetValue>(
      ValueDepset(std::move(elements), std::move(transitive), order), type));
}

ValueDepset MergeSets(std::vector<Value> direct, std::vector<ValueDepset> transitive,
                      DepsetOrder order) {
  std::vector<DepsetElement> elements;
  elements.reserve(direct.size());
  for (Value value : direct) elements.push_back({value});
  return ValueDepset(std::move(elements), std::move(transitive), order);
}

Value NewFileDepset(starlark::Heap& heap, ValueDepset set) {
  const starlark::String* type = set.empty() ? nullptr : FileTypeName();
  return heap.New<DepsetValue>(std::move(set), type);
}

}  // namespace cow::analysis
