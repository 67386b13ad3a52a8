#include "engine/analysis/ctx_methods.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_join.h"
#include "engine/analysis/action_parameters.h"
#include "engine/analysis/make_variables.h"
#include "engine/analysis/rule_context.h"
#include "engine/analysis/runfiles_value.h"
#include "engine/analysis/target_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/workspace.h"
#include "engine/starlark/operations.h"

namespace cow::analysis {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Noneable;
using starlark::Optional;
using starlark::Required;
using starlark::Thread;
using starlark::Value;

namespace {

// Runfiles of the dependencies that collect_data and collect_default are about.
void CollectRunfiles(const RuleContext& context, bool data, std::vector<Runfiles>& all) {
  for (const RuleAttributes::Entry& entry : context.attributes().entries()) {
    const std::string& name = entry.attribute->name;
    if (name != "srcs" && name != "deps" && name != "data") continue;
    for (const DependencyEdge& edge : entry.edges) {
      const ConfiguredTarget& target = edge.target->resolved();
      all.push_back(data ? target.data_runfiles : target.default_runfiles);
      if (name == "data") all.push_back({.files = target.files});
    }
  }
}

// Paths of files by the label that names them, of everything expand_location may refer to.
class LocationTable {
 public:
  // `workspace` is what the main repository is called in runfiles.
  explicit LocationTable(std::string workspace) : workspace_(std::move(workspace)) {}

  void Add(const Label& label, const ConfiguredTarget& target) {
    if (table_.contains(label)) return;
    std::vector<DepsetElement> files = target.files.ToList();
    FileValue* executable = target.files_to_run->executable();
    if (files.size() != 1 && executable != nullptr) files = {{Value(executable)}};
    for (const DepsetElement& file : files)
      table_[label].push_back(&file.value.As<FileValue>()->artifact());
    if (files.empty()) table_[label] = {};
  }
  void Add(const Label& label, const Artifact& artifact) { table_[label] = {&artifact}; }

  absl::StatusOr<std::string> Paths(std::string_view function, const Label& label,
                                    bool short_paths) const {
    auto it = table_.find(label);
    if (it == table_.end()) {
      return UserError("label '", label.ToString(), "' in $(", function,
                       ") expression is not a declared prerequisite of this rule");
    }
    bool single = function.back() != 's';
    if (it->second.empty()) {
      return UserError("label '", label.ToString(), "' in $(", function,
                       ") expression expands to no files");
    }
    if (single && it->second.size() > 1) {
      return UserError("label '", label.ToString(), "' in $(", function,
                       ") expression expands to more than one file, ", "please use $(", function,
                       "s ", label.ToString(), ") instead");
    }
    return absl::StrJoin(it->second, " ", [&](std::string* out, const Artifact* artifact) {
      *out += PathOf(function, *artifact, short_paths);
    });
  }

 private:
  std::string PathOf(std::string_view function, const Artifact& artifact, bool short_paths) const {
    if (function.starts_with("rlocation")) return RunfilesKey(workspace_, artifact.runfiles_path());
    if (function.starts_with("root") || (short_paths && function.starts_with("location"))) return artifact.runfiles_path();
    return artifact.exec_path;
  }

  const std::string workspace_;
  std::map<Label, std::vector<const Artifact*>> table_;
};

absl::StatusOr<LocationTable> MakeLocationTable(const RuleContext& context, Value targets) {
  LocationTable table(context.loader().workspace().runfiles_name());
  for (const RuleAttributes::Entry& entry : context.attributes().entries()) {
    for (const DependencyEdge& edge : entry.edges) table.Add(edge.label, edge.target->resolved());
  }
  const auto& outputs = context.target().outputs();
  for (size_t i = 0; i < outputs.size() && i < context.named_outputs().size(); ++i) {
    table.Add(outputs[i].label, context.named_outputs()[i].file->artifact());
  }
  if (targets.IsUnset()) return table;
  absl::Status status = starlark::ForEach(targets, [&](Value value) -> absl::Status {
    const auto* target = value.As<TargetValue>();
    if (target == nullptr) {
      return UserError("'targets' holds a value of type '", starlark::TypeName(value),
                       "', want 'Target'");
    }
    table.Add(target->target().label, target->target());
    return absl::OkStatus();
  });
  COW_RETURN_IF_ERROR(status);
  return table;
}

absl::StatusOr<std::string> ExpandLocationText(const RuleContext& context, std::string_view text,
                                               Value targets, bool short_paths) {
  if (text.find("$(") == std::string_view::npos) return std::string(text);
  COW_ASSIGN_OR_RETURN(LocationTable table, MakeLocationTable(context, targets));
  return ExpandLocations(
      text, [&](std::string_view function, std::string_view name) -> absl::StatusOr<std::string> {
        COW_ASSIGN_OR_RETURN(
            Label label, context.loader().workspace().ParseLabel(name, context.label().package()));
        return table.Paths(function, label, short_paths);
      });
}

std::optional<std::string> FindVariable(const RuleContext& context, std::string_view name) {
  for (const auto& [known, value] : context.variables()) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Value> CtxRunfiles(Thread& thread, const Arguments& args) {
  std::optional<starlark::Iterable> files;
  DepsetValue* transitive = nullptr;
  bool collect_data = false;
  bool collect_default = false;
  Value symlinks;
  Value root_symlinks;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Optional("files", &files), Noneable(Optional("transitive_files", &transitive)),
             Optional("collect_data", &collect_data), Optional("collect_default", &collect_default),
             Optional("symlinks", &symlinks), Optional("root_symlinks", &root_symlinks)}));
  COW_ASSIGN_OR_RETURN(RuleContext * context, CurrentContext(thread, "runfiles"));
  Runfiles own;
  COW_ASSIGN_OR_RETURN(own.symlinks, ReadSymlinks(thread.heap(), symlinks, "symlinks", false));
  COW_ASSIGN_OR_RETURN(own.root_symlinks, ReadSymlinks(thread.heap(), root_symlinks, "root_symlinks", true));
  std::vector<Value> direct;
  if (files) {
    COW_ASSIGN_OR_RETURN(direct, FileList(files->value, "files"));
  }
  std::vector<ValueDepset> sets;
  if (transitive != nullptr) {
    if (!transitive->HoldsFiles()) {
      return UserError("for 'transitive_files', expected a depset of Files, got a depset of '",
                       transitive->element_type()->view(), "'");
    }
    sets.push_back(transitive->set());
  }
  own.files = MergeSets(std::move(direct), std::move(sets));
  std::vector<Runfiles> all{std::move(own)};
  if (collect_data) CollectRunfiles(*context, true, all);
  if (collect_default) CollectRunfiles(*context, false, all);
  return Value(thread.heap().New<RunfilesValue>(MergeRunfiles(all)));
}

