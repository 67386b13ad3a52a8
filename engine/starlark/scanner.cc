#include "engine/starlark/scanner.h"

#include <array>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/starlark/elems_value.h"

namespace cow::starlark {

namespace {

constexpr std::pair<std::string_view, TokenKind> kKeywords[] = {
    {"and", TokenKind::kAnd},
    {"break", TokenKind::kBreak},
    {"continue", TokenKind::kContinue},
    {"def", TokenKind::kDef},
    {"elif", TokenKind::kElif},
    {"else", TokenKind::kElse},
    {"for", TokenKind::kFor},
    {"if", TokenKind::kIf},
    {"in", TokenKind::kIn},
    {"lambda", TokenKind::kLambda},
    {"load", TokenKind::kLoad},
    {"not", TokenKind::kNot},
    {"or", TokenKind::kOr},
    {"pass", TokenKind::kPass},
    {"return", TokenKind::kReturn},
    {"as", TokenKind::kReserved},
    {"assert", TokenKind::kReserved},
    {"async", TokenKind::kReserved},
    {"await", TokenKind::kReserved},
    {"class", TokenKind::kReserved},
    {"del", TokenKind::kReserved},
    {"except", TokenKind::kReserved},
    {"finally", TokenKind::kReserved},
    {"from", TokenKind::kReserved},
    {"global", TokenKind::kReserved},
    {"import", TokenKind::kReserved},
    {"is", TokenKind::kReserved},
    {"nonlocal", TokenKind::kReserved},
    {"raise", TokenKind::kReserved},
    {"try", TokenKind::kReserved},
    {"while", TokenKind::kReserved},
    {"with", TokenKind::kReserved},
    {"yield", TokenKind::kReserved},
};

// Longest first.
constexpr std::pair<std::string_view, TokenKind> kPunctuation[] = {
    {"//=", TokenKind::kSlashSlashEq},
    {"<<=", TokenKind::kLess2Eq},
    {">>=", TokenKind::kGreater2Eq},
    {"//", TokenKind::kSlashSlash},
    {"**", TokenKind::kStarStar},
    {"<<", TokenKind::kLess2},
    {">>", TokenKind::kGreater2},
    {"<=", TokenKind::kLessEq},
    {">=", TokenKind::kGreaterEq},
    {"==", TokenKind::kEq},
    {"!=", TokenKind::kNotEq},
    {"+=", TokenKind::kPlusEq},
    {"-=", TokenKind::kMinusEq},
    {"*=", TokenKind::kStarEq},
    {"/=", TokenKind::kSlashEq},
    {"%=", TokenKind::kPercentEq},
    {"&=", TokenKind::kAmpEq},
    {"|=", TokenKind::kPipeEq},
    {"^=", TokenKind::kCaretEq},
    {"->", TokenKind::kArrow},
    {"+", TokenKind::kPlus},
    {"-", TokenKind::kMinus},
    {"*", TokenKind::kStar},
    {"/", TokenKind::kSlash},
    {"%", TokenKind::kPercent},
    {"~", TokenKind::kTilde},
    {"&", TokenKind::kAmp},
    {"|", TokenKind::kPipe},
    {"^", TokenKind::kCaret},
    {".", TokenKind::kDot},
    {",", TokenKind::kComma},
    {";", TokenKind::kSemicolon},
    {":", TokenKind::kColon},
    {"=", TokenKind::kEquals},
    {"(", TokenKind::kLparen},
    {")", TokenKind::kRparen},
    {"[", TokenKind::kLbracket},
    {"]", TokenKind::kRbracket},
    {"{", TokenKind::kLbrace},
    {"}", TokenKind::kRbrace},
    {"<", TokenKind::kLess},
    {">", TokenKind::kGreater},
};

// By first character: where its signs begin in kPunctuation; behind the end if there are none.
constexpr auto kFirstSign = [] {
  std::array<uint8_t, 128> first{};
  first.fill(std::size(kPunctuation));
  for (size_t i = std::size(kPunctuation); i-- > 0;) {
    first[static_cast<unsigned char>(kPunctuation[i].first[0])] = static_cast<uint8_t>(i);
  }
  return first;
}();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAsciiLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Beyond ASCII every code point is a letter, except the blocks of spaces and punctuation.
bool IsOtherLetter(uint32_t codepoint) {
  if (codepoint < 0xc0) return codepoint == 0xaa || codepoint == 0xb5 || codepoint == 0xba;
  if (codepoint == 0xd7 || codepoint == 0xf7 || codepoint == 0xfeff) return false;
  if (codepoint >= 0x2000 && codepoint <= 0x206f) return false;
  if (codepoint >= 0x2190 && codepoint <= 0x2bff) return false;
  if (codepoint >= 0x3000 && codepoint <= 0x3004) return false;
  return codepoint < 0xe000 || codepoint > 0xf8ff;
}

}  // namespace

std::string_view TokenName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEnd: return "end of file";
    case TokenKind::kNewline: return "newline";
    case TokenKind::kIndent: return "indent";
    case TokenKind::kOutdent: return "outdent";
    case TokenKind::kName: return "identifier";
    case TokenKind::kInt: return "integer literal";
    case TokenKind::kFloat: return "float literal";
    case TokenKind::kString: return "string literal";
    case TokenKind::kBytes: return "bytes literal";
    case TokenKind::kIllegal: return "illegal character";
    default: break;
  }
  for (const auto& [text, punctuation] : kPunctuation) {
    if (punctuation == kind) return text;
  }
  for (const auto& [text, keyword] : kKeywords) {
    if (keyword == kind) return text;
  }
  return "reserved word";
}

