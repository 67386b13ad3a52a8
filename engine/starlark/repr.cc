// Text forms of values.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/elems_value.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/metered_text.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/quote.h"

namespace cow::starlark {

namespace {

constexpr size_t kMaxDepth = 1000;
// Shared parts print once for each place they appear in, so text may be exponentially longer than
// the value: beyond this length nothing more is written.
constexpr size_t kMaxText = size_t{1} << 28;

void AppendEscape(unsigned char byte, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\x";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

void AppendQuotedText(std::string_view text, std::string& out) {
  out += '"';
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const size_t length = byte < 0x80 ? 1 : ValidSequence(text, i);
    if (length > 1) {
      out += text.substr(i, length);
      i += length;
      continue;
    }
    ++i;
    switch (byte) {
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      default:
        if (byte < 0x20 || byte >= 0x7f) {
          AppendEscape(byte, out);
        } else {
          out += static_cast<char>(byte);
        }
    }
  }
  out += '"';
}

// Stops in the middle when the evaluation has to end: then nobody reads the text.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out), metered_(out) {}

  void Write(Value value) {
    if (!Continue()) return;
    switch (value.kind()) {
      case Kind::kUnset: out_ += "<unset>"; break;
      case Kind::kNone: out_ += "None"; break;
      case Kind::kBool: out_ += value.boolean() ? "True" : "False"; break;
      case Kind::kInt: out_ += IntToString(value); break;
      case Kind::kFloat: out_ += FloatToString(FloatOf(value)); break;
      case Kind::kString: {
        std::string_view text = value.As<String>()->view();
        if (HasRoomFor(text)) AppendQuoted(text, out_);
        break;
      }
      case Kind::kBytes: {
        std::string_view bytes = value.As<Bytes>()->view();
        if (HasRoomFor(bytes)) AppendQuotedBytes(bytes, out_);
        break;
      }
      case Kind::kRange: WriteRange(*value.As<Range>()); break;
      case Kind::kElems: {
        const Elems* elems = value.As<Elems>();
        Write(elems->source());
        absl::StrAppend(&out_, ".", elems->method_name(), "()");
        break;
      }
      case Kind::kFunction:
        absl::StrAppend(&out_, "<function ", value.As<Function>()->name(), ">");
        break;
      case Kind::kBuiltin: WriteBuiltin(*value.As<Builtin>()); break;
      case Kind::kHost: static_cast<HostObject*>(value.object())->Repr(out_); break;
      case Kind::kCell: out_ += "<cell>"; break;
      case Kind::kList:
      case Kind::kTuple:
      case Kind::kDict:
      case Kind::kSet:
      case Kind::kStruct: WriteContainer(value); break;
    }
  }

  // Text as str() has it.
  void WritePlain(std::string_view text) {
    if (!metered_.Append(text).ok()) stopped_ = true;
  }
  bool Continue() {
    if (!stopped_ && !metered_.Check().ok()) stopped_ = true;
    return !stopped_;
  }

 private:
  // Room for a text that may get four times as long when it is quoted.
  bool HasRoomFor(std::string_view text) {
    constexpr size_t kLong = 4096;
    if (text.size() >= kLong && !CheckWorkingMemory(TextRoom(out_.size()) + 8 * text.size()).ok()) {
      stopped_ = true;
    }
    return !stopped_;
  }

  void WriteContainer(Value value) {
    const bool repeats = std::any_of(path_.begin(), path_.end(),
                                     [&](Value outer) { return outer.IsSame(value); });
    NoteWork(3 + path_.size() / 8);
    const bool cut = repeats || path_.size() > kMaxDepth || out_.size() > kMaxText;
    path_.push_back(value);
    switch (value.kind()) {
      case Kind::kList:
        WriteSequence("[", value.As<List>()->elements(), "]", cut);
        break;
      case Kind::kTuple: {
        std::span<const Value> elements = value.As<Tuple>()->elements();
        WriteSequence("(", elements, elements.size() == 1 ? ",)" : ")", cut);
        break;
      }
      case Kind::kDict: WriteDict(*value.As<Dict>(), cut); break;
      case Kind::kSet: WriteSet(*value.As<Set>(), cut); break;
      default: WriteStruct(*value.As<Struct>(), cut); break;
    }
    path_.pop_back();
  }

  void Separate(bool* first) {
    if (!*first) out_ += ", ";
    *first = false;
  }

  void WriteSequence(std::string_view open, std::span<const Value> elements, std::string_view close,
                     bool cut) {
    out_ += open;
    bool first = true;
    if (cut) out_ += "...";
    if (!cut) {
      for (Value element : elements) {
        if (stopped_) break;
        Separate(&first);
        Write(element);
      }
    }
    out_ += close;
  }

