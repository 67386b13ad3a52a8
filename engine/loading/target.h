// Target: something with a label in a package: a rule target, a source file, an output file, a package group.
//
// Immutable; owned by its Package. Attribute values lie in the package's frozen heap, already converted to
// the type of the attribute: labels are LabelValues, configurable values SelectValues.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/loading/macro_instance.h"
#include "engine/loading/rule_class.h"
#include "engine/loading/visibility.h"
#include "engine/model/label.h"
#include "engine/starlark/thread.h"
#include "engine/starlark/value.h"

namespace cow::loading {

class Package;

class Target {
 public:
  enum class Kind { kRule, kSourceFile, kOutputFile, kPackageGroup };

  Kind kind() const { return kind_; }
  bool is_rule() const { return kind_ == Kind::kRule; }
  const Label& label() const { return label_; }
  const std::string& name() const { return label_.name(); }
  // The rule call (of the outermost macro: in the BUILD file), or where a file is first mentioned.
  const Location& location() const { return location_; }
  // The text of that line, for messages.
  const std::string& source_line() const { return source_line_; }
  // The calls that led to the rule, outermost first; more than one if a macro made it.
  const std::vector<starlark::StackFrame>& call_stack() const { return call_stack_; }
  // From its attribute or the package's default; outputs have that of their rule.
  const Visibility& visibility() const { return visibility_; }

  // The symbolic macro call that declared it; null if the BUILD file or a legacy macro did.
  const MacroInstance* macro() const { return macro_.get(); }
  // Whether the name is one its macro may give; if not, the target cannot be built.
  bool has_legal_name() const { return macro_ == nullptr || macro_->OwnsName(name()); }

  // A diagnostic at the place of the target.
  absl::Status Error(std::string_view message) const;

  // --- kRule only
  const RuleClass& rule_class() const { return *rule_class_; }
  // The value written, else the default of the attribute, else (label and output only) unset. Unset as well
  // if the rule has no such attribute. A select may stand for any value, if the attribute is configurable.
  starlark::Value Attr(std::string_view name) const;
  starlark::Value AttrAt(int index) const { return values_[static_cast<size_t>(index)]; }
  bool IsExplicit(std::string_view name) const;  // written in the call and not None
  // Outputs the rule names, in order of declaration: those of output attributes and of `outputs`.
  struct Output {
    std::string key{};  // the attribute, or the key of the rule's `outputs`
    Label label{};
  };
  const std::vector<Output>& outputs() const { return outputs_; }
  bool has_tag(std::string_view tag) const;
  const std::vector<std::string>& tags() const { return tags_; }
  bool testonly() const { return testonly_; }
  const std::string& deprecation() const { return deprecation_; }

  // Attributes that are not selects, by C++ type; "", empty, false, 0 if absent.
  std::string StringAttr(std::string_view name) const;
  bool BoolAttr(std::string_view name) const;
  int64_t IntAttr(std::string_view name) const;
  std::vector<std::string> StringListAttr(std::string_view name) const;
  std::optional<Label> LabelAttr(std::string_view name) const;
  std::vector<Label> LabelListAttr(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> StringDictAttr(std::string_view name) const;

  // --- kOutputFile only: the rule that makes it.
  const Label& generating_rule() const { return generating_rule_; }

  // --- kPackageGroup only
  const PackageGroup& package_group() const { return package_group_; }

 private:
  friend class PackageBuilder;

  Kind kind_ = Kind::kSourceFile;
  Label label_;
  Location location_;
  std::string source_line_;
  std::vector<starlark::StackFrame> call_stack_;
  Visibility visibility_;
  std::shared_ptr<const MacroInstance> macro_;
  const RuleClass* rule_class_ = nullptr;
  std::vector<starlark::Value> values_;   // by index of attribute
  std::vector<bool> explicit_;
  std::vector<Output> outputs_;
  std::vector<std::string> tags_;
  bool testonly_ = false;
  std::string deprecation_;
  Label generating_rule_;
  PackageGroup package_group_;
};

// What Starlark values of targets hold, for those who walk them.
std::string StringOf(starlark::Value value);                       // "" if it is no string
std::vector<std::string> StringsOf(starlark::Value list);          // of a list or tuple
const Label* LabelOf(starlark::Value value);                       // nullptr if it is no LabelValue
std::vector<Label> LabelsOf(starlark::Value value);                // of a label, a list, or keys and values of a dict

}  // namespace cow::loading