Scanner::Scanner(std::string_view text, Heap& constants, StaticErrors& errors)
    : text_(text), constants_(constants), errors_(errors) {
  for (const auto& [word, kind] : kKeywords) words_[word] = {kind, nullptr};
  tokens_.reserve(text.size() / 5 + 8);
}

void Scanner::Emit(TokenKind kind, size_t begin, Value value) {
  tokens_.push_back({kind, static_cast<uint32_t>(begin), static_cast<uint32_t>(at_), value});
}

std::vector<Token> Scanner::Scan() {
  while (!AtEnd()) {
    if (line_start_) {
      ScanIndentation();
    } else {
      ScanToken();
    }
  }
  if (!brackets_.empty()) {
    cut_short_ = true;
    Error(brackets_.back(),
          absl::StrCat("'", text_.substr(brackets_.back(), 1), "' was never closed"));
  }
  if (!tokens_.empty() && tokens_.back().kind != TokenKind::kNewline &&
      tokens_.back().kind != TokenKind::kOutdent) {
    Emit(TokenKind::kNewline, at_);
  }
  for (; indents_.size() > 1; indents_.pop_back()) Emit(TokenKind::kOutdent, at_);
  Emit(TokenKind::kEnd, at_);
  return std::move(tokens_);
}

// At the start of a logical line. Lines of nothing but blanks and a comment leave no token.
void Scanner::ScanIndentation() {
  int indent = 0;
  bool tab = false;
  size_t tab_at = 0;
  for (;; ++at_) {
    const char c = Peek();
    if (c == ' ') {
      ++indent;
    } else if (c == '\t' && !AtEnd()) {
      if (!tab) tab_at = at_;
      tab = true;
      indent += 8 - indent % 8;
    } else {
      break;
    }
  }
  if (Peek() == '#') SkipComment();
  if (AtEnd()) return;
  if (Peek() == '\n' || Peek() == '\r') {
    ++at_;
    return;
  }
  line_start_ = false;
  if (tab) Error(tab_at, "tab characters are not allowed for indentation; use spaces instead");
  if (indent > indents_.back()) {
    indents_.push_back(indent);
    Emit(TokenKind::kIndent, at_);
    return;
  }
  while (indent < indents_.back()) {
    indents_.pop_back();
    Emit(TokenKind::kOutdent, at_);
  }
  if (indent != indents_.back()) {
    Error(at_, "indentation error: unindent does not match any outer indentation level");
  }
}

void Scanner::SkipComment() {
  while (!AtEnd() && Peek() != '\n' && Peek() != '\r') ++at_;
}

void Scanner::ScanNewline() {
  const size_t begin = at_;
  if (Peek() == '\r' && Peek(1) == '\n') ++at_;
  ++at_;
  if (!brackets_.empty()) return;
  line_start_ = true;
  tokens_.push_back({TokenKind::kNewline, static_cast<uint32_t>(begin),
                     static_cast<uint32_t>(begin + 1), Value()});
}

