#include "engine/loading/existing_rules.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/package_builder.h"
#include "engine/loading/select.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/sequence_value.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::Heap;
using starlark::Thread;
using starlark::Value;

namespace {

Value Describe(Value value, const PackageId& own, Heap& heap) {
  if (const auto* label = value.As<LabelValue>()) {
    bool local = label->label().package() == own;
    return heap.NewString(local ? ":" + label->label().name() : label->label().ToString());
  }
  if (const auto* list = value.As<starlark::List>()) {
    std::vector<Value> elements;
    for (Value element : *list) elements.push_back(Describe(element, own, heap));
    return heap.NewTuple(elements);
  }
  if (const auto* dict = value.As<starlark::Dict>()) {
    starlark::Dict* copy = heap.NewDict();
    for (const auto& entry : *dict) {
      // Keys are strings or labels, both hashable, and the dict is new: this cannot fail.
      (void)copy->Set(Describe(entry.key, own, heap), Describe(entry.value, own, heap));
    }
    return copy;
  }
  if (const auto* select = value.As<SelectValue>()) {
    std::vector<SelectPart> parts = select->parts();
    for (SelectPart& part : parts) {
      if (part.is_plain()) part.plain = Describe(part.plain, own, heap);
      for (SelectBranch& branch : part.branches) branch.value = Describe(branch.value, own, heap);
    }
    return heap.New<SelectValue>(std::move(parts));
  }
  return value;
}

std::optional<std::string_view> KeyText(Value key) {
  const auto* text = key.As<starlark::String>();
  return text == nullptr ? std::nullopt : std::optional<std::string_view>(text->view());
}

template <typename View>
absl::StatusOr<Value> At(const View& view, Thread& thread, Value key) {
  std::optional<std::string_view> name = KeyText(key);
  Value found = name ? view.Find(thread.heap(), *name) : Value();
  if (!found.IsUnset()) return found;
  return absl::InvalidArgumentError(absl::StrCat("key ", starlark::Repr(key), " not found in view"));
}

template <typename View>
absl::StatusOr<Value> Get(Thread& thread, const Arguments& args) {
  Value key;
  Value fallback = Value::None();
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("key", &key), starlark::Optional("default", &fallback)}));
  std::optional<std::string_view> name = KeyText(key);
  Value found = name ? args.Receiver<View>()->Find(thread.heap(), *name) : Value();
  return found.IsUnset() ? fallback : found;
}

template <typename View>
absl::StatusOr<Value> KeyList(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  return Value(thread.heap().NewStringList(args.Receiver<View>()->Keys()));
}

template <typename View>
absl::StatusOr<Value> ValueList(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  const View& view = *args.Receiver<View>();
  starlark::List* list = thread.heap().NewList();
  for (const std::string& key : view.Keys()) list->Push(view.Find(thread.heap(), key));
  return Value(list);
}

template <typename View>
absl::StatusOr<Value> ItemList(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  const View& view = *args.Receiver<View>();
  Heap& heap = thread.heap();
  starlark::List* list = heap.NewList();
  for (const std::string& key : view.Keys()) {
    const Value pair[] = {heap.NewString(key), view.Find(heap, key)};
    list->Push(heap.NewTuple(pair));
  }
  return Value(list);
}

template <typename View>
const starlark::MethodTable& ViewMethods() {
  static const starlark::MethodTable kMethods({{"get", &Get<View>},
                                               {"items", &ItemList<View>},
                                               {"keys", &KeyList<View>},
                                               {"values", &ValueList<View>}});
  return kMethods;
}

// Keys as values that belong to nobody's heap in particular.
void InternAll(const std::vector<std::string>& keys, std::vector<Value>& out) {
  for (const std::string& key : keys) out.push_back(starlark::Intern(key));
}

}  // namespace

Value ExistingRuleView::Find(Heap& heap, std::string_view key) const {
  if (key == "name") return heap.NewString(target_->name());
  if (key == "kind") return heap.NewString(target_->rule_class().name());
  bool of_macro = target_->call_stack().size() > 1;
  if (key == "generator_function" && of_macro) return heap.NewString(target_->call_stack()[1].function);
  if (key == "generator_location" && of_macro) return heap.NewString(target_->location().ToString());
  const Attribute* attribute = target_->rule_class().Find(key);
  if (attribute == nullptr || attribute->is_private()) return Value();
  Value value = target_->Attr(key);
  return value.IsUnset() ? value : Describe(value, target_->label().package(), heap);
}

std::vector<std::string> ExistingRuleView::Keys() const {
  std::vector<std::string> keys{"name", "kind"};
  const std::vector<Attribute>& attributes = target_->rule_class().attributes();
  for (size_t i = 0; i < attributes.size(); ++i) {
    const Attribute& attribute = attributes[i];
    bool shown = !attribute.is_private() && attribute.name != "name" && !target_->AttrAt(static_cast<int>(i)).IsUnset();
    if (shown) keys.push_back(attribute.name);
  }
  if (target_->call_stack().size() > 1) {
    keys.emplace_back("generator_function");
    keys.emplace_back("generator_location");
  }
  return keys;
}

void ExistingRuleView::Repr(std::string& out) const {
  absl::StrAppend(&out, "<native.existing_rule view of ", target_->label().ToString(), ">");
}

absl::StatusOr<Value> ExistingRuleView::Index(Thread& thread, Value key) const { return At(*this, thread, key); }

absl::StatusOr<bool> ExistingRuleView::Contains(Value key) const {
  Heap scratch;
  std::optional<std::string_view> name = KeyText(key);
  return name && !Find(scratch, *name).IsUnset();
}

void ExistingRuleView::Elements(std::vector<Value>& out) const { InternAll(Keys(), out); }

const starlark::MethodTable* ExistingRuleView::Methods() const { return &ViewMethods<ExistingRuleView>(); }

ExistingRulesView::ExistingRulesView(const PackageBuilder& package)
    : HostObject(kType), package_(&package), size_(package.rule_names().size()) {}

Value ExistingRulesView::Find(Heap& heap, std::string_view key) const {
  const Target* target = package_->FindRuleAmong(key, size_);
  return target == nullptr ? Value() : Value(heap.New<ExistingRuleView>(*target));
}

std::vector<std::string> ExistingRulesView::Keys() const {
  const std::vector<std::string>& names = package_->rule_names();
  return {names.begin(), names.begin() + static_cast<std::ptrdiff_t>(size_)};
}

void ExistingRulesView::Repr(std::string& out) const {
  absl::StrAppend(&out, "<native.existing_rules view of ", size_, " rules>");
}

absl::StatusOr<Value> ExistingRulesView::Index(Thread& thread, Value key) const { return At(*this, thread, key); }

absl::StatusOr<bool> ExistingRulesView::Contains(Value key) const {
  std::optional<std::string_view> name = KeyText(key);
  return name && package_->FindRuleAmong(*name, size_) != nullptr;
}

void ExistingRulesView::Elements(std::vector<Value>& out) const { InternAll(Keys(), out); }

const starlark::MethodTable* ExistingRulesView::Methods() const { return &ViewMethods<ExistingRulesView>(); }

}  // namespace cow::loading
