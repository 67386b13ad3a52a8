#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rules/pack/yaml/yaml_node.h"

namespace cow::pack {
namespace {

bool IsPlainSafe(std::string_view text) {
  constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`=<~";
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (kIndicators.find(text.front()) != std::string_view::npos) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  if (text == "---" || text == "...") return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          absl::StrAppend(&out, absl::StrFormat("\\x%02x", static_cast<unsigned char>(c)));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

// A quoted scalar stays a string; a plain one keeps the type it reads as.
std::string ScalarText(const YamlNode& node) {
  bool other_type = ReadsAsNonString(node.text);
  if (node.quoted ? other_type || !IsPlainSafe(node.text) : !other_type && !IsPlainSafe(node.text)) {
    return Quoted(node.text);
  }
  return node.text;
}

std::string KeyText(std::string_view key) {
  return IsPlainSafe(key) && !ReadsAsNonString(key) && key.find(':') == std::string_view::npos ? std::string(key)
                                                                                               : Quoted(key);
}

class Renderer {
 public:
  std::string Take() { return std::move(out_); }

  // The value after "key:" or "-", starting on the same line or below, `indent` being that of its children.
  void Value(const YamlNode& node, int indent) {
    switch (node.kind) {
      case YamlNode::Kind::kNull:
        out_ += " null\n";
        return;
      case YamlNode::Kind::kScalar:
        absl::StrAppend(&out_, " ", ScalarText(node), "\n");
        return;
      case YamlNode::Kind::kSequence:
        if (node.items.empty()) {
          out_ += " []\n";
          return;
        }
        out_ += "\n";
        Sequence(node, indent);
        return;
      case YamlNode::Kind::kMapping:
        if (node.entries.empty()) {
          out_ += " {}\n";
          return;
        }
        out_ += "\n";
        Mapping(node, indent, /*first_indented=*/true);
        return;
    }
  }

  void Mapping(const YamlNode& node, int indent, bool first_indented) {
    bool pad = first_indented;
    for (const auto& [key, value] : node.entries) {
      if (pad) Pad(indent);
      pad = true;
      absl::StrAppend(&out_, KeyText(key), ":");
      Value(value, indent + 2);
    }
  }

 private:
  void Pad(int indent) { out_.append(static_cast<size_t>(indent), ' '); }

  void Sequence(const YamlNode& node, int indent) {
    for (const YamlNode& item : node.items) {
      Pad(indent);
      out_ += "-";
      if (item.IsMapping() && !item.entries.empty()) {
        out_ += " ";
        Mapping(item, indent + 2, /*first_indented=*/false);
      } else {
        Value(item, indent + 2);
      }
    }
  }

  std::string out_;
};

bool IsNumber(std::string_view text) {
  if (text.front() == '+' || text.front() == '-') text.remove_prefix(1);
  if (text.empty()) return false;
  if (text.starts_with("0x") || text.starts_with("0o") || text.starts_with("0b")) return true;
  if (text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan" || text == ".NaN" || text == ".NAN") {
    return true;
  }
  // Generous: anything of digits and the characters of floats, dates and base 60 is quoted.
  bool digit = false;
  for (char c : text) {
    if (absl::ascii_isdigit(c)) {
      digit = true;
    } else if (std::string_view(".eE+-_:").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return digit;
}

}  // namespace

bool ReadsAsNonString(std::string_view text) {
  static constexpr std::string_view kWords[] = {"~",   "null", "true", "false", "yes", "no",
                                                "on", "off",  "y",    "n"};
  if (text.empty()) return true;
  std::string lower = absl::AsciiStrToLower(text);
  return std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords) || IsNumber(text);
}

std::string RenderYaml(const YamlNode& node) {
  Renderer renderer;
  if (node.IsMapping() && !node.entries.empty()) {
    renderer.Mapping(node, 0, /*first_indented=*/true);
  } else {
    renderer.Value(node, 0);
  }
  return renderer.Take();
}

}  // namespace cow::pack
