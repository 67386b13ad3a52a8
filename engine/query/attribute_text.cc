#include "engine/query/attribute_text.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/json.h"
#include "engine/loading/label_value.h"
#include "engine/loading/select.h"
#include "engine/loading/target.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/sequence_value.h"

namespace cow::query {

using loading::LabelValue;
using loading::SelectPart;
using loading::SelectValue;
using starlark::Value;

namespace {

// A sum of selects has as many values as the product of their branches; more than this are not listed one by one.
constexpr size_t kMaxCombinations = 256;

std::vector<Value> ElementsOf(Value value) {
  if (const auto* list = value.As<starlark::List>()) return {list->begin(), list->end()};
  if (const auto* tuple = value.As<starlark::Tuple>()) return {tuple->begin(), tuple->end()};
  return {};
}

bool IsSequence(Value value) { return value.As<starlark::List>() != nullptr || value.As<starlark::Tuple>() != nullptr; }

// As attr() sees a value: lists in brackets, words without quotes.
std::string MatchText(Value value) {
  if (value.IsBool()) return value.IsTrue() ? "1" : "0";
  if (IsSequence(value)) {
    std::string text = "[";
    for (Value element : ElementsOf(value)) absl::StrAppend(&text, text.size() == 1 ? "" : ", ", MatchText(element));
    return text + "]";
  }
  if (const auto* dict = value.As<starlark::Dict>()) {
    std::string text = "{";
    for (const auto& entry : *dict) {
      absl::StrAppend(&text, text.size() == 1 ? "" : ", ", MatchText(entry.key), "=", MatchText(entry.value));
    }
    return text + "}";
  }
  return starlark::Str(value);
}

// The parts of a text that belongs between brackets, to join lists as + does.
std::string Joined(const std::string& left, const std::string& right) {
  bool lists = left.size() >= 2 && right.size() >= 2 && (left[0] == '[' || left[0] == '{') && left[0] == right[0];
  if (!lists) return left + right;
  std::string inner_left = left.substr(1, left.size() - 2);
  std::string inner_right = right.substr(1, right.size() - 2);
  const char* between = inner_left.empty() || inner_right.empty() ? "" : ", ";
  return absl::StrCat(std::string(1, left[0]), inner_left, between, inner_right, std::string(1, left.back()));
}

std::vector<std::string> TextsOfPart(const SelectPart& part) {
  if (part.is_plain()) return {MatchText(part.plain)};
  std::vector<std::string> texts;
  for (const loading::SelectBranch& branch : part.branches) {
    if (!branch.value.IsNone()) texts.push_back(MatchText(branch.value));
  }
  return texts;
}

std::vector<std::string> TextsOf(Value value) {
  const auto* select = value.As<SelectValue>();
  if (select == nullptr) return {MatchText(value)};
  std::vector<std::string> texts;
  for (const SelectPart& part : select->parts()) {
    std::vector<std::string> more = TextsOfPart(part);
    if (texts.empty() || more.empty() || texts.size() * more.size() > kMaxCombinations) {
      texts.insert(texts.end(), more.begin(), more.end());
      continue;
    }
    std::vector<std::string> product;
    for (const std::string& left : texts) {
      for (const std::string& right : more) product.push_back(Joined(left, right));
    }
    texts = std::move(product);
  }
  return texts;
}

// As a BUILD file says it: labels in quotes.
std::string BuildText(Value value) {
  if (value.As<LabelValue>() != nullptr) return JsonQuote(starlark::Str(value));
  if (const auto* select = value.As<SelectValue>()) {
    std::string text;
    for (const SelectPart& part : select->parts()) {
      absl::StrAppend(&text, text.empty() ? "" : " + ");
      if (part.is_plain()) {
        absl::StrAppend(&text, BuildText(part.plain));
        continue;
      }
      std::string branches;
      for (const loading::SelectBranch& branch : part.branches) {
        absl::StrAppend(&branches, branches.empty() ? "" : ", ", BuildText(branch.key), ": ", BuildText(branch.value));
      }
      absl::StrAppend(&text, "select({", branches, "}",
                      part.no_match_error.empty() ? "" : absl::StrCat(", no_match_error = ", JsonQuote(part.no_match_error)), ")");
    }
    return text;
  }
  if (IsSequence(value)) {
    std::string text = "[";
    for (Value element : ElementsOf(value)) absl::StrAppend(&text, text.size() == 1 ? "" : ", ", BuildText(element));
    return text + "]";
  }
  if (const auto* dict = value.As<starlark::Dict>()) {
    std::string text = "{";
    for (const auto& entry : *dict) {
      absl::StrAppend(&text, text.size() == 1 ? "" : ", ", BuildText(entry.key), ": ", BuildText(entry.value));
    }
    return text + "}";
  }
  return starlark::Repr(value);
}

std::string Json(Value value) {
  if (value.IsUnset() || value.IsNone()) return "null";
  if (value.IsBool()) return value.IsTrue() ? "true" : "false";
  if (value.As<starlark::String>() != nullptr || value.As<LabelValue>() != nullptr) return JsonQuote(starlark::Str(value));
  if (value.ToInt64()) return starlark::Str(value);
  if (IsSequence(value)) {
    std::string text = "[";
    for (Value element : ElementsOf(value)) absl::StrAppend(&text, text.size() == 1 ? "" : ",", Json(element));
    return text + "]";
  }
  if (const auto* dict = value.As<starlark::Dict>()) {
    std::string text = "{";
    for (const auto& entry : *dict) {
      absl::StrAppend(&text, text.size() == 1 ? "" : ",", JsonQuote(starlark::Str(entry.key)), ":", Json(entry.value));
    }
    return text + "}";
  }
  return JsonQuote(BuildText(value));
}

void AddLabels(Value value, bool is_condition, std::vector<Label>& labels) {
  if (const auto* label = value.As<LabelValue>()) {
    if (!is_condition || !loading::IsDefaultCondition(value)) labels.push_back(label->label());
    return;
  }
  for (Value element : ElementsOf(value)) AddLabels(element, false, labels);
  if (const auto* dict = value.As<starlark::Dict>()) {
    for (const auto& entry : *dict) {
      AddLabels(entry.key, false, labels);
      AddLabels(entry.value, false, labels);
    }
  }
  if (const auto* select = value.As<SelectValue>()) {
    for (const SelectPart& part : select->parts()) {
      if (part.is_plain()) AddLabels(part.plain, false, labels);
      for (const loading::SelectBranch& branch : part.branches) {
        AddLabels(branch.key, true, labels);
        AddLabels(branch.value, false, labels);
      }
    }
  }
}

// Without conditions: those are no values of the attribute.
std::vector<Label> ValueLabels(Value value) {
  const auto* select = value.As<SelectValue>();
  std::vector<Label> labels;
  if (select == nullptr) {
    AddLabels(value, false, labels);
    return labels;
  }
  for (const SelectPart& part : select->parts()) {
    if (part.is_plain()) AddLabels(part.plain, false, labels);
    for (const loading::SelectBranch& branch : part.branches) AddLabels(branch.value, false, labels);
  }
  return labels;
}

}  // namespace

AttributeValue DescribeAttribute(const loading::Attribute& attribute, Value value, bool is_explicit) {
  AttributeValue description{.name = attribute.name,
                             .type = std::string(loading::TypeText(attribute.type)),
                             .is_explicit = is_explicit,
                             .json = Json(value)};
  if (value.IsUnset() || value.IsNone()) return description;
  description.texts = TextsOf(value);
  description.build_text = BuildText(value);
  bool has_labels = loading::IsDependencyType(attribute.type) || loading::IsOutputType(attribute.type);
  if (has_labels) description.labels = ValueLabels(value);
  return description;
}

std::vector<Label> LabelsIn(Value value) {
  std::vector<Label> labels;
  AddLabels(value, false, labels);
  return labels;
}

}  // namespace cow::query
