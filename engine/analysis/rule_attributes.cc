#include "engine/analysis/rule_attributes.h"

#include <utility>

#include "engine/analysis/target_value.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/package.h"
#include "engine/loading/select.h"
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

absl::Status RuleAttributes::Resolve(const loading::Target& target,
                                     const loading::PackagePtr& package,
                                     ConditionTable& conditions) {
  heap_->AddReference(package->heap());
  starlark::Thread thread(*heap_);
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
  auto shown = [](const DependencyEdge& edge) { return Value(edge.target->resolved().value); };
  if (entry.attribute->type == AttributeType::kLabel) {
    return entry.edges.empty() ? Value::None() : shown(entry.edges[0]);
  }
  if (entry.attribute->type == AttributeType::kLabelKeyedStringDict) {
    starlark::Dict* dict = heap_->NewDict();
    const auto* raw = entry.raw.As<starlark::Dict>();
    for (const DependencyEdge& edge : entry.edges) {
      COW_ASSIGN_OR_RETURN(Value value, raw->Find(heap_->New<loading::LabelValue>(edge.label)));
      COW_RETURN_IF_ERROR(dict->Set(shown(edge), value));
    }
    return Value(dict);
  }
  starlark::List* list = heap_->NewList();
  for (const DependencyEdge& edge : entry.edges) list->Push(shown(edge));
  return Value(list);
}

absl::Status RuleAttributes::Finish() {
  for (Entry& entry : entries_) {
    COW_ASSIGN_OR_RETURN(entry.shown, Show(entry));
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
