// Tokens of the query language: words, operators, parentheses.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"

namespace cow::query {

enum class TokenKind {
  kWord,       // a target pattern, a name, a number, or text in quotes
  kLeft,       // (
  kRight,      // )
  kComma,
  kEquals,
  kUnion,      // + union
  kExcept,     // - except
  kIntersect,  // ^ intersect
  kLet,
  kIn,
  kSet,
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text{};     // as written, without quotes
  size_t offset = 0;      // in the expression
  bool quoted = false;    // a word in quotes is never a keyword
};

// The last token is kEnd. Failure: a diagnostic in `source`: an open quote, or a character that belongs to no token.
absl::StatusOr<std::vector<Token>> Scan(const SourceFile& source);

// How messages call a token: "'+'", "end of expression".
std::string Describe(const Token& token);

}  // namespace cow::query
