// Universal functions about types, text and attributes.
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/elems_value.h"
#include "engine/starlark/metered_text.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operators.h"
#include "engine/starlark/universe.h"

namespace cow::starlark {

namespace {

using Result = absl::StatusOr<Value>;

// The commonest signature: exactly one positional argument.
absl::StatusOr<Value> OneArgument(const Arguments& args) {
  if (args.positional().size() == 1 && args.named().empty()) return args.positional()[0];
  Value x;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("x", &x))}));
  return x;
}

Result Abs(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, OneArgument(args));
  if (IsInt(x)) return IntSign(x) < 0 ? IntNegate(thread.heap(), x) : x;
  if (IsFloat(x)) return thread.heap().NewFloat(std::abs(FloatOf(x)));
  return absl::InvalidArgumentError(
      absl::StrCat("in call to abs(), parameter 'x' got value of type '", TypeName(x),
                   "', want 'int or float'"));
}

Result Bool(Thread&, const Arguments& args) {
  Value x = Value::Bool(false);
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Optional("x", &x))}));
  return Value::Bool(Truth(x));
}

Result MakeBytes(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, OneArgument(args));
  if (x.Is(Kind::kBytes)) return x;
  if (const String* text = x.As<String>()) {
    // Text that is not UTF-8 gets replacement characters.
    COW_RETURN_IF_ERROR(ChargeWork(SingleBytes(text->size())));
    COW_RETURN_IF_ERROR(CheckWorkingMemory(TextRoom(text->size())));
    std::string bytes;
    for (size_t at = 0; at < text->size();) AppendUtf8(NextCodepoint(text->view(), &at), bytes);
    return thread.heap().NewBytes(bytes);
  }
  if (!IsIterable(x)) {
    return absl::InvalidArgumentError(
        absl::StrCat("in call to bytes(), parameter 'x' got value of type '", TypeName(x),
                     "', want 'string, bytes, or iterable of ints'"));
  }
  std::string bytes;
  MeteredText metered(bytes);
  COW_RETURN_IF_ERROR(ForEach(x, [&](Value element) -> absl::Status {
    const std::optional<int64_t> byte = element.ToInt64();
    if (!byte || *byte < 0 || *byte > 255) {
      return absl::InvalidArgumentError(absl::StrCat("at index ", bytes.size(), ", ", Repr(element),
                                                     " is not an int in range [0, 255]"));
    }
    bytes += static_cast<char>(*byte);
    return metered.Check();
  }));
  return thread.heap().NewBytes(bytes);
}

Result Dir(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, OneArgument(args));
  return thread.heap().NewStringList(AttrNames(x));
}

Result Fail(Thread&, const Arguments& args) {
  std::vector<Value> values;
  std::optional<std::string> sep;
  Value msg;
  std::optional<std::string> attr;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Rest(&values), Noneable(KwOptional("msg", &msg)),
                                        KwOptional("attr", &attr), KwOptional("sep", &sep)}));
  std::string text;
  if (attr) absl::StrAppend(&text, "attribute ", *attr, ": ");
  std::string_view between = "";
  if (!msg.IsUnset()) values.insert(values.begin(), msg);
  for (Value value : values) {
    text += between;
    AppendStr(value, text);
    between = sep ? std::string_view(*sep) : " ";
  }
  return absl::AbortedError(text);
}

Result MakeFloat(Thread& thread, const Arguments& args) {
  Value x = Value::SmallInt(0);
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Optional("x", &x))}));
  Heap& heap = thread.heap();
  if (x.IsBool()) return heap.NewFloat(x.boolean() ? 1.0 : 0.0);
  if (IsFloat(x)) return x;
  if (IsInt(x)) {
    COW_ASSIGN_OR_RETURN(double number, IntToDouble(x));
    return heap.NewFloat(number);
  }
  const String* text = x.As<String>();
  if (text == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("got ", TypeName(x), ", want string, int, float, or bool"));
  }
  double number;
  if (!ParseFloat(text->view(), &number)) {
    return absl::InvalidArgumentError(absl::StrCat("invalid float literal: ", text->view()));
  }
  const bool spelled_out = text->view().find_first_of("iI") != std::string_view::npos;
  if (std::isinf(number) && !spelled_out) {
    return absl::InvalidArgumentError("floating-point number too large");
  }
  return heap.NewFloat(number);
}

