// RuleClass: a kind of target: what rule() returns, or one of the few kinds the engine itself knows.
//
// Calling it in a BUILD file (or a macro) declares a target in the package being loaded. It gets its name
// from the first global it is bound to, when its module is frozen. Immutable from then on, any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/base/diagnostic.h"
#include "engine/loading/attribute.h"
#include "engine/model/label.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/struct_value.h"
#include "engine/starlark/value.h"

namespace cow::loading {

struct ToolchainRequirement {
  Label type{};
  bool mandatory = true;

  friend bool operator==(const ToolchainRequirement&, const ToolchainRequirement&) = default;
};

// Of a rule: what some of its actions need of their execution platform. See exec_group.h.
struct ExecGroup {
  std::string name{};
  std::vector<ToolchainRequirement> toolchains{};
  std::vector<Label> exec_compatible_with{};
};

// The value of config_common.toolchain_type("//:t", mandatory = False).
class ToolchainRequirementValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"toolchain_type"};
  explicit ToolchainRequirementValue(ToolchainRequirement requirement)
      : HostObject(kType), requirement_(std::move(requirement)) {}
  const ToolchainRequirement& requirement() const { return requirement_; }

 private:
  ToolchainRequirement requirement_;
};

// The value of config.bool(flag = True), config.string(), ...; what label_flag has.
class BuildSetting final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"BuildSetting"};
  enum class Type { kBool, kInt, kString, kStringList, kStringSet, kLabel };
  BuildSetting(Type value_type, bool is_flag, bool is_repeatable)
      : HostObject(kType), type_(value_type), is_flag_(is_flag), is_repeatable_(is_repeatable) {}
  Type type() const { return type_; }
  // Of build_setting_default.
  AttributeType default_type() const;
  bool is_flag() const { return is_flag_; }  // may be set on the command line
  // Each use on the command line adds a string; the value is a list (or set) of them.
  bool is_repeatable() const { return is_repeatable_; }

 private:
  Type type_;
  bool is_flag_;
  bool is_repeatable_;
};

class RuleClass final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"rule"};

  struct Definition {
    std::string name{};                          // "" until exported
    starlark::Value implementation{};            // unset: the engine implements it (is_native)
    std::vector<Attribute> attributes{};         // own ones, then implicit ones
    std::string doc{};
    bool executable = false;                     // also true for tests
    bool test = false;
    bool foreign = false;                        // made by foreign_rule(): takes any attribute, makes nothing
    std::vector<ToolchainRequirement> toolchains{};
    std::vector<starlark::Value> provides{};
    std::vector<std::string> fragments{};
    std::vector<std::string> host_fragments{};
    std::vector<Label> exec_compatible_with{};
    std::vector<ExecGroup> exec_groups{};
    // How the configuration changes on the way to a target of the rule; null: it stays.
    const Transition* cfg = nullptr;             // of the same heap or a referenced one, like build_setting
    const BuildSetting* build_setting = nullptr;
    // outputs = {"key": "%{name}.txt"}: implicit outputs, in order.
    std::vector<std::pair<std::string, std::string>> implicit_outputs{};
    // outputs = f: called with the attributes its parameters name, returns such a dict. Unset: none.
    starlark::Value outputs_function{};
    // Called with the attributes of each target, returns those to replace. Unset: none.
    starlark::Value initializer{};
    const RuleClass* parent = nullptr;           // the rule this one extends; of a referenced heap
    bool extendable = false;
    Location location{};                         // of the call of rule()
    PackageId package{};                         // of the file that calls rule(): base of its labels
  };

  explicit RuleClass(Definition definition);

  const std::string& name() const { return definition_.name; }
  const Definition& definition() const { return definition_; }
  bool is_native() const { return definition_.implementation.IsUnset(); }
  bool is_foreign() const { return definition_.foreign; }
  bool executable() const { return definition_.executable; }
  bool test() const { return definition_.test; }
  const std::vector<Attribute>& attributes() const { return definition_.attributes; }

  // The index into attributes(), or -1.
  int IndexOf(std::string_view attribute) const;
  const Attribute* Find(std::string_view attribute) const;  // nullptr if absent

  // Gives the name. Fails if it does not fit a test rule. Without effect on a class that has a name.
  absl::Status Export(std::string_view name);

  void Repr(std::string& out) const override;  // <rule cc_library>
  bool Callable() const override { return true; }
  absl::StatusOr<starlark::Value> Call(starlark::Thread& thread, const starlark::Arguments& args) override;
  std::string_view CallName() const override;

 private:
  // What the initializers of this rule and its parents make of `given`.
  absl::StatusOr<std::vector<starlark::NamedValue>> Initialize(starlark::Thread& thread,
                                                               std::span<const starlark::NamedValue> given) const;

  Definition definition_;
  absl::flat_hash_map<std::string, int> index_;
};

}  // namespace cow::loading
