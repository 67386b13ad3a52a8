// The functions of json: encode, decode, indent, encode_indent.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/elems_value.h"
#include "engine/starlark/metered_text.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/sorting.h"
#include "engine/starlark/universe.h"

namespace cow::starlark {

namespace {

constexpr size_t kMaxDepth = 1000;

void AppendJsonString(std::string_view text, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x80) {
      const size_t length = ValidSequence(text, i);
      out += length > 0 ? text.substr(i, length) : std::string_view("\xef\xbf\xbd");
      i += std::max<size_t>(length, 1);
      continue;
    }
    ++i;
    switch (byte) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (byte < 0x20 || byte == 0x7f) {
          out += "\\u00";
          out += kHex[byte >> 4];
          out += kHex[byte & 15];
        } else {
          out += static_cast<char>(byte);
        }
    }
  }
  out += '"';
}

class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out), metered_(out) {}

  absl::Status Encode(Value value) {
    COW_RETURN_IF_ERROR(metered_.Check());
    switch (value.kind()) {
      case Kind::kNone: out_ += "null"; return absl::OkStatus();
      case Kind::kBool: out_ += value.boolean() ? "true" : "false"; return absl::OkStatus();
      case Kind::kInt: out_ += IntToString(value); return absl::OkStatus();
      case Kind::kFloat:
        if (!std::isfinite(FloatOf(value))) {
          return absl::InvalidArgumentError(
              absl::StrCat("cannot encode non-finite float ", FloatToString(FloatOf(value))));
        }
        out_ += FloatToString(FloatOf(value));
        return absl::OkStatus();
      case Kind::kString:
        return AppendText(value.As<String>()->view());
      case Kind::kDict:
      case Kind::kStruct: return Nested(value);
      default: break;
    }
    if (IsIterable(value)) return Nested(value);
    return absl::InvalidArgumentError(absl::StrCat("cannot encode ", TypeName(value), " as JSON"));
  }

 private:
  absl::Status Nested(Value value) {
    COW_RETURN_IF_ERROR(ChargeWork(4 + path_.size() / 8));
    for (Value outer : path_) {
      if (outer.IsSame(value)) {
        return absl::InvalidArgumentError("cycle in JSON structure");
      }
    }
    if (path_.size() >= kMaxDepth) {
      return absl::OutOfRangeError("nesting depth limit exceeded");
    }
    path_.push_back(value);
    absl::Status status = value.Is(Kind::kDict)     ? EncodeDict(*value.As<Dict>())
                          : value.Is(Kind::kStruct) ? EncodeStruct(*value.As<Struct>())
                                                    : EncodeArray(value);
    path_.pop_back();
    return status;
  }

  absl::Status Within(absl::Status status, std::string_view where) {
    // The way to what is nested too deeply would fill pages.
    const bool kept = absl::IsOutOfRange(status) || absl::IsResourceExhausted(status) ||
                      absl::IsCancelled(status);
    if (status.ok() || kept) return status;
    return absl::Status(status.code(), absl::StrCat(where, ": ",
                                                    std::string(status.message())));
  }

  absl::Status EncodeDict(const Dict& dict) {
    HeldMemory held;
    COW_RETURN_IF_ERROR(held.Add(SortMemory(dict.size())));
    COW_RETURN_IF_ERROR(ChargeWork(dict.table().HoleWork()));
    std::vector<SortItem> entries;
    entries.reserve(dict.size());
    for (const auto& entry : dict) {
      if (!entry.key.Is(Kind::kString)) {
        return absl::InvalidArgumentError(
            absl::StrCat("dict has ", TypeName(entry.key), " key, want string"));
      }
      entries.push_back({entry.key, entry.value});
    }
    COW_RETURN_IF_ERROR(SortStably(entries, false));
    out_ += '{';
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out_ += ',';
      std::string_view name = entries[i].key.As<String>()->view();
      COW_RETURN_IF_ERROR(AppendText(name));
      out_ += ':';
      absl::Status status = Encode(entries[i].value);
      if (!status.ok()) {
        std::string key;
        AppendJsonString(name, key);
        return Within(std::move(status), absl::StrCat("in dict key ", key));
      }
    }
    out_ += '}';
    return absl::OkStatus();
  }

  absl::Status EncodeStruct(const Struct& value) {
    out_ += '{';
    bool first = true;
    for (const NamedValue& field : value.fields()) {
      if (!first) out_ += ',';
      first = false;
      AppendJsonString(field.name->view(), out_);
      out_ += ':';
      absl::Status status = Encode(field.value);
      if (!status.ok()) {
        return Within(std::move(status), absl::StrCat("in struct field .", field.name->view()));
      }
    }
    out_ += '}';
    return absl::OkStatus();
  }

  absl::Status EncodeArray(Value value) {
    out_ += '[';
    size_t number = 0;
    COW_RETURN_IF_ERROR(ForEach(value, [&](Value element) -> absl::Status {
      if (number > 0) out_ += ',';
      absl::Status status = Encode(element);
      if (!status.ok()) {
        return Within(std::move(status), absl::StrCat("at ", TypeName(value), " index ", number));
      }
      ++number;
      return absl::OkStatus();
    }));
    out_ += ']';
    return absl::OkStatus();
  }

  // A text may get six times as long.
  absl::Status AppendText(std::string_view text) {
    constexpr size_t kLong = 4096;
    if (text.size() >= kLong) {
      COW_RETURN_IF_ERROR(CheckWorkingMemory(TextRoom(out_.size()) + 12 * text.size()));
    }
    AppendJsonString(text, out_);
    return absl::OkStatus();
  }

  std::string& out_;
  MeteredText metered_;
  std::vector<Value> path_;
};

