#include "engine/analysis/make_variables.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"

namespace cow::analysis {

namespace {

constexpr std::string_view kFunctions[] = {"location",      "locations",     "execpath",
                                           "execpaths",     "rootpath",      "rootpaths",
                                           "rlocationpath", "rlocationpaths"};

}  // namespace

absl::StatusOr<std::string> ExpandMakeVariables(std::string_view text,
                                                const VariableLookup& lookup) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    size_t dollar = text.find('$', at);
    out += text.substr(at, dollar - at);
    if (dollar == std::string_view::npos) break;
    if (dollar + 1 == text.size()) return UserError("unterminated $ (write $$ for a dollar sign)");
    char next = text[dollar + 1];
    if (next == '$') {
      out += '$';
      at = dollar + 2;
      continue;
    }
    std::string_view name = text.substr(dollar + 1, 1);
    at = dollar + 2;
    if (next == '(') {
      size_t end = text.find(')', dollar);
      if (end == std::string_view::npos) return UserError("unterminated variable reference");
      name = text.substr(dollar + 2, end - dollar - 2);
      at = end + 1;
    }
    std::optional<std::string> value = lookup(name);
    if (!value) return UserError("$(", name, ") not defined (write $$ for a dollar sign)");
    out += *value;
  }
  return out;
}

absl::StatusOr<std::string> ExpandLocations(std::string_view text, const LocationLookup& resolve) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    size_t dollar = text.find('$', at);
    out += text.substr(at, dollar - at);
    if (dollar == std::string_view::npos) break;
    at = dollar + 1;
    if (text.substr(at, 1) == "$") {
      out += "$$";
      ++at;
      continue;
    }
    size_t end = text.substr(at, 1) == "(" ? text.find(')', at) : std::string_view::npos;
    size_t space = text.find(' ', at);
    if (end == std::string_view::npos || space == std::string_view::npos || space > end) {
      out += '$';
      continue;
    }
    std::string_view function = text.substr(at + 1, space - at - 1);
    if (std::find(std::begin(kFunctions), std::end(kFunctions), function) == std::end(kFunctions)) {
      out += '$';
      continue;
    }
    std::string_view label = absl::StripAsciiWhitespace(text.substr(space, end - space));
    COW_ASSIGN_OR_RETURN(std::string paths, resolve(function, label));
    out += paths;
    at = end + 1;
  }
  return out;
}

absl::StatusOr<std::vector<std::string>> SplitShellWords(std::string_view text) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool blank = c == ' ' || c == '\t' || c == '\n';
    if (quote == 0 && blank) {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
      continue;
    }
    if (!word) word.emplace();
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      *word += text[++i];
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else {
      *word += c;
    }
  }
  if (quote != 0) return UserError("unterminated quotation in: ", text);
  if (word) words.push_back(*word);
  return words;
}

}  // namespace cow::analysis
