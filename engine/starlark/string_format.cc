// string % value, and string.format.
#include <charconv>
#include <cmath>
#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/elems_value.h"
#include "engine/starlark/metered_text.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operators.h"
#include "engine/starlark/quote.h"
#include "engine/starlark/string_methods.h"

namespace cow::starlark {

namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendQuoted(text, out);
  return out;
}

absl::Status WrongOperand(Value operand, char conversion, std::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat("got ", TypeName(operand), " for '%",
                                                 std::string(1, conversion), "' format, want ",
                                                 want));
}

absl::Status AppendInteger(Value operand, char conversion, std::string& out) {
  Heap scratch;
  Value number = operand;
  if (IsFloat(operand)) {
    if (!std::isfinite(FloatOf(operand))) {
      return absl::InvalidArgumentError(
          absl::StrCat("can't convert float ", FloatToString(FloatOf(operand)), " to int"));
    }
    number = IntFromDouble(scratch, FloatOf(operand));
  } else if (!IsInt(operand)) {
    return WrongOperand(operand, conversion, "int or float");
  }
  const int base = conversion == 'd' || conversion == 'i' ? 10 : conversion == 'o' ? 8 : 16;
  std::string text = IntToString(number, base);
  if (conversion == 'X') {
    for (char& c : text) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  }
  out += text;
  return absl::OkStatus();
}

absl::Status AppendFloat(Value operand, char conversion, std::string& out) {
  double number;
  if (IsFloat(operand)) {
    number = FloatOf(operand);
  } else if (IsInt(operand)) {
    COW_ASSIGN_OR_RETURN(number, IntToDouble(operand));
  } else {
    return WrongOperand(operand, conversion, "int or float");
  }
  if (!std::isfinite(number)) {
    out += FloatToString(number);
    return absl::OkStatus();
  }
  if (conversion == 'g' || conversion == 'G') {
    std::string text = FloatToString(number);
    if (conversion == 'G') {
      for (char& c : text) c = c == 'e' ? 'E' : c;
    }
    out += text;
    return absl::OkStatus();
  }
  char buffer[400];
  const char format[] = {'%', conversion, '\0'};
  const int length = std::snprintf(buffer, sizeof buffer, format, number);
  out.append(buffer, static_cast<size_t>(length));
  return absl::OkStatus();
}

absl::Status AppendCharacter(Value operand, std::string& out) {
  if (const String* text = operand.As<String>()) {
    size_t at = 0;
    if (text->size() > 0) NextCodepoint(text->view(), &at);
    if (text->size() == 0 || at != text->size()) {
      return absl::InvalidArgumentError("%c format requires a single-character string");
    }
    out += text->view();
    return absl::OkStatus();
  }
  const std::optional<int64_t> code = operand.ToInt64();
  if (!code) return WrongOperand(operand, 'c', "int or single-character string");
  if (*code < 0 || *code > 0x10ffff) {
    return absl::InvalidArgumentError(
        absl::StrCat("%c format requires a valid Unicode code point, got ", *code));
  }
  const bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
  AppendUtf8(surrogate ? 0xfffd : static_cast<uint32_t>(*code), out);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Value> FormatPercent(Heap& heap, std::string_view format, Value operand) {
  const Tuple* tuple = operand.As<Tuple>();
  std::span<const Value> operands =
      tuple != nullptr ? tuple->elements() : std::span<const Value>(&operand, 1);
  size_t next = 0;
  std::string out;
  MeteredText metered(out);
  for (size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      const size_t end = std::min(format.find('%', at), format.size());
      COW_RETURN_IF_ERROR(metered.Append(format.substr(at, end - at)));
      at = end - 1;
      continue;
    }
    COW_RETURN_IF_ERROR(metered.Check());
    if (++at == format.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("incomplete format pattern ends with %: ", Quoted(format)));
    }
    const char conversion = format[at];
    if (conversion == '%') {
      out += '%';
      continue;
    }
    if (std::string_view("srdioxXeEfFgGc").find(conversion) == std::string_view::npos) {
      const size_t length = std::max<size_t>(ValidSequence(format, at), 1);
      return absl::InvalidArgumentError(
          absl::StrCat("unsupported format character ", Quoted(format.substr(at, length)),
                       " at index ", at, " in ", Quoted(format)));
    }
    if (next == operands.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "not enough arguments for format pattern ", Quoted(format), ": ", Repr(operand)));
    }
    const Value value = operands[next++];
    absl::Status status;
    switch (conversion) {
      case 's': AppendStr(value, out); break;
      case 'r': AppendRepr(value, out); break;
      case 'c': status = AppendCharacter(value, out); break;
      case 'd':
      case 'i':
      case 'o':
      case 'x':
      case 'X': status = AppendInteger(value, conversion, out); break;
      default: status = AppendFloat(value, conversion, out); break;
    }
    COW_RETURN_IF_ERROR(status);
  }
  if (next < operands.size()) {
    return absl::InvalidArgumentError("not all arguments converted during string formatting");
  }
  COW_RETURN_IF_ERROR(CheckWorkingMemory(out.size()));
  return heap.NewString(out);
}