using Result = absl::StatusOr<Value>;

Result Encode(Thread& thread, const Arguments& args) {
  Value x;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("x", &x))}));
  COW_ASSIGN_OR_RETURN(std::string text, JsonEncode(x));
  return thread.heap().NewString(text);
}

Result Decode(Thread& thread, const Arguments& args) {
  std::string_view text;
  Value fallback;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("x", &text)),
                                        Optional("default", &fallback)}));
  absl::StatusOr<Value> value = JsonDecode(thread.heap(), text);
  if (!value.ok() && !fallback.IsUnset()) return fallback;
  return value;
}

// Lays out JSON that is already well-formed: only strings and brackets are looked at.
absl::StatusOr<std::string> Indented(std::string_view json, std::string_view prefix,
                                     std::string_view indent) {
  std::string out;
  MeteredText metered(out);
  absl::Status failure;
  size_t depth = 0;
  auto line = [&] {
    out += '\n';
    failure = metered.Append(prefix);
    NoteWork(depth / 4);
    for (size_t i = 0; i < depth && failure.ok(); ++i) failure = metered.Append(indent);
  };
  for (size_t at = 0; at < json.size(); ++at) {
    if (failure.ok()) failure = metered.Check();
    COW_RETURN_IF_ERROR(failure);
    const char c = json[at];
    switch (c) {
      case ' ':
      case '\t':
      case '\n':
      case '\r': break;
      case '"': {
        const size_t begin = at;
        for (++at; at < json.size() && json[at] != '"'; ++at) {
          if (json[at] == '\\') ++at;
        }
        out += json.substr(begin, at - begin + 1);
        break;
      }
      case '{':
      case '[': {
        const size_t close = json.find_first_not_of(" \t\n\r", at + 1);
        out += c;
        if (close != json.npos && (json[close] == '}' || json[close] == ']')) {
          out += json[close];
          at = close;
          break;
        }
        ++depth;
        line();
        break;
      }
      case '}':
      case ']':
        depth -= depth > 0 ? 1 : 0;
        line();
        out += c;
        break;
      case ',':
        out += c;
        line();
        break;
      case ':': out += ": "; break;
      default: out += c;
    }
  }
  return out;
}

Result Indent(Thread& thread, const Arguments& args) {
  std::string_view text;
  std::string_view prefix;
  std::string_view indent = "\t";
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("s", &text)),
                                        KwOptional("prefix", &prefix),
                                        KwOptional("indent", &indent)}));
  {
    Heap scratch;
    const Heap& heap = thread.heap();
    scratch.set_byte_limit(heap.over_limit() ? 0 : heap.byte_limit() - heap.bytes_used());
    COW_RETURN_IF_ERROR(JsonDecode(scratch, text).status());
  }
  COW_ASSIGN_OR_RETURN(std::string indented, Indented(text, prefix, indent));
  return thread.heap().NewString(indented);
}

Result EncodeIndent(Thread& thread, const Arguments& args) {
  Value x;
  std::string_view prefix;
  std::string_view indent = "\t";
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("x", &x)),
                                        KwOptional("prefix", &prefix),
                                        KwOptional("indent", &indent)}));
  COW_ASSIGN_OR_RETURN(std::string text, JsonEncode(x));
  COW_ASSIGN_OR_RETURN(std::string indented, Indented(text, prefix, indent));
  return thread.heap().NewString(indented);
}

}  // namespace

absl::StatusOr<std::string> JsonEncode(Value value) {
  std::string out;
  COW_RETURN_IF_ERROR(Encoder(out).Encode(value));
  return out;
}

std::span<const MethodEntry> JsonFunctions() {
  static constexpr MethodEntry kFunctions[] = {
      {"decode", &Decode},
      {"encode", &Encode},
      {"encode_indent", &EncodeIndent},
      {"indent", &Indent},
  };
  return kFunctions;
}

}  // namespace cow::starlark
