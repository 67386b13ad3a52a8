// Numbers and strings.
#include <cmath>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/starlark/elems_value.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/scanner.h"

namespace cow::starlark {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsOctal(char c) { return c >= '0' && c <= '7'; }
bool IsHex(char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); }

}  // namespace

// 0x1f, 0o17
void Scanner::ScanPrefixedNumber(size_t begin) {
  const bool hex = (Peek(1) | 0x20) == 'x';
  at_ += 2;
  const size_t digits = at_;
  while (hex ? IsHex(Peek()) : IsDigit(Peek())) ++at_;
  Value value = Value::SmallInt(0);
  if (at_ - digits > kMaxIntDigits) {
    Error(begin, absl::StrCat("integer literal has more than ", kMaxIntDigits, " digits"));
  } else if (!IntFromDigits(constants_, text_.substr(digits, at_ - digits), hex ? 16 : 8, &value)) {
    Error(begin, absl::StrCat("invalid ", hex ? "hexadecimal" : "octal",
                              " literal: ", text_.substr(begin, at_ - begin)));
  }
  Emit(TokenKind::kInt, begin, value);
}

void Scanner::ScanNumber() {
  const size_t begin = at_;
  const char marker = static_cast<char>(Peek(1) | 0x20);
  if (Peek() == '0' && (marker == 'x' || (marker == 'o' && IsDigit(Peek(2))))) {
    ScanPrefixedNumber(begin);
    return;
  }
  if (Peek() == '0' && marker == 'b' && IsDigit(Peek(2))) {
    at_ += 2;
    while (IsDigit(Peek())) ++at_;
    Error(begin, absl::StrCat("invalid octal literal: ", text_.substr(begin, at_ - begin),
                              " (there are no binary literals; use a hexadecimal one)"));
    Emit(TokenKind::kInt, begin, Value::SmallInt(0));
    return;
  }
  while (IsDigit(Peek())) ++at_;
  bool fraction = false;
  if (Peek() == '.') {
    fraction = true;
    ++at_;
    while (IsDigit(Peek())) ++at_;
  }
  if ((Peek() | 0x20) == 'e') {
    size_t digits = 1;
    if (Peek(1) == '+' || Peek(1) == '-') digits = 2;
    if (IsDigit(Peek(digits))) {
      fraction = true;
      at_ += digits;
      while (IsDigit(Peek())) ++at_;
    } else if (digits == 2 || fraction) {
      at_ += digits;
      Error(begin, "invalid float literal");
    }
  }
  std::string_view literal = text_.substr(begin, at_ - begin);
  if (fraction) {
    const double number = std::strtod(std::string(literal).c_str(), nullptr);
    if (std::isinf(number)) Error(begin, "floating-point literal too large");
    Emit(TokenKind::kFloat, begin, constants_.NewFloat(number));
    return;
  }
  Value value = Value::SmallInt(0);
  if (literal.size() > 1 && literal[0] == '0' &&
      literal.find_first_not_of('0') != literal.npos) {
    Error(begin, absl::StrCat("invalid octal literal: ", literal, " (use '0o", literal.substr(1),
                              "')"));
  } else if (literal.size() > kMaxIntDigits) {
    Error(begin, absl::StrCat("integer literal has more than ", kMaxIntDigits, " digits"));
  } else {
    IntFromDigits(constants_, literal, 10, &value);
  }
  Emit(TokenKind::kInt, begin, value);
}

