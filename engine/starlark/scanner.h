// Scanner: source text -> tokens, with newlines and indentation as tokens of their own.
//
// Never fails: what is not a token is reported and skipped. The last token is kEnd.
#pragma once

#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/static_errors.h"
#include "engine/starlark/token.h"

namespace cow::starlark {

class Scanner {
 public:
  // Literals are made in `constants`.
  Scanner(std::string_view text, Heap& constants, StaticErrors& errors);

  std::vector<Token> Scan();

  // After Scan: the text ended inside of brackets, of a string in triple quotes, or behind a
  // backslash.
  bool cut_short() const { return cut_short_; }

 private:
  struct Word {
    TokenKind kind;
    const String* name;
  };

  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool AtEnd() const { return at_ >= text_.size(); }
  void Emit(TokenKind kind, size_t begin, Value value = Value());
  void Error(size_t offset, std::string_view message) { errors_.Add(offset, message); }

  void ScanIndentation();
  void ScanToken();
  void ScanNewline();
  void SkipComment();
  void ScanWord();
  bool EndOpenBrackets(TokenKind kind, size_t word);
  bool ScanLetter();
  void ScanPunctuation();
  void InvalidCharacter();

  // scanner_literals.cc
  void ScanNumber();
  void ScanPrefixedNumber(size_t begin);
  void ScanString(size_t begin, bool raw, bool bytes);
  void ScanEscape(bool raw, bool bytes, std::string& out);
  void ScanCodeEscape(size_t begin, int digits, bool bytes, std::string& out);

  std::string_view text_;
  Heap& constants_;
  StaticErrors& errors_;
  size_t at_ = 0;
  std::vector<size_t> brackets_;  // open ones, outermost first
  bool line_start_ = true;
  bool cut_short_ = false;
  std::vector<int> indents_{0};
  std::vector<Token> tokens_;
  absl::flat_hash_map<std::string_view, Word> words_;
};

}  // namespace cow::starlark
