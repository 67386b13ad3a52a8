#include "engine/query/token.h"

#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace cow::query {
namespace {

constexpr std::pair<std::string_view, TokenKind> kKeywords[] = {
    {"union", TokenKind::kUnion}, {"except", TokenKind::kExcept}, {"intersect", TokenKind::kIntersect},
    {"let", TokenKind::kLet},     {"in", TokenKind::kIn},         {"set", TokenKind::kSet},
};

constexpr std::pair<char, TokenKind> kSigns[] = {
    {'(', TokenKind::kLeft},   {')', TokenKind::kRight},  {',', TokenKind::kComma},     {'=', TokenKind::kEquals},
    {'+', TokenKind::kUnion},  {'-', TokenKind::kExcept}, {'^', TokenKind::kIntersect},
};

// What may stand in a word without quotes. A hyphen or asterisk does not begin one.
bool IsWordCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || std::string_view("*/@.-_:$~[]").find(c) != std::string_view::npos;
}

Token MakeWord(std::string_view text, size_t offset) {
  for (const auto& [word, kind] : kKeywords) {
    if (text == word) return {kind, std::string(text), offset};
  }
  return {TokenKind::kWord, std::string(text), offset};
}

}  // namespace

absl::StatusOr<std::vector<Token>> Scan(const SourceFile& source) {
  const std::string& text = source.text();
  std::vector<Token> tokens;
  size_t at = 0;
  while (at < text.size()) {
    char c = text[at];
    if (absl::ascii_isspace(static_cast<unsigned char>(c))) {
      ++at;
      continue;
    }
    if (c == '"' || c == '\'') {
      size_t end = text.find(c, at + 1);
      if (end == std::string::npos) return ErrorAt(source, at, "this quote is not closed");
      tokens.push_back({TokenKind::kWord, text.substr(at + 1, end - at - 1), at, true});
      at = end + 1;
      continue;
    }
    bool sign = false;
    for (const auto& [character, kind] : kSigns) {
      if (c != character) continue;
      tokens.push_back({kind, std::string(1, c), at});
      sign = true;
    }
    if (sign) {
      ++at;
      continue;
    }
    if (!IsWordCharacter(c) || c == '*') {
      return ErrorAt(source, at, absl::StrCat("'", std::string(1, c), "' cannot begin a word; put quotes around the word"));
    }
    size_t end = at;
    while (end < text.size() && IsWordCharacter(text[end])) ++end;
    tokens.push_back(MakeWord(std::string_view(text).substr(at, end - at), at));
    at = end;
  }
  tokens.push_back({TokenKind::kEnd, "", text.size()});
  return tokens;
}

std::string Describe(const Token& token) {
  return token.kind == TokenKind::kEnd ? "end of expression" : absl::StrCat("'", token.text, "'");
}

}  // namespace cow::query
