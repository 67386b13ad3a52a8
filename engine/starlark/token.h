// Tokens of the scanner.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/starlark/string_value.h"
#include "engine/starlark/value.h"

namespace cow::starlark {

enum class TokenKind : uint8_t {
  kEnd, kNewline, kIndent, kOutdent,
  kName, kInt, kFloat, kString, kBytes, kIllegal,
  // punctuation
  kPlus, kMinus, kStar, kSlash, kSlashSlash, kPercent, kTilde, kAmp, kPipe, kCaret,
  kLess2, kGreater2, kDot, kComma, kSemicolon, kColon, kEquals, kStarStar,
  kLparen, kRparen, kLbracket, kRbracket, kLbrace, kRbrace,
  kLess, kGreater, kGreaterEq, kLessEq, kEq, kNotEq,
  kPlusEq, kMinusEq, kStarEq, kSlashEq, kSlashSlashEq, kPercentEq, kAmpEq, kPipeEq, kCaretEq,
  kLess2Eq, kGreater2Eq, kArrow,
  // keywords
  kAnd, kBreak, kContinue, kDef, kElif, kElse, kFor, kIf, kIn, kLambda, kLoad, kNot, kOr, kPass,
  kReturn,
  kReserved,  // a word Starlark keeps for later
};

struct Token {
  TokenKind kind;
  uint32_t begin;  // byte offsets
  uint32_t end;
  Value value;  // the literal, or the interned String of a name
};

// How messages call a kind of token: "','", "identifier", "newline".
std::string_view TokenName(TokenKind kind);

}  // namespace cow::starlark
