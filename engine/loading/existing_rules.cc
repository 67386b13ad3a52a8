#include "engine/loading/existing_rules.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/loading/label_value.h"
#include "engine/loading/select.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/sequence_value.h"

namespace cow::loading {

using starlark::Value;

namespace {

Value Describe(Value value, const PackageId& own, starlark::Heap& heap) {
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
  return value;
}

}  // namespace

Value DescribeRule(const Target& target, starlark::Heap& heap) {
  starlark::Dict* dict = heap.NewDict();
  auto set = [&](std::string_view name, Value value) { (void)dict->SetString(name, value); };
  set("name", heap.NewString(target.name()));
  set("kind", heap.NewString(target.rule_class().name()));
  const std::vector<Attribute>& attributes = target.rule_class().attributes();
  for (size_t i = 0; i < attributes.size(); ++i) {
    const Attribute& attribute = attributes[i];
    Value value = target.AttrAt(static_cast<int>(i));
    if (attribute.is_private() || attribute.name == "name" || value.IsUnset()) continue;
    set(attribute.name, Describe(value, target.label().package(), heap));
  }
  if (target.call_stack().size() > 1) {
    set("generator_function", heap.NewString(target.call_stack()[1].function));
    set("generator_location", heap.NewString(target.location().ToString()));
  }
  return dict;
}

}  // namespace cow::loading
