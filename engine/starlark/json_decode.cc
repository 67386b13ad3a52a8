#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/elems_value.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operations.h"

namespace cow::starlark {

namespace {

constexpr int kMaxDepth = 1000;

class Decoder {
 public:
  Decoder(Heap& heap, std::string_view text) : heap_(heap), text_(text) {}

  absl::StatusOr<Value> Decode() {
    COW_RETURN_IF_ERROR(ChargeWork(SingleBytes(text_.size())));
    COW_ASSIGN_OR_RETURN(Value value, ParseValue());
    SkipSpace();
    if (at_ < text_.size()) {
      return Fail(absl::StrCat("unexpected character ", Shown(), " after value"));
    }
    return value;
  }

 private:
  absl::Status Fail(std::string_view message) const {
    return absl::InvalidArgumentError(absl::StrCat("at offset ", at_, ", ", message));
  }

  absl::Status ChargeContainer() {
    COW_RETURN_IF_ERROR(ChargeWork(2));
    return heap_.CheckRoom(0);
  }

  std::string Shown() const {
    return absl::StrCat("'", text_.substr(at_, std::max<size_t>(ValidSequence(text_, at_), 1)),
                        "'");
  }

  void SkipSpace() {
    while (at_ < text_.size() && std::string_view(" \t\n\r").find(text_[at_]) != text_.npos) ++at_;
  }

  // The next character that is not space, or '\0' at the end.
  char Peek() {
    SkipSpace();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool Word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  absl::StatusOr<Value> ParseValue() {
    const char c = Peek();
    if (at_ == text_.size()) return Fail("unexpected end of file");
    if (c == '"') return ParseString();
    if (c == '{' || c == '[') {
      if (++depth_ > kMaxDepth) return Fail("nesting depth limit exceeded");
      absl::StatusOr<Value> value = c == '{' ? ParseObject() : ParseArray();
      --depth_;
      return value;
    }
    if (c == '-' || (c >= '0' && c <= '9')) return ParseNumber();
    if (Word("null")) return Value::None();
    if (Word("true")) return Value::Bool(true);
    if (Word("false")) return Value::Bool(false);
    return Fail(absl::StrCat("unexpected character ", Shown()));
  }

  absl::StatusOr<Value> ParseArray() {
    ++at_;
    COW_RETURN_IF_ERROR(ChargeContainer());
    List* list = heap_.NewList();
    if (Peek() == ']') {
      ++at_;
      return list;
    }
    for (;;) {
      COW_ASSIGN_OR_RETURN(Value value, ParseValue());
      COW_RETURN_IF_ERROR(list->Append(value));
      const char c = Peek();
      if (c == ']') {
        ++at_;
        return list;
      }
      if (c != ',') return Fail(Unexpected("in array, got", "',' or ']'"));
      ++at_;
      if (Peek() == ']') return Fail("unexpected character ']'");
    }
  }

  absl::StatusOr<Value> ParseObject() {
    ++at_;
    COW_RETURN_IF_ERROR(ChargeContainer());
    Dict* dict = heap_.NewDict();
    if (Peek() == '}') {
      ++at_;
      return dict;
    }
    for (;;) {
      if (Peek() != '"') return Fail(Unexpected("in object, got", "string key"));
      const size_t key_at = at_;
      COW_ASSIGN_OR_RETURN(Value key, ParseString());
      if (Peek() != ':') return Fail(Unexpected("after object key, got", "':'"));
      ++at_;
      COW_ASSIGN_OR_RETURN(Value value, ParseValue());
      const size_t before = dict->size();
      COW_RETURN_IF_ERROR(dict->Set(key, value));
      if (dict->size() == before) {
        at_ = key_at;
        return Fail(absl::StrCat("object has duplicate key: ", Repr(key)));
      }
      const char c = Peek();
      if (c == '}') {
        ++at_;
        return dict;
      }
      if (c != ',') return Fail(Unexpected("in object, got", "',' or '}'"));
      ++at_;
    }
  }

  std::string Unexpected(std::string_view where, std::string_view want) const {
    return absl::StrCat(where, " ", at_ < text_.size() ? Shown() : "end of file", ", want ", want);
  }

  absl::StatusOr<Value> ParseNumber() {
    const size_t begin = at_;
    auto digits = [&] {
      const size_t first = at_;
      while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
      return at_ - first;
    };
    auto at = [&](char c) { return at_ < text_.size() && text_[at_] == c; };
    bool negative = at('-');
    if (negative) ++at_;
    const size_t first = at_;
    const size_t count = digits();
    bool valid = count > 0 && !(count > 1 && text_[first] == '0');
    const size_t integer_end = at_;
    bool fraction = false;
    if (at('.')) {
      ++at_;
      fraction = true;
      valid = digits() > 0 && valid;
    }
    if (at('e') || at('E')) {
      ++at_;
      fraction = true;
      if (at('+') || at('-')) ++at_;
      valid = digits() > 0 && valid;
    }
    std::string_view literal = text_.substr(begin, at_ - begin);
    if (!valid) return Fail(absl::StrCat("invalid number: ", literal));
    if (fraction) return heap_.NewFloat(std::strtod(std::string(literal).c_str(), nullptr));
    if (count > kMaxIntDigits) return Fail("number has too many digits");
    Value value;
    IntFromDigits(heap_, text_.substr(first, integer_end - first), 10, &value);
    return negative ? IntNegate(heap_, value) : value;
  }

  absl::StatusOr<Value> ParseString() {
    const size_t begin = at_++;
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x20) return Fail(absl::StrCat("invalid character ", Shown(), " in string literal"));
      if (c == '\\') {
        COW_RETURN_IF_ERROR(ParseEscape(out));
      } else {
        out += text_[at_++];
      }
    }
    if (at_ == text_.size()) {
      at_ = begin;
      return Fail("unclosed string literal");
    }
    ++at_;
    return heap_.NewString(out);
  }

  absl::Status ParseEscape(std::string& out) {
    constexpr std::string_view kNames = "bfnrt\"\\/";
    constexpr std::string_view kBytes = "\b\f\n\r\t\"\\/";
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (c == 'u') {
      uint32_t code;
      if (!ParseCode(&code)) return Fail("incomplete or invalid \\uXXXX escape");
      if (code >= 0xd800 && code < 0xdc00) {
        uint32_t low;
        const size_t behind = at_;
        if (ParseCode(&low) && low >= 0xdc00 && low < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        } else {
          at_ = behind;
        }
      }
      AppendUtf8(code >= 0xd800 && code < 0xe000 ? 0xfffd : code, out);
      return absl::OkStatus();
    }
    const size_t which = kNames.find(c);
    if (c == '\0' || which == kNames.npos) {
      return Fail(absl::StrCat("invalid escape '\\", std::string(1, c), "'"));
    }
    out += kBytes[which];
    at_ += 2;
    return absl::OkStatus();
  }

  // \uXXXX
  bool ParseCode(uint32_t* code) {
    if (text_.substr(at_, 2) != "\\u" || text_.size() - at_ < 6) return false;
    *code = 0;
    for (size_t i = 2; i < 6; ++i) {
      const char c = text_[at_ + i];
      const char lower = static_cast<char>(c | 0x20);
      if (c >= '0' && c <= '9') {
        *code = *code * 16 + static_cast<uint32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        *code = *code * 16 + static_cast<uint32_t>(lower - 'a' + 10);
      } else {
        return false;
      }
    }
    at_ += 6;
    return true;
  }

  Heap& heap_;
  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<Value> JsonDecode(Heap& heap, std::string_view text) {
  return Decoder(heap, text).Decode();
}

}  // namespace cow::starlark
