#include "rules/pack/deb/control.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cow::pack {

absl::StatusOr<ControlParagraph> ControlParagraph::Parse(std::string_view text) {
  ControlParagraph paragraph;
  for (std::string_view line : std::vector<std::string_view>(absl::StrSplit(text, '\n'))) {
    if (line.empty()) continue;
    if (line[0] == ' ' || line[0] == '\t') {
      if (paragraph.fields_.empty()) {
        return absl::InvalidArgumentError("control data starts with a continuation line");
      }
      absl::StrAppend(&paragraph.fields_.back().second, "\n", line);
      continue;
    }
    size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      return absl::InvalidArgumentError(absl::StrCat("not a control field: '", line, "'"));
    }
    std::string_view name = line.substr(0, colon);
    if (!paragraph.Get(name).empty()) {
      return absl::InvalidArgumentError(absl::StrCat("control field '", name, "' is given twice"));
    }
    paragraph.fields_.emplace_back(name, absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return paragraph;
}

std::string_view ControlParagraph::Get(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (absl::EqualsIgnoreCase(field, name)) return value;
  }
  return {};
}

void ControlParagraph::Set(std::string_view name, std::string_view value) {
  auto it = std::find_if(fields_.begin(), fields_.end(),
                         [&](const auto& field) { return absl::EqualsIgnoreCase(field.first, name); });
  if (value.empty()) {
    if (it != fields_.end()) fields_.erase(it);
  } else if (it != fields_.end()) {
    it->second = std::string(value);
  } else {
    fields_.emplace_back(name, value);
  }
}

std::string ControlParagraph::Render() const {
  std::string text;
  for (const auto& [name, value] : fields_) absl::StrAppend(&text, name, ": ", value, "\n");
  return text;
}

absl::Status CheckPackageName(std::string_view name) {
  auto allowed = [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '+' || c == '-' || c == '.';
  };
  if (name.size() >= 2 && (absl::ascii_islower(name[0]) || absl::ascii_isdigit(name[0])) &&
      std::all_of(name.begin(), name.end(), allowed)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "bad package name '", name, "': two or more of [a-z0-9+-.], starting with a letter or digit"));
}

absl::Status CheckVersion(std::string_view version) {
  auto bad = [&](std::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("bad version '", version, "': ", why));
  };
  size_t colon = version.find(':');
  int epoch = 0;
  if (colon != std::string_view::npos && !absl::SimpleAtoi(version.substr(0, colon), &epoch)) {
    return bad("the epoch must be a number");
  }
  std::string_view rest = WithoutEpoch(version);
  if (rest.empty() || !absl::ascii_isdigit(rest[0])) return bad("it must start with a digit");
  bool ok = std::all_of(rest.begin(), rest.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '+' || c == '-' || c == '~';
  });
  return ok ? absl::OkStatus() : bad("allowed are letters, digits and .+-~");
}

std::string_view WithoutEpoch(std::string_view version) {
  size_t colon = version.find(':');
  return colon == std::string_view::npos ? version : version.substr(colon + 1);
}

bool HasRevision(std::string_view version) { return version.find('-') != std::string_view::npos; }

namespace {

// '~' before the end, the end before letters, letters before the rest.
int Order(std::string_view text, size_t i) {
  if (i >= text.size() || absl::ascii_isdigit(text[i])) return 0;
  if (text[i] == '~') return -1;
  if (absl::ascii_isalpha(text[i])) return text[i];
  return static_cast<unsigned char>(text[i]) + 256;
}

std::string_view TakeNumber(std::string_view text, size_t& i) {
  while (i < text.size() && text[i] == '0') ++i;
  size_t begin = i;
  while (i < text.size() && absl::ascii_isdigit(text[i])) ++i;
  return text.substr(begin, i - begin);
}

int CompareParts(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    while ((i < a.size() && !absl::ascii_isdigit(a[i])) || (j < b.size() && !absl::ascii_isdigit(b[j]))) {
      int difference = Order(a, i) - Order(b, j);
      if (difference != 0) return difference;
      ++i, ++j;
    }
    std::string_view x = TakeNumber(a, i), y = TakeNumber(b, j);
    if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
    if (int difference = x.compare(y); difference != 0) return difference;
  }
  return 0;
}

struct SplitVersion {
  std::string_view epoch, upstream, revision;
};

SplitVersion Split(std::string_view version) {
  SplitVersion split;
  split.upstream = WithoutEpoch(version);
  if (split.upstream.size() < version.size()) split.epoch = version.substr(0, version.find(':'));
  size_t dash = split.upstream.rfind('-');
  if (dash != std::string_view::npos) {
    split.revision = split.upstream.substr(dash + 1);
    split.upstream = split.upstream.substr(0, dash);
  }
  return split;
}

}  // namespace

int CompareVersions(std::string_view a, std::string_view b) {
  SplitVersion x = Split(a), y = Split(b);
  if (int order = CompareParts(x.epoch, y.epoch); order != 0) return order;
  if (int order = CompareParts(x.upstream, y.upstream); order != 0) return order;
  return CompareParts(x.revision, y.revision);
}

}  // namespace cow::pack