absl::StatusOr<Value> CtxExpandLocation(Thread& thread, const Arguments& args) {
  std::string_view input;
  std::optional<starlark::Iterable> targets;
  bool short_paths = false;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("input", &input), Optional("targets", &targets),
                                        KwOptional("short_paths", &short_paths)}));
  COW_ASSIGN_OR_RETURN(RuleContext * context, CurrentContext(thread, "expand_location"));
  COW_ASSIGN_OR_RETURN(
      std::string expanded,
      ExpandLocationText(*context, input, targets ? targets->value : Value(), short_paths));
  return Value(thread.heap().NewString(expanded));
}

absl::StatusOr<Value> CtxExpandMakeVariables(Thread& thread, const Arguments& args) {
  std::string_view attribute;
  std::string_view command;
  starlark::Dict* more = nullptr;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {Required("attribute_name", &attribute), Required("command", &command),
                        Required("additional_substitutions", &more)}));
  COW_ASSIGN_OR_RETURN(RuleContext * context, CurrentContext(thread, "expand_make_variables"));
  auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    if (const auto* value = more->FindString(name).As<starlark::String>()) return value->str();
    return FindVariable(*context, name);
  };
  absl::StatusOr<std::string> expanded = ExpandMakeVariables(command, lookup);
  if (!expanded.ok())
    return UserError("in ", attribute, " attribute: ", expanded.status().message());
  return Value(thread.heap().NewString(*expanded));
}

absl::StatusOr<Value> CtxTargetPlatformHasConstraint(Thread& thread, const Arguments& args) {
  Value constraint;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("constraintValue", &constraint)}));
  COW_ASSIGN_OR_RETURN(RuleContext * context,
                       CurrentContext(thread, "target_platform_has_constraint"));
  Label label;
  if (const Label* given = loading::LabelOf(constraint)) {
    label = *given;
  } else if (const auto* target = constraint.As<TargetValue>()) {
    label = target->target().label;
  } else if (const auto* info = constraint.As<starlark::Struct>();
             info != nullptr && loading::LabelOf(info->Find("label"))) {
    label = *loading::LabelOf(info->Find("label"));
  } else if (const auto* text = constraint.As<starlark::String>()) {
    const PackageId& base = context->definition_package();
    COW_ASSIGN_OR_RETURN(label, context->loader().workspace().ParseLabel(text->view(), base));
  } else {
    return UserError("expected a constraint_value, got '", starlark::TypeName(constraint), "'");
  }
  COW_ASSIGN_OR_RETURN(bool has,
                       context->platforms().Has(context->configuration().platform, label));
  return Value::Bool(has);
}

absl::StatusOr<Value> CtxCoverageInstrumented(Thread&, const Arguments&) {
  return Value::Bool(false);
}

absl::StatusOr<std::vector<std::string>> ExpandProgramArgs(const RuleContext& context) {
  std::vector<std::string> words;
  const RuleAttributes::Entry* entry = context.attributes().Find("args");
  if (entry == nullptr || entry->attribute->type != loading::AttributeType::kStringList)
    return words;
  for (const std::string& text : loading::StringsOf(entry->raw)) {
    COW_ASSIGN_OR_RETURN(std::string located, ExpandLocationText(context, text, Value(), true));
    auto lookup = [&](std::string_view name) { return FindVariable(context, name); };
    COW_ASSIGN_OR_RETURN(std::string expanded, ExpandMakeVariables(located, lookup));
    COW_ASSIGN_OR_RETURN(std::vector<std::string> split, SplitShellWords(expanded));
    words.insert(words.end(), split.begin(), split.end());
  }
  return words;
}

absl::StatusOr<std::string> ExpandCommandText(const RuleContext& context, std::string_view text, Value targets,
                                              std::string_view attribute, const starlark::Dict* variables) {
  std::string command(text);
  if (!targets.IsUnset()) {
    COW_ASSIGN_OR_RETURN(command, ExpandLocationText(context, text, targets, false));
  }
  if (attribute.empty()) return command;
  auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    if (variables != nullptr) {
      if (const auto* value = variables->FindString(name).As<starlark::String>()) return value->str();
    }
    return FindVariable(context, name);
  };
  absl::StatusOr<std::string> expanded = ExpandMakeVariables(command, lookup);
  if (!expanded.ok()) return UserError("in ", attribute, " attribute: ", expanded.status().message());
  return expanded;
}

}  // namespace cow::analysis
