#include "engine/analysis/rule_attributes.h"

#include <utility>

#include "engine/analysis/target_value.h"
#include "engine/base/status.h"
#include "engine/loading/attribute_function.h"
#include "engine/loading/label_value.h"
#include "engine/loading/package.h"
#include "engine/loading/select.h"
#include "engine/loading/transition.h"
#include "engine/loading/workspace.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/sequence_value.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

using loading::AttributeType;
using starlark::Value;

bool HasDependencies(const loading::Attribute& attribute) {
  if (!loading::IsDependencyType(attribute.type)) return false;
  return !attribute.implicit || attribute.name == "toolchains" || attribute.name == "data";
}

bool HasTransition(const loading::Attribute& attribute) {
  return attribute.cfg != nullptr && attribute.cfg->is_starlark();
}

namespace {

Value ParameterValue(const std::variant<bool, int64_t, std::string>& parameter, starlark::Heap& heap) {
  if (const auto* flag = std::get_if<bool>(&parameter)) return Value::Bool(*flag);
  if (const auto* number = std::get_if<int64_t>(&parameter)) return heap.NewInt(*number);
  return heap.NewString(std::get<std::string>(parameter));
}

}  // namespace

absl::Status RuleAttributes::Resolve(const loading::Target& target,
                                     const loading::PackagePtr& package,
                                     ConditionTable& conditions) {
  heap_->AddReference(package->heap());
  starlark::Thread thread(*heap_);
  conditions.loader().workspace().options().limits.Apply(thread);
  const std::vector<loading::Attribute>& attributes = target.rule_class().attributes();
  entries_.reserve(attributes.size());
  for (size_t i = 0; i < attributes.size(); ++i) {
    Entry entry{.attribute = &attributes[i], .raw = target.AttrAt(static_cast<int>(i))};
    if (const auto* select = entry.raw.As<loading::SelectValue>()) {
      COW_ASSIGN_OR_RETURN(entry.raw,
                           conditions.Resolve(thread, *select, attributes[i].name, target.label()));
    }
    if (entry.raw.IsUnset() || entry.raw.IsNone()) entry.raw = attributes[i].default_value;
    entries_.push_back(std::move(entry));
  }
  return ComputeDefaults(target, conditions.loader(), thread);
}

// Those that loading left alone because an attribute they look at holds a select.
absl::Status RuleAttributes::ComputeDefaults(const loading::Target& target,
                                             loading::PackageLoader& loader,
                                             starlark::Thread& thread) {
  auto lookup = [this](std::string_view name) {
    const Entry* entry = Find(name);
    return entry == nullptr ? Value() : entry->raw;
  };
  for (Entry& entry : entries_) {
    const loading::Attribute& attribute = *entry.attribute;
    if (attribute.computed_default.IsUnset() || target.IsExplicit(attribute.name)) continue;
    bool is_open = false;
    for (std::string_view name : loading::FunctionParameters(attribute.computed_default))
      is_open |= target.Attr(name).As<loading::SelectValue>() != nullptr;
    if (!is_open) continue;
    loading::ConversionContext context{.heap = heap_.get(),
                                       .files = &loader.workspace().files(),
                                       .base = target.rule_class().definition().package};
    COW_ASSIGN_OR_RETURN(entry.raw,
                         loading::ComputeDefault(thread, attribute, target.rule_class().name(),
                                                 lookup, std::move(context)));
  }
  return absl::OkStatus();
}

absl::Status RuleAttributes::ResolveAspect(const AspectUse& use) {
  const std::vector<loading::Attribute>& attributes = use.aspect->definition().attributes;
  for (size_t i = 0; i < attributes.size(); ++i) {
    Entry entry{.attribute = &attributes[i], .raw = attributes[i].default_value};
    if (!attributes[i].is_private()) entry.raw = ParameterValue(use.parameters[i], *heap_);
    entries_.push_back(std::move(entry));
  }
  return absl::OkStatus();
}