// At the opening quote; `begin` is where the prefix starts.
void Scanner::ScanString(size_t begin, bool raw, bool bytes) {
  const char quote = Peek();
  const bool triple = Peek(1) == quote && Peek(2) == quote;
  at_ += triple ? 3 : 1;
  const size_t first = at_;
  std::string decoded;
  bool plain = true;  // what the source says is what is meant: no copy needed
  auto finish = [&](size_t end) {
    std::string_view text = plain ? text_.substr(first, end - first) : std::string_view(decoded);
    if (bytes) {
      Emit(TokenKind::kBytes, begin, constants_.NewBytes(text));
    } else {
      Emit(TokenKind::kString, begin, constants_.NewString(text));
    }
  };
  auto unplain = [&] {
    if (plain) decoded = std::string(text_.substr(first, at_ - first));
    plain = false;
  };
  while (!AtEnd()) {
    const char c = Peek();
    if (c == quote && (!triple || (Peek(1) == quote && Peek(2) == quote))) {
      const size_t end = at_;
      at_ += triple ? 3 : 1;
      finish(end);
      return;
    }
    if (c == '\n' || c == '\r') {
      if (!triple) break;
      if (c == '\r') {
        unplain();
        if (Peek(1) == '\n') ++at_;
        decoded += '\n';
      } else if (!plain) {
        decoded += c;
      }
      ++at_;
    } else if (c == '\\') {
      unplain();
      ScanEscape(raw, bytes, decoded);
    } else {
      if (!plain) decoded += c;
      ++at_;
    }
  }
  cut_short_ |= triple;
  Error(begin, triple ? "unterminated string literal at end of file" : "unclosed string literal");
  finish(at_);
}

// At the backslash.
void Scanner::ScanEscape(bool raw, bool bytes, std::string& out) {
  const size_t begin = at_++;
  if (AtEnd()) return;
  const char c = Peek();
  if (raw) {
    out += '\\';
    if (c == '\r' && Peek(1) == '\n') ++at_;
    out += c == '\r' ? '\n' : c;
    ++at_;
    return;
  }
  ++at_;
  switch (c) {
    case 'a': out += '\a'; return;
    case 'b': out += '\b'; return;
    case 'f': out += '\f'; return;
    case 'n': out += '\n'; return;
    case 'r': out += '\r'; return;
    case 't': out += '\t'; return;
    case 'v': out += '\v'; return;
    case '\\':
    case '\'':
    case '"': out += c; return;
    case '\n': return;
    case '\r':
      if (Peek() == '\n') ++at_;
      return;
    case 'x': ScanCodeEscape(begin, 2, bytes, out); return;
    case 'u': ScanCodeEscape(begin, 4, bytes, out); return;
    case 'U': ScanCodeEscape(begin, 8, bytes, out); return;
    default: break;
  }
  if (!IsOctal(c)) {
    std::string_view shown =
        text_.substr(begin, 1 + std::max<size_t>(ValidSequence(text_, begin + 1), 1));
    Error(begin, absl::StrCat("invalid escape sequence: ", shown, "; use '\\\\' to insert '\\'"));
    out += '\\';
    out += c;
    return;
  }
  int code = c - '0';
  for (int i = 0; i < 2 && IsOctal(Peek()); ++i, ++at_) code = code * 8 + (Peek() - '0');
  if (code > 255) {
    Error(begin, "octal escape sequence out of range (maximum is \\377)");
  } else if (code > 127 && !bytes) {
    Error(begin, absl::StrFormat("non-ASCII octal escape \\%o (use \\u%04X for the UTF-8 encoding "
                                 "of U+%04X)", code, code, code));
  }
  out += static_cast<char>(code);
}

// \xHH, \uXXXX, \UXXXXXXXX: at the first digit.
void Scanner::ScanCodeEscape(size_t begin, int digits, bool bytes, std::string& out) {
  uint32_t code = 0;
  for (int i = 0; i < digits; ++i, ++at_) {
    if (!IsHex(Peek())) {
      Error(begin, absl::StrCat("truncated escape sequence ", text_.substr(begin, at_ - begin),
                                ": ", digits, " hexadecimal digits are needed"));
      return;
    }
    const char c = Peek();
    code = code * 16 + static_cast<uint32_t>(IsDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  if (digits == 2) {
    if (code > 127 && !bytes) {
      Error(begin, absl::StrFormat("non-ASCII hex escape \\x%02X (use \\u%04X for the UTF-8 "
                                   "encoding of U+%04X)", code, code, code));
    }
    out += static_cast<char>(code);
    return;
  }
  if (code > 0x10ffff) {
    Error(begin, absl::StrFormat("code point out of range: %s (max \\U0010FFFF)",
                                 text_.substr(begin, at_ - begin)));
  } else if (code >= 0xd800 && code <= 0xdfff) {
    Error(begin, absl::StrFormat("invalid Unicode code point U+%04X", code));
  } else {
    AppendUtf8(code, out);
  }
}

}  // namespace cow::starlark
