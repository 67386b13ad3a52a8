// PackageBuilder: the package that is being loaded. Host data of the thread that evaluates a BUILD file.
//
// Builtins and rules add to it; what is wrong with a target is written down and evaluation goes on, so that
// every error of a file is told at once. One thread.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/diagnostic.h"
#include "engine/loading/attribute_conversion.h"
#include "engine/loading/file_table.h"
#include "engine/loading/package.h"
#include "engine/loading/rule_class.h"
#include "engine/loading/source_tree.h"
#include "engine/starlark/struct_value.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

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

  const Target* Find(std::string_view name) const;
  const std::vector<std::string>& rule_names() const { return rule_names_; }  // in order of declaration

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
  void AddOutputs(starlark::Thread& thread, Target& target);
  void AddOutput(const starlark::Thread& thread, Target& target, std::string key, Label label);
  void CollectMentions(const starlark::Thread& thread, std::span<const Label> labels);
  void ApplyDefaults(Target& target, const Visibility& visibility);
  void AddMentionedFiles();
  std::string Conflict(std::string_view what, const Target& existing) const;

  PackageInputs inputs_;
  std::shared_ptr<Package> package_;
  PackageDefaults defaults_;
  bool defaults_set_ = false;
  std::vector<std::string> rule_names_;
  std::map<std::string, Mention> mentions_;  // names of this package that attributes refer to
  std::vector<Diagnostic> errors_;
};

// The builder of the thread, or the error that `function` works only while a BUILD file is loaded.
absl::StatusOr<PackageBuilder*> RequirePackage(const starlark::Thread& thread, std::string_view function);

}  // namespace cow::loading