namespace string_methods {

namespace {

// Replacement fields of one call of format().
class Formatter {
 public:
  explicit Formatter(const Arguments& args) : args_(args), format_(Self(args)) {}

  absl::StatusOr<std::string> Run() {
    std::string out;
    MeteredText metered(out);
    for (size_t at = 0; at < format_.size();) {
      COW_RETURN_IF_ERROR(metered.Check());
      const char c = format_[at];
      const char next = at + 1 < format_.size() ? format_[at + 1] : '\0';
      if (c != '{' && c != '}') {
        out += c;
        ++at;
      } else if (next == c) {
        out += c;
        at += 2;
      } else if (c == '}') {
        return absl::InvalidArgumentError("Found '}' without matching '{'");
      } else {
        const size_t end = format_.find('}', at);
        if (end == std::string_view::npos) {
          return absl::InvalidArgumentError("Found '{' without matching '}'");
        }
        COW_RETURN_IF_ERROR(Field(format_.substr(at + 1, end - at - 1), out));
        at = end + 1;
      }
    }
    return out;
  }

 private:
  absl::Status Field(std::string_view field, std::string& out) {
    if (field.find('{') != std::string_view::npos) {
      return absl::InvalidArgumentError("Nested replacement fields are not supported");
    }
    char conversion = 's';
    const size_t mark = field.find('!');
    if (mark != std::string_view::npos) {
      std::string_view wanted = field.substr(mark + 1);
      if (wanted != "s" && wanted != "r") {
        return absl::InvalidArgumentError(absl::StrCat("unknown conversion '!", wanted, "'"));
      }
      conversion = wanted[0];
      field = field.substr(0, mark);
    }
    if (field.find_first_of("[].:,") != std::string_view::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("Invalid character in replacement field: '", field, "'"));
    }
    COW_ASSIGN_OR_RETURN(Value value, Lookup(field));
    conversion == 's' ? AppendStr(value, out) : AppendRepr(value, out);
    return absl::OkStatus();
  }

  absl::StatusOr<Value> Lookup(std::string_view field) {
    if (field.empty()) {
      if (manual_) return Mixed();
      automatic_ = true;
      return Positional(next_++);
    }
    if (field.find_first_not_of("0123456789") == std::string_view::npos) {
      if (automatic_) return Mixed();
      manual_ = true;
      uint64_t index;
      if (!absl::SimpleAtoi(field, &index)) index = UINT64_MAX;
      return Positional(index);
    }
    COW_RETURN_IF_ERROR(ChargeWork(1 + args_.named().size() / 4));
    const Value value = args_.FindNamed(field);
    if (value.IsUnset()) {
      return absl::InvalidArgumentError(absl::StrCat("Missing argument '", field, "'"));
    }
    return value;
  }

  absl::StatusOr<Value> Positional(uint64_t index) const {
    if (index < args_.positional().size()) return args_.positional()[index];
    return absl::InvalidArgumentError(absl::StrCat("No replacement found for index ", index));
  }

  static absl::Status Mixed() {
    return absl::InvalidArgumentError(
        "Cannot mix manual and automatic numbering of positional fields");
  }

  const Arguments& args_;
  std::string_view format_;
  uint64_t next_ = 0;
  bool automatic_ = false;
  bool manual_ = false;
};

}  // namespace

Result Format(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(std::string out, Formatter(args).Run());
  COW_RETURN_IF_ERROR(CheckWorkingMemory(out.size()));
  return thread.heap().NewString(out);
}

}  // namespace string_methods

}  // namespace cow::starlark
