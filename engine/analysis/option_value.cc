#include "engine/analysis/option_value.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/overload.h"
#include "engine/analysis/user_error.h"
#include "engine/loading/label_value.h"
#include "engine/starlark/sequence_value.h"
#include "engine/starlark/string_value.h"

namespace cow::analysis {

using starlark::Value;

void AddTo(RecordHasher& hasher, const OptionValue& value) {
  hasher.AddInt(static_cast<int64_t>(value.index()));
  std::visit(Overload{
                 [&](bool truth) { hasher.AddInt(truth ? 1 : 0); },
                 [&](int64_t number) { hasher.AddInt(number); },
                 [&](const std::string& text) { hasher.Add(text); },
                 [&](const std::vector<std::string>& texts) {
                   hasher.AddInt(static_cast<int64_t>(texts.size()));
                   for (const std::string& text : texts) hasher.Add(text);
                 },
                 [&](const Label& label) { hasher.Add(label.ToString()); },
                 [&](const std::vector<Label>& labels) {
                   hasher.AddInt(static_cast<int64_t>(labels.size()));
                   for (const Label& label : labels) hasher.Add(label.ToString());
                 },
             },
             value);
}

std::string OptionText(const OptionValue& value) {
  auto label_text = [](std::string* out, const Label& label) { *out += label.ToString(); };
  return std::visit(
      Overload{
          [](bool truth) { return std::string(truth ? "true" : "false"); },
          [](int64_t number) { return absl::StrCat(number); },
          [](const std::string& text) { return text; },
          [](const std::vector<std::string>& texts) { return absl::StrJoin(texts, ","); },
          [](const Label& label) { return label.ToString(); },
          [&](const std::vector<Label>& labels) { return absl::StrJoin(labels, ",", label_text); },
      },
      value);
}

Value ToStarlark(starlark::Heap& heap, const OptionValue& value) {
  return std::visit(
      Overload{
          [](bool truth) { return Value::Bool(truth); },
          [&](int64_t number) { return heap.NewInt(number); },
          [&](const std::string& text) { return Value(heap.NewString(text)); },
          [&](const std::vector<std::string>& texts) { return Value(heap.NewStringList(texts)); },
          [&](const Label& label) { return Value(heap.New<loading::LabelValue>(label)); },
          [&](const std::vector<Label>& labels) {
            starlark::List* list = heap.NewList();
            for (const Label& label : labels) list->Push(heap.New<loading::LabelValue>(label));
            return Value(list);
          },
      },
      value);
}

absl::StatusOr<bool> ParseBool(std::string_view text) {
  std::string lower = absl::AsciiStrToLower(text);
  for (std::string_view word : {"true", "1", "yes", "t", "y"}) {
    if (lower == word) return true;
  }
  for (std::string_view word : {"false", "0", "no", "f", "n"}) {
    if (lower == word) return false;
  }
  return UserError("'", text, "' is not a boolean");
}

absl::StatusOr<int64_t> ParseInt(std::string_view text) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return UserError("'", text, "' is not an int");
  return number;
}

}  // namespace cow::analysis
