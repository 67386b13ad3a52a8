// YAML documents as plain values that remember what matters for writing them again: the order of keys, which scalars
// were quoted, and the line of everything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cow::pack {

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  std::string text;     // of a scalar
  bool quoted = false;  // the scalar is a string whatever it looks like
  int line = 0;         // 1-based, 0 for values made here
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;  // of a mapping, in order

  static YamlNode Text(std::string text);      // a string, quoted when it must be
  static YamlNode Boolean(bool value);
  static YamlNode Mapping();
  static YamlNode Sequence(std::vector<YamlNode> items);

  bool IsMapping() const { return kind == Kind::kMapping; }
  bool IsSequence() const { return kind == Kind::kSequence; }
  bool IsScalar() const { return kind == Kind::kScalar; }
  // Absent, null, "", [] or {}.
  bool IsEmpty() const;

  const YamlNode* Find(std::string_view key) const;
  YamlNode* Find(std::string_view key);
  // Text of a scalar member, "" if absent.
  std::string TextOf(std::string_view key) const;
  bool TrueAt(std::string_view key) const { return TextOf(key) == "true"; }
  // Items of a sequence member; empty if absent.
  const std::vector<YamlNode>& ItemsOf(std::string_view key) const;
  // Replaces the member or appends it.
  void Set(std::string_view key, YamlNode value);
  void Remove(std::string_view key);
};

struct YamlEntry {
  YamlEntry(std::string_view entry_key, YamlNode entry_value)
      : key(entry_key), value(std::move(entry_value)) {}

  std::string key;
  YamlNode value;
};

// Exactly one document. kInvalidArgument as `file:line: error` text for syntax errors, repeated keys, non-text
// keys, unusual tags.
absl::StatusOr<YamlNode> ParseYaml(std::string_view text, const std::string& file);

// Block style; strings that would read as something else are quoted.
std::string RenderYaml(const YamlNode& node);

// Whether an unquoted scalar would be read as null, bool or number.
bool ReadsAsNonString(std::string_view text);

}  // namespace cow::pack