Result GetAttribute(Thread& thread, const Arguments& args) {
  Value x;
  const String* name;
  Value fallback;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("x", &x)),
                                        PositionalOnly(Required("name", &name)),
                                        PositionalOnly(Optional("default", &fallback))}));
  COW_ASSIGN_OR_RETURN(const String* attribute, InternMetered(*name));
  COW_ASSIGN_OR_RETURN(Value value, GetAttr(thread, x, attribute));
  if (!value.IsUnset()) return value;
  if (!fallback.IsUnset()) return fallback;
  return NoSuchAttribute(x, name->view());
}

Result HasAttribute(Thread& thread, const Arguments& args) {
  Value x;
  const String* name;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("x", &x)),
                                        PositionalOnly(Required("name", &name))}));
  COW_ASSIGN_OR_RETURN(const String* attribute, InternMetered(*name));
  COW_ASSIGN_OR_RETURN(Value value, GetAttr(thread, x, attribute));
  return Value::Bool(!value.IsUnset());
}

// Java's String.hashCode over UTF-16, as every implementation has it; FNV-1a for bytes.
Result HashOf(Thread&, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, OneArgument(args));
  if (x.Is(Kind::kBytes) || x.Is(Kind::kString)) {
    COW_RETURN_IF_ERROR(ChargeWork(2 * SingleBytes(static_cast<uint64_t>(Length(x)))));
  }
  if (const Bytes* bytes = x.As<Bytes>()) {
    uint32_t hash = 0x811c9dc5;
    for (char c : bytes->view()) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
    return Value::SmallInt(hash);
  }
  const String* text = x.As<String>();
  if (text == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("in call to hash(), parameter 'value' got value of type '", TypeName(x),
                     "', want 'string or bytes'"));
  }
  uint32_t hash = 0;
  for (size_t at = 0; at < text->size();) {
    const uint32_t codepoint = NextCodepoint(text->view(), &at);
    if (codepoint < 0x10000) {
      hash = hash * 31 + codepoint;
    } else {
      hash = hash * 31 + (0xd800 + ((codepoint - 0x10000) >> 10));
      hash = hash * 31 + (0xdc00 + ((codepoint - 0x10000) & 0x3ff));
    }
  }
  return Value::SmallInt(static_cast<int32_t>(hash));
}

Result IntFromText(Heap& heap, std::string_view text, std::optional<int64_t> given_base) {
  const std::string_view original = text;
  auto invalid = [&](int64_t base) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid base-", base, " literal: ", Repr(heap.NewString(original))));
  };
  int64_t base = given_base.value_or(10);
  if (base != 0 && (base < 2 || base > 36)) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid base ", base, " (want 2 <= base <= 36)"));
  }
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int prefix_base = 0;
  if (text.size() > 1 && text[0] == '0') {
    const char marker = static_cast<char>(text[1] | 0x20);
    prefix_base = marker == 'x' ? 16 : marker == 'o' ? 8 : marker == 'b' ? 2 : 0;
  }
  if (prefix_base != 0 && (base == 0 || base == prefix_base)) {
    text.remove_prefix(2);
    base = prefix_base;
  } else if (base == 0) {
    if (text.size() > 1 && text[0] == '0' && text.find_first_not_of('0') != text.npos) {
      return absl::InvalidArgumentError(absl::StrCat(
          "cannot infer base when string begins with a 0: ", Repr(heap.NewString(original))));
    }
    base = 10;
  }
  if (text.size() > kMaxIntDigits) return absl::InvalidArgumentError("integer too large");
  Value value;
  if (!IntFromDigits(heap, text, static_cast<int>(base), &value)) return invalid(base);
  return negative ? IntNegate(heap, value) : value;
}

