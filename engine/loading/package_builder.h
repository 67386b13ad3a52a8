// PackageBuilder: the package that is being loaded. Host data of the thread that evaluates a BUILD file.
//
// Builtins and rules add to it; what is wrong with a target is written down and evaluation goes on, so that
// every error of a file is told at once. One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/loading/attribute_conversion.h"
#include "engine/loading/file_table.h"
#include "engine/loading/macro_instance.h"
#include "engine/loading/package.h"
#include "engine/loading/rule_class.h"
#include "engine/loading/source_tree.h"
#include "engine/starlark/struct_value.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

class MacroClass;

struct PackageInputs {
  PackageId id{};
  Label build_file{};
  std::string directory{};                      // absolute
  std::shared_ptr<const SourceFile> source{};   // the BUILD file
  SourceTree* tree = nullptr;
  const FileTable* files = nullptr;
};

// What package() sets for targets that do not say otherwise.
struct PackageDefaults {
  std::vector<Label> visibility{};
  bool has_visibility = false;
  bool testonly = false;
  std::string deprecation{};
  std::vector<std::string> features{};
};

class PackageBuilder {
 public:
  explicit PackageBuilder(PackageInputs inputs);

  const PackageId& id() const { return inputs_.id; }
  const PackageInputs& inputs() const { return inputs_; }

  // Declares a rule target. Fails only where evaluation cannot go on.
  absl::Status AddRule(starlark::Thread& thread, const RuleClass& rule_class,
                       std::span<const starlark::NamedValue> attributes);
  absl::Status ExportFile(starlark::Thread& thread, std::string_view name, const Visibility& visibility);
  void AddPackageGroup(starlark::Thread& thread, std::string_view name, PackageGroup group);
  // package(): fails the second time.
  absl::Status SetDefaults(PackageDefaults defaults);

  // --- symbolic macros
  // The macro whose function runs; null in the BUILD file itself.
  const std::shared_ptr<const MacroInstance>& current_macro() const { return current_macro_; }
  // Makes another one current; returns the one that was.
  std::shared_ptr<const MacroInstance> EnterMacro(std::shared_ptr<const MacroInstance> macro) {
    return std::exchange(current_macro_, std::move(macro));
  }
  // kInvalidArgument if the name is no target name, taken, or not one its parent may give.
  absl::Status ClaimMacroName(const MacroInstance& instance);
  // What targets get that do not say: of package(), nothing inside a macro.
  std::vector<Label> DefaultVisibility() const;
  // Labels that the BUILD file itself mentions: those of this package may be files.
  void MentionFiles(const starlark::Thread& thread, std::span<const Label> labels) { CollectMentions(thread, labels); }
  void AddFinalizer(const starlark::Thread& thread, const MacroClass& macro,
                    std::shared_ptr<const MacroInstance> instance, std::vector<starlark::NamedValue> arguments);
  // Runs them in order of declaration, once the BUILD file was evaluated.
  absl::Status RunFinalizers(starlark::Thread& thread);

  const Target* Find(std::string_view name) const;
  const std::vector<std::string>& rule_names() const { return rule_names_; }  // in order of declaration
  // The rule of that name if it is among the first `count`; null if not.
  const Target* FindRuleAmong(std::string_view name, size_t count) const;

  // An error at the outermost call: in the BUILD file, whatever macro it happened in.
  void AddError(const starlark::Thread& thread, std::string_view message, std::string_view suggestion = {});
  bool has_errors() const { return !errors_.empty(); }
  std::vector<Diagnostic> TakeErrors() { return std::move(errors_); }

  // Ends the building: files that are mentioned become targets, defaults are applied. With errors: all of
  // them as one status.
  absl::StatusOr<PackagePtr> Finish(std::shared_ptr<const starlark::FrozenHeap> heap, std::vector<Label> loads);

  // Same directory and name of any BUILD file at or below the package on the way to `name`: "b" of "b/c.txt".
  std::string SubpackageOf(std::string_view name) const;

 private:
  struct Mention {
    Location location{};
    std::string source_line{};
  };

  Target NewTarget(const starlark::Thread& thread, Target::Kind kind, Label label) const;
  // The name of the rule, or "" after an error was written down.
  std::string CheckedName(const starlark::Thread& thread, const RuleClass& rule_class, starlark::Value name);
  void SetAttribute(starlark::Thread& thread, Target& target, const starlark::NamedValue& given);
  void CheckAttributes(starlark::Thread& thread, Target& target);
  void CheckValue(const starlark::Thread& thread, const Target& target, const Attribute& attribute,
                  starlark::Value value);
  void ReadCommonAttributes(const starlark::Thread& thread, Target& target);
  absl::Status ComputeDefaults(starlark::Thread& thread, Target& target);
  absl::Status AddOutputs(starlark::Thread& thread, Target& target);
  absl::Status AddTemplateOutput(starlark::Thread& thread, Target& target, std::string_view key,
                                 std::string_view pattern);
  void AddOutput(const starlark::Thread& thread, Target& target, std::string key, Label label);
  void CollectMentions(const starlark::Thread& thread, std::span<const Label> labels);
  void ApplyDefaults(Target& target, const Visibility& visibility);
  void AddMentionedFiles();
  // Where the call in the BUILD file stands that is being worked on.
  Location PlaceOf(const starlark::Thread& thread) const;
  std::string Conflict(std::string_view what, const Target& existing) const;

  PackageInputs inputs_;
  std::shared_ptr<Package> package_;
  PackageDefaults defaults_;
  bool defaults_set_ = false;
  std::vector<std::string> rule_names_;
  absl::flat_hash_map<std::string, size_t> rule_order_;  // index into rule_names_
  std::map<std::string, Mention> mentions_;  // names of this package that attributes refer to
  std::vector<Diagnostic> errors_;

  struct Finalizer {
    const MacroClass* macro = nullptr;
    std::shared_ptr<const MacroInstance> instance{};
    std::vector<starlark::NamedValue> arguments{};
    Location place{};
  };
  std::shared_ptr<const MacroInstance> current_macro_;
  std::map<std::string, std::string, std::less<>> macro_names_;  // name of a call -> name of its macro
  std::vector<Finalizer> finalizers_;
  std::optional<Location> finalizer_place_;  // while finalizers run
};

// The same, but not inside a symbolic macro; finalizers may if `in_finalizers`.
absl::StatusOr<PackageBuilder*> RequireOpenPackage(const starlark::Thread& thread, std::string_view function,
                                                   bool in_finalizers);

// The builder of the thread, or the error that `function` works only while a BUILD file is loaded.
absl::StatusOr<PackageBuilder*> RequirePackage(const starlark::Thread& thread, std::string_view function);

}  // namespace cow::loading