absl::Status RuleAttributes::AddEdges(EdgeConfigurations configurations) {
  for (Entry& entry : entries_) {
    if (!HasDependencies(*entry.attribute)) continue;
    std::vector<Label> labels = loading::LabelsOf(entry.raw);
    if (labels.empty()) continue;
    COW_ASSIGN_OR_RETURN(std::vector<EdgeConfiguration> branches, configurations(*entry.attribute));
    for (const EdgeConfiguration& branch : branches) {
      for (const Label& label : labels) {
        entry.edges.push_back(
            {entry.attribute, label, branch.configuration, nullptr, branch.split_key});
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Value> RuleAttributes::Show(const Entry& entry) {
  if (!HasDependencies(*entry.attribute)) {
    if (!entry.raw.IsUnset()) return entry.raw;
    if (entry.attribute->type == AttributeType::kOutputList) return Value(heap_->NewList());
    return Value::None();
  }
  for (const DependencyEdge& edge : entry.edges) heap_->AddReference(edge.target->resolved().heap);
  if (entry.attribute->type == AttributeType::kLabel && HasTransition(*entry.attribute)) {
    starlark::List* list = heap_->NewList();
    for (const DependencyEdge& edge : entry.edges) list->Push(edge.target->resolved().value);
    return Value(list);
  }
  return ShowEdges(entry, entry.edges);
}

absl::StatusOr<Value> RuleAttributes::ShowEdges(const Entry& entry,
                                                std::span<const DependencyEdge> edges) {
  auto shown = [](const DependencyEdge& edge) { return Value(edge.target->resolved().value); };
  if (entry.attribute->type == AttributeType::kLabel) {
    return edges.empty() ? Value::None() : shown(edges[0]);
  }
  if (entry.attribute->type == AttributeType::kLabelKeyedStringDict) {
    starlark::Dict* dict = heap_->NewDict();
    const auto* raw = entry.raw.As<starlark::Dict>();
    for (const DependencyEdge& edge : edges) {
      COW_ASSIGN_OR_RETURN(Value value, raw->Find(heap_->New<loading::LabelValue>(edge.label)));
      COW_RETURN_IF_ERROR(dict->Set(shown(edge), value));
    }
    return Value(dict);
  }
  if (const auto* raw = entry.raw.As<starlark::Dict>()) return ShowByName(*raw, edges);
  starlark::List* list = heap_->NewList();
  for (const DependencyEdge& edge : edges) list->Push(shown(edge));
  return Value(list);
}

// {key: what ctx.attr would show of that branch}; the key is None if the transition did not split.
absl::StatusOr<Value> RuleAttributes::ShowSplit(const Entry& entry) {
  starlark::Dict* dict = heap_->NewDict();
  std::span<const DependencyEdge> edges = entry.edges;
  while (!edges.empty()) {
    const std::optional<std::string>& key = edges[0].split_key;
    size_t count = 1;
    while (count < edges.size() && edges[count].split_key == key) ++count;
    COW_ASSIGN_OR_RETURN(Value shown, ShowEdges(entry, edges.first(count)));
    COW_RETURN_IF_ERROR(dict->Set(key ? Value(heap_->NewString(*key)) : Value::None(), shown));
    edges = edges.subspan(count);
  }
  return Value(dict);
}

// Of dicts from strings to labels or lists of labels: the edges are those of the values, in order.
absl::StatusOr<Value> RuleAttributes::ShowByName(const starlark::Dict& raw,
                                                 std::span<const DependencyEdge> edges) {
  starlark::Dict* dict = heap_->NewDict();
  size_t next = 0;
  auto take = [&] { return Value(edges[next++].target->resolved().value); };
  for (const auto& entry : raw) {
    const auto* labels = entry.value.As<starlark::List>();
    if (labels == nullptr) {
      COW_RETURN_IF_ERROR(dict->Set(entry.key, take()));
      continue;
    }
    starlark::List* list = heap_->NewList();
    for (size_t i = 0; i < labels->size(); ++i) list->Push(take());
    COW_RETURN_IF_ERROR(dict->Set(entry.key, list));
  }
  return Value(dict);
}

absl::Status RuleAttributes::Finish() {
  for (Entry& entry : entries_) {
    COW_ASSIGN_OR_RETURN(entry.shown, Show(entry));
    if (!HasTransition(*entry.attribute)) continue;
    COW_ASSIGN_OR_RETURN(entry.split, ShowSplit(entry));
  }
  frozen_ = starlark::Heap::Freeze(std::move(heap_));
  return absl::OkStatus();
}

const RuleAttributes::Entry* RuleAttributes::Find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.attribute->name == name) return &entry;
  }
  return nullptr;
}

}  // namespace cow::analysis