void Scanner::ScanToken() {
  const char c = Peek();
  switch (c) {
    case ' ':
    case '\t': ++at_; return;
    case '\n':
    case '\r': ScanNewline(); return;
    case '#': SkipComment(); return;
    case '\\':
      if (Peek(1) == '\n') {
        at_ += 2;
        cut_short_ |= AtEnd();
        return;
      }
      if (Peek(1) == '\r') {
        at_ += Peek(2) == '\n' ? 3 : 2;
        cut_short_ |= AtEnd();
        return;
      }
      InvalidCharacter();
      return;
    case '"':
    case '\'': ScanString(at_, false, false); return;
    default: break;
  }
  if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
    ScanNumber();
  } else if (IsAsciiLetter(c) || static_cast<unsigned char>(c) >= 0x80) {
    ScanWord();
  } else {
    ScanPunctuation();
  }
}

bool Scanner::ScanLetter() {
  const char c = Peek();
  if (IsAsciiLetter(c) || IsDigit(c)) {
    ++at_;
    return true;
  }
  if (static_cast<unsigned char>(c) < 0x80 || ValidSequence(text_, at_) == 0) return false;
  size_t next = at_;
  if (!IsOtherLetter(NextCodepoint(text_, &next))) return false;
  at_ = next;
  return true;
}

void Scanner::ScanWord() {
  const size_t begin = at_;
  while (ScanLetter()) {
  }
  if (at_ == begin) {
    InvalidCharacter();
    return;
  }
  std::string_view word = text_.substr(begin, at_ - begin);
  if (word.size() <= 2 && (Peek() == '"' || Peek() == '\'')) {
    if (word == "r" || word == "b" || word == "rb" || word == "br") {
      ScanString(begin, word.find('r') != word.npos, word.find('b') != word.npos);
      return;
    }
  }
  auto [entry, inserted] = words_.try_emplace(word, Word{TokenKind::kName, nullptr});
  if (inserted) entry->second.name = Intern(word);
  const Word known = entry->second;
  if (!brackets_.empty() && EndOpenBrackets(known.kind, begin)) return;
  Emit(known.kind, begin, known.name == nullptr ? Value() : Value(known.name));
}

// A line that begins with a word which begins statements only, in open brackets: they were
// forgotten. Says so and goes back to the start of that line, now outside of brackets.
bool Scanner::EndOpenBrackets(TokenKind kind, size_t word) {
  switch (kind) {
    case TokenKind::kDef:
    case TokenKind::kLoad:
    case TokenKind::kPass:
    case TokenKind::kReturn:
    case TokenKind::kBreak:
    case TokenKind::kContinue: break;
    default: return false;
  }
  const size_t before = text_.find_last_not_of(" \t", word == 0 ? 0 : word - 1);
  if (before == text_.npos || (text_[before] != '\n' && text_[before] != '\r')) return false;
  Error(brackets_.back(),
        absl::StrCat("'", text_.substr(brackets_.back(), 1), "' was never closed"));
  brackets_.clear();
  at_ = before + 1;
  Emit(TokenKind::kIllegal, before);  // the parser need not tell, too
  Emit(TokenKind::kNewline, before);
  line_start_ = true;
  return true;
}

void Scanner::ScanPunctuation() {
  const size_t begin = at_;
  for (size_t i = kFirstSign[static_cast<unsigned char>(Peek()) & 127]; i < std::size(kPunctuation);
       ++i) {
    const auto& [text, kind] = kPunctuation[i];
    if (text[0] != Peek() || text_.substr(at_, text.size()) != text) continue;
    at_ += text.size();
    switch (kind) {
      case TokenKind::kLparen:
      case TokenKind::kLbracket:
      case TokenKind::kLbrace: brackets_.push_back(begin); break;
      case TokenKind::kRparen:
      case TokenKind::kRbracket:
      case TokenKind::kRbrace:
        if (!brackets_.empty()) brackets_.pop_back();
        break;
      default: break;
    }
    Emit(kind, begin);
    return;
  }
  InvalidCharacter();
}

void Scanner::InvalidCharacter() {
  const size_t begin = at_;
  const size_t length = ValidSequence(text_, at_);
  if (length == 0 || (length == 1 && static_cast<unsigned char>(Peek()) < 0x20)) {
    constexpr char kHex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(Peek());
    Error(begin, absl::StrCat("invalid character: '\\x", std::string(1, kHex[byte >> 4]),
                              std::string(1, kHex[byte & 15]), "'"));
  } else {
    Error(begin, absl::StrCat("invalid character: '", text_.substr(begin, length), "'"));
  }
  at_ += length == 0 ? 1 : length;
  Emit(TokenKind::kIllegal, begin);
}

}  // namespace cow::starlark
