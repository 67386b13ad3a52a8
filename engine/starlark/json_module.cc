// The functions of json: encode, decode, indent, encode_indent.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/elems_value.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operations.h"
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
  explicit Encoder(std::string& out) : out_(out) {}

  absl::Status Encode(Value value) {
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
        AppendJsonString(value.As<String>()->view(), out_);
        return absl::OkStatus();
      case Kind::kDict:
      case Kind::kStruct: return Nested(value);
      default: break;
    }
    if (IsIterable(value)) return Nested(value);
    return absl::InvalidArgumentError(absl::StrCat("cannot encode ", TypeName(value), " as JSON"));
  }

 private:
  absl::Status Nested(Value value) {
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
    if (status.ok() || absl::IsOutOfRange(status)) return status;
    return absl::Status(status.code(), absl::StrCat(where, ": ",
                                                    std::string(status.message())));
  }

  absl::Status EncodeDict(const Dict& dict) {
    std::vector<std::pair<std::string_view, Value>> entries;
    for (const auto& entry : dict) {
      const String* key = entry.key.As<String>();
      if (key == nullptr) {
        return absl::InvalidArgumentError(
            absl::StrCat("dict has ", TypeName(entry.key), " key, want string"));
      }
      entries.emplace_back(key->view(), entry.value);
    }
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    out_ += '{';
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out_ += ',';
      AppendJsonString(entries[i].first, out_);
      out_ += ':';
      absl::Status status = Encode(entries[i].second);
      if (!status.ok()) {
        std::string key;
        AppendJsonString(entries[i].first, key);
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

  std::string& out_;
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
std::string Indented(std::string_view json, std::string_view prefix, std::string_view indent) {
  std::string out;
  size_t depth = 0;
  auto line = [&] {
    out += '\n';
    out += prefix;
    for (size_t i = 0; i < depth; ++i) out += indent;
  };
  for (size_t at = 0; at < json.size(); ++at) {
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
  Heap scratch;
  COW_RETURN_IF_ERROR(JsonDecode(scratch, text).status());
  return thread.heap().NewString(Indented(text, prefix, indent));
}

Result EncodeIndent(Thread& thread, const Arguments& args) {
  Value x;
  std::string_view prefix;
  std::string_view indent = "\t";
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("x", &x)),
                                        KwOptional("prefix", &prefix),
                                        KwOptional("indent", &indent)}));
  COW_ASSIGN_OR_RETURN(std::string text, JsonEncode(x));
  return thread.heap().NewString(Indented(text, prefix, indent));
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
