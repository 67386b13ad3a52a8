#include "rules/pack/cli/flags.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/edit_distance.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::pack {
namespace {

absl::Status UnknownFlag(const std::vector<FlagSpec>& specs, const std::string& name) {
  std::vector<std::string> names;
  for (const FlagSpec& spec : specs) names.emplace_back(spec.name);
  std::string closest = ClosestMatch(name, names);
  return absl::InvalidArgumentError(
      absl::StrCat("unknown flag '--", name, "'", closest.empty() ? "" : " (did you mean '--", closest,
                   closest.empty() ? "" : "'?)"));
}

}  // namespace

absl::StatusOr<ParsedFlags> ParsedFlags::Parse(const std::vector<FlagSpec>& specs, std::string_view positional,
                                               const std::vector<std::string>& arguments) {
  ParsedFlags flags;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!argument.starts_with("--")) {
      if (positional.empty() || !flags.positional_.empty()) {
        return absl::InvalidArgumentError(absl::StrCat("unexpected argument '", argument, "'"));
      }
      flags.positional_ = argument;
      continue;
    }
    size_t equals = argument.find('=');
    std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    auto spec = std::find_if(specs.begin(), specs.end(), [&](const FlagSpec& s) { return s.name == name; });
    if (spec == specs.end()) return UnknownFlag(specs, name);
    std::vector<std::string>& values = flags.values_[name];
    if (!values.empty() && spec->kind != FlagKind::kRepeated) {
      return absl::InvalidArgumentError(absl::StrCat("flag '--", name, "' is given twice"));
    }
    bool inline_value = equals != std::string::npos;
    if (spec->kind == FlagKind::kSwitch) {
      if (inline_value) return absl::InvalidArgumentError(absl::StrCat("flag '--", name, "' takes no value"));
      values.emplace_back();
    } else if (inline_value) {
      values.push_back(argument.substr(equals + 1));
    } else if (i + 1 < arguments.size()) {
      values.push_back(arguments[++i]);
    } else {
      return absl::InvalidArgumentError(absl::StrCat("flag '--", name, "' needs a value"));
    }
  }
  for (const FlagSpec& spec : specs) {
    if (spec.kind == FlagKind::kRequired && !flags.Has(spec.name)) {
      return absl::InvalidArgumentError(absl::StrCat("flag '--", spec.name, "' is missing"));
    }
  }
  if (!positional.empty() && flags.positional_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(positional, " is missing"));
  }
  return flags;
}

std::string ParsedFlags::Get(std::string_view name, std::string_view otherwise) const {
  auto it = values_.find(name);
  return it == values_.end() ? std::string(otherwise) : it->second.front();
}

const std::vector<std::string>& ParsedFlags::All(std::string_view name) const {
  static const std::vector<std::string> none;
  auto it = values_.find(name);
  return it == values_.end() ? none : it->second;
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ParsedFlags::Pairs(
    std::string_view name) const {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& value : All(name)) {
    size_t equals = value.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(absl::StrCat("--", name, " '", value, "' is not KEY=VALUE"));
    }
    pairs.emplace_back(value.substr(0, equals), value.substr(equals + 1));
  }
  return pairs;
}

absl::StatusOr<int64_t> ParsedFlags::Number(std::string_view name, int64_t otherwise) const {
  if (!Has(name)) return otherwise;
  int64_t number = 0;
  std::string text = Get(name);
  if (!absl::SimpleAtoi(text, &number) || number < 0) {
    return absl::InvalidArgumentError(absl::StrCat("--", name, " '", text, "' is not a number from 0"));
  }
  return number;
}

absl::StatusOr<std::vector<std::string>> ExpandParamFiles(const std::vector<std::string>& arguments) {
  std::vector<std::string> expanded;
  for (const std::string& argument : arguments) {
    if (!argument.starts_with('@') || argument.size() == 1) {
      expanded.push_back(argument);
      continue;
    }
    COW_ASSIGN_OR_RETURN(std::string text, ReadFile(argument.substr(1)));
    if (text.ends_with('\n')) text.pop_back();
    if (text.empty()) continue;
    for (std::string_view line : std::vector<std::string_view>(absl::StrSplit(text, '\n'))) {
      expanded.emplace_back(line);
    }
  }
  return expanded;
}

}  // namespace cow::pack