Result MakeInt(Thread& thread, const Arguments& args) {
  Value x;
  Value base_value;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {PositionalOnly(Required("x", &x)), Optional("base", &base_value)}));
  Heap& heap = thread.heap();
  std::optional<int64_t> base;
  if (!base_value.IsUnset()) {
    base = base_value.ToInt64();
    if (!base) {
      return absl::InvalidArgumentError(
          absl::StrCat("got ", TypeName(base_value), " for base, want int"));
    }
  }
  if (const String* text = x.As<String>()) return IntFromText(heap, text->view(), base);
  if (base) return absl::InvalidArgumentError("can't convert non-string with explicit base");
  if (IsInt(x)) return x;
  if (x.IsBool()) return Value::SmallInt(x.boolean() ? 1 : 0);
  if (!IsFloat(x)) {
    return absl::InvalidArgumentError(
        absl::StrCat("got ", TypeName(x), ", want string, int, float, or bool"));
  }
  if (!std::isfinite(FloatOf(x))) {
    return absl::InvalidArgumentError(
        absl::StrCat("can't convert float ", FloatToString(FloatOf(x)), " to int"));
  }
  return IntFromDouble(heap, FloatOf(x));
}

Result Len(Thread&, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, OneArgument(args));
  const int64_t length = Length(x);
  if (length >= 0) return Value::SmallInt(length);
  return absl::InvalidArgumentError(absl::StrCat(TypeName(x), " is not iterable"));
}

Result Print(Thread& thread, const Arguments& args) {
  std::vector<Value> values;
  std::string sep = " ";
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Rest(&values), KwOptional("sep", &sep)}));
  std::string text;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += sep;
    AppendStr(values[i], text);
  }
  // Also fails if the text is not whole.
  COW_RETURN_IF_ERROR(ChargeWork(50 + SingleBytes(text.size())));
  const Location caller = thread.CallerLocation();
  NoteWork(SingleBytes(static_cast<uint64_t>(caller.column)));
  if (thread.print_handler()) {
    thread.print_handler()(caller, text);
  } else {
    std::fprintf(stderr, "DEBUG: %s: %s\n", caller.ToString().c_str(), text.c_str());
  }
  return Value::None();
}

Result ReprOf(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, OneArgument(args));
  const std::string text = Repr(x);
  COW_RETURN_IF_ERROR(CheckWorkingMemory(text.size()));
  return thread.heap().NewString(text);
}

Result StrOf(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, OneArgument(args));
  if (x.Is(Kind::kString)) return x;
  const std::string text = Str(x);
  COW_RETURN_IF_ERROR(CheckWorkingMemory(text.size()));
  return thread.heap().NewString(text);
}

Result TypeOf(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Value x, OneArgument(args));
  if (x.Is(Kind::kHost)) return thread.heap().NewString(TypeName(x));
  return Value(Intern(TypeName(x)));
}

}  // namespace

absl::StatusOr<Value> MakeStruct(Thread& thread, const Arguments& args) {
  if (!args.positional().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "struct() does not accept positional arguments, but got ", args.positional().size()));
  }
  return thread.heap().NewStruct(args.named());
}

std::span<const MethodEntry> CoreFunctions() {
  static constexpr MethodEntry kFunctions[] = {
      {"abs", &Abs},          {"bool", &Bool},       {"bytes", &MakeBytes},
      {"dir", &Dir},          {"fail", &Fail},       {"float", &MakeFloat},
      {"getattr", &GetAttribute}, {"hasattr", &HasAttribute}, {"hash", &HashOf},
      {"int", &MakeInt},      {"len", &Len},         {"print", &Print},
      {"repr", &ReprOf},      {"str", &StrOf},       {"type", &TypeOf},
  };
  return kFunctions;
}

}  // namespace cow::starlark
