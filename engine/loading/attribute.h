// Attribute: one declared parameter of a rule; AttributeSpec: the same as the value attr.xxx() returns.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/starlark/host_object.h"
#include "engine/starlark/value.h"

namespace cow::loading {

enum class AttributeType {
  kBool,
  kInt,
  kString,
  kLabel,
  kOutput,
  kLabelList,
  kStringList,
  kIntList,
  kOutputList,
  kStringDict,
  kStringListDict,
  kLabelKeyedStringDict,
  kStringKeyedLabelDict,
  kLabelListDict,
};

// As messages call it: "string", "list(label)", "dict(string, list(string))".
std::string_view TypeText(AttributeType type);
// Holds labels that are dependencies: alone, in a list, as keys or values of a dict. Outputs are not.
bool IsDependencyType(AttributeType type);
bool IsOutputType(AttributeType type);

// Which files a label may stand for (allow_files).
struct FileFilter {
  bool any = false;                      // allow_files = True
  std::vector<std::string> suffixes{};   // [".cc", ".h"]

  bool AllowsFiles() const { return any || !suffixes.empty(); }
  bool Accepts(std::string_view file_name) const;
  // "any file", "no files", ".cc, .h": for "is misplaced here (expected .cc, .h)".
  std::string ToString() const;

  friend bool operator==(const FileFilter&, const FileFilter&) = default;
};

class Transition;

struct Attribute {
  std::string name{};                        // "srcs"; private ones start with '_'
  AttributeType type = AttributeType::kString;
  starlark::Value default_value{};           // converted; unset for label and output without default
  // A function of other attributes, named by its parameters, whose result is the default. Unset: none.
  starlark::Value computed_default{};
  std::string doc{};
  bool mandatory = false;
  bool allow_empty = true;
  bool configurable = true;                  // may hold a select
  bool implicit = false;                     // every rule has it (tags, visibility, ...)
  std::vector<starlark::Value> values{};     // the only strings or ints allowed; empty = any
  FileFilter allow_files{};
  bool single_file = false;                  // allow_single_file
  bool executable = false;
  const Transition* cfg = nullptr;           // null: the configuration stays. Of the same heap or a referenced one
  // Alternatives: a dependency must have all providers of at least one of them. Empty = no demand.
  std::vector<std::vector<starlark::Value>> providers{};

  std::vector<std::string> allow_rules{};    // kinds of rules that are accepted whatever their providers
  std::vector<starlark::Value> aspects{};    // AspectClasses that go along this attribute

  bool is_private() const { return !name.empty() && name[0] == '_'; }
};

class AttributeSpec final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"Attribute"};
  explicit AttributeSpec(Attribute attribute) : HostObject(kType), attribute_(std::move(attribute)) {}

  const Attribute& attribute() const { return attribute_; }  // without name

  void Repr(std::string& out) const override;

 private:
  Attribute attribute_;
};

}  // namespace cow::loading