  void WriteDict(const Dict& dict, bool cut) {
    NoteWork(dict.table().HoleWork());
    out_ += '{';
    bool first = true;
    if (cut) {
      out_ += "...";
    } else {
      for (const auto& entry : dict) {
        if (stopped_) break;
        Separate(&first);
        Write(entry.key);
        out_ += ": ";
        Write(entry.value);
      }
    }
    out_ += '}';
  }

  void WriteSet(const Set& set, bool cut) {
    NoteWork(set.table().HoleWork());
    out_ += "set([";
    bool first = true;
    if (cut) {
      out_ += "...";
    } else {
      for (const auto& entry : set) {
        if (stopped_) break;
        Separate(&first);
        Write(entry.key);
      }
    }
    out_ += "])";
  }

  void WriteStruct(const Struct& value, bool cut) {
    if (value.constructor().Is(Kind::kHost)) {
      out_ += static_cast<HostObject*>(value.constructor().object())->InstanceName();
    } else {
      out_ += "struct";
    }
    out_ += '(';
    bool first = true;
    if (cut) {
      out_ += "...";
    } else {
      for (const NamedValue& field : value.fields()) {
        if (stopped_) break;
        Separate(&first);
        absl::StrAppend(&out_, field.name->view(), " = ");
        Write(field.value);
      }
    }
    out_ += ')';
  }

  void WriteRange(const Range& range) {
    if (range.step() != 1) {
      absl::StrAppend(&out_, "range(", range.start(), ", ", range.stop(), ", ", range.step(), ")");
    } else if (range.start() != 0) {
      absl::StrAppend(&out_, "range(", range.start(), ", ", range.stop(), ")");
    } else {
      absl::StrAppend(&out_, "range(", range.stop(), ")");
    }
  }

  void WriteBuiltin(const Builtin& builtin) {
    if (builtin.receiver().IsUnset()) {
      absl::StrAppend(&out_, "<built-in function ", builtin.name(), ">");
    } else {
      absl::StrAppend(&out_, "<built-in method ", builtin.name(), " of ",
                      TypeName(builtin.receiver()), " value>");
    }
  }

  std::string& out_;
  MeteredText metered_;
  bool stopped_ = false;
  std::vector<Value> path_;
};

}  // namespace

void AppendQuoted(std::string_view text, std::string& out) { AppendQuotedText(text, out); }

void AppendQuotedBytes(std::string_view bytes, std::string& out) {
  out += 'b';
  AppendQuotedText(bytes, out);
}

void AppendRepr(Value value, std::string& out) { Writer(out).Write(value); }

void AppendStr(Value value, std::string& out) {
  if (const String* text = value.As<String>()) {
    Writer(out).WritePlain(text->view());
  } else if (value.Is(Kind::kHost)) {
    static_cast<HostObject*>(value.object())->Str(out);
  } else if (const Bytes* bytes = value.As<Bytes>()) {
    // Bytes that are not UTF-8 become U+FFFD.
    std::string_view view = bytes->view();
    Writer writer(out);
    for (size_t at = 0; at < view.size() && writer.Continue();) {
      AppendUtf8(NextCodepoint(view, &at), out);
    }
  } else {
    AppendRepr(value, out);
  }
}

std::string Repr(Value value) {
  std::string out;
  AppendRepr(value, out);
  return out;
}

std::string Str(Value value) {
  std::string out;
  AppendStr(value, out);
  return out;
}

std::string_view TypeName(Value value) {
  switch (value.kind()) {
    case Kind::kUnset: return "unset";
    case Kind::kNone: return "NoneType";
    case Kind::kBool: return "bool";
    case Kind::kInt: return "int";
    case Kind::kFloat: return "float";
    case Kind::kString: return "string";
    case Kind::kBytes: return "bytes";
    case Kind::kList: return "list";
    case Kind::kTuple: return "tuple";
    case Kind::kDict: return "dict";
    case Kind::kSet: return "set";
    case Kind::kRange: return "range";
    case Kind::kElems:
      if (value.As<Elems>()->mode() == Elems::Mode::kBytes) return "bytes.elems";
      return value.As<Elems>()->by_byte() ? "string.elems" : "string.codepoints";
    case Kind::kStruct: return "struct";
    case Kind::kFunction: return "function";
    case Kind::kBuiltin: return "builtin_function_or_method";
    case Kind::kCell: return "cell";
    case Kind::kHost: return static_cast<HostObject*>(value.object())->TypeName();
  }
  return "";
}

}  // namespace cow::starlark
