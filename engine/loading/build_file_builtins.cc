#include "engine/loading/build_file_builtins.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/existing_rules.h"
#include "engine/loading/glob.h"
#include "engine/loading/label_value.h"
#include "engine/loading/package_builder.h"
#include "engine/loading/workspace_context.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::KwRequired;
using starlark::Noneable;
using starlark::Optional;
using starlark::Required;
using starlark::Thread;
using starlark::Value;

namespace {

absl::StatusOr<std::vector<std::string>> Strings(std::string_view function, std::string_view parameter, Value value) {
  std::vector<std::string> strings;
  if (value.IsUnset() || value.IsNone()) return strings;
  if (!value.Is(starlark::Kind::kList) && !value.Is(starlark::Kind::kTuple)) {
    return absl::InvalidArgumentError(absl::StrCat("in call to ", function, "(), parameter '", parameter,
                                                   "' got value of type '", starlark::TypeName(value),
                                                   "', want 'list of strings'"));
  }
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, starlark::Elements(value));
  for (size_t i = 0; i < elements.size(); ++i) {
    const auto* text = elements[i].As<starlark::String>();
    if (text == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("in call to ", function, "(), element ", i, " of parameter '",
                                                     parameter, "' is ", starlark::Repr(elements[i]),
                                                     ", want a string"));
    }
    strings.push_back(text->str());
  }
  return strings;
}

absl::StatusOr<std::vector<Label>> Labels(const Arguments& args, std::string_view parameter, Value value,
                                          const PackageBuilder& package) {
  std::vector<Label> labels;
  if (value.IsUnset() || value.IsNone()) return labels;
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, starlark::Elements(value));
  for (Value element : elements) {
    if (const auto* label = element.As<LabelValue>()) {
      labels.push_back(label->label());
      continue;
    }
    const auto* text = element.As<starlark::String>();
    if (text == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("in call to ", args.function_name(), "(), parameter '", parameter,
                                                     "' holds ", starlark::Repr(element), ", want labels"));
    }
    COW_ASSIGN_OR_RETURN(Label label, package.inputs().files->Parse(text->view(), package.id()));
    labels.push_back(std::move(label));
  }
  return labels;
}

absl::StatusOr<Value> GlobFiles(Thread& thread, const Arguments& args) {
  Value include, exclude, exclude_directories, allow_empty;
  GlobRequest request;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Optional("include", &include), Optional("exclude", &exclude),
                                        Optional("exclude_directories", &exclude_directories),
                                        Optional("allow_empty", &allow_empty)}));
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequireOpenPackage(thread, "glob", false));
  COW_ASSIGN_OR_RETURN(request.include, Strings("glob", "include", include));
  COW_ASSIGN_OR_RETURN(request.exclude, Strings("glob", "exclude", exclude));
  // BUILD files of Bazel projects come from the time when a glob might match nothing.
  bool strict = package->inputs().build_file.name() == "BUILD.cow";
  request.allow_empty = allow_empty.IsUnset() ? !strict : starlark::Truth(allow_empty);
  request.directories = !exclude_directories.IsUnset() && !starlark::Truth(exclude_directories);
  COW_ASSIGN_OR_RETURN(std::vector<std::string> paths,
                       Glob(*package->inputs().tree, package->inputs().directory, request));
  return thread.heap().NewStringList(paths);
}

absl::StatusOr<Value> Subpackages(Thread& thread, const Arguments& args) {
  Value include, exclude;
  GlobRequest request;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwOptional("include", &include), KwOptional("exclude", &exclude),
                                        KwOptional("allow_empty", &request.allow_empty)}));
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequireOpenPackage(thread, "subpackages", false));
  COW_ASSIGN_OR_RETURN(request.include, Strings("subpackages", "include", include));
  COW_ASSIGN_OR_RETURN(request.exclude, Strings("subpackages", "exclude", exclude));
  COW_ASSIGN_OR_RETURN(std::vector<std::string> paths,
                       FindSubpackages(*package->inputs().tree, package->inputs().directory, request));
  return thread.heap().NewStringList(paths);
}

absl::StatusOr<Value> SetPackage(Thread& thread, const Arguments& args) {
  PackageDefaults defaults;
  Value visibility, features, licenses, metadata, testonly, compatible_with, restricted_to, distribs, ignored;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwOptional("default_visibility", &visibility),
                                        KwOptional("default_testonly", &testonly),
                                        Noneable(KwOptional("default_deprecation", &defaults.deprecation)),
                                        KwOptional("features", &features),
                                        KwOptional("default_applicable_licenses", &licenses),
                                        KwOptional("default_package_metadata", &metadata),
                                        KwOptional("default_compatible_with", &compatible_with),
                                        KwOptional("default_restricted_to", &restricted_to),
                                        KwOptional("licenses", &ignored), KwOptional("distribs", &distribs)}));
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequireOpenPackage(thread, "package", false));
  defaults.has_visibility = !visibility.IsUnset() && !visibility.IsNone();
  defaults.testonly = !testonly.IsUnset() && starlark::Truth(testonly);
  COW_ASSIGN_OR_RETURN(defaults.visibility, Labels(args, "default_visibility", visibility, *package));
  COW_RETURN_IF_ERROR(Visibility::FromLabels(defaults.visibility).status());
  COW_ASSIGN_OR_RETURN(defaults.features, Strings("package", "features", features));
  COW_RETURN_IF_ERROR(package->SetDefaults(std::move(defaults)));
  return Value::None();
}

absl::StatusOr<Value> ExportsFiles(Thread& thread, const Arguments& args) {
  Value srcs, visibility, licenses;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("srcs", &srcs), Optional("visibility", &visibility),
                                        Optional("licenses", &licenses)}));
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequirePackage(thread, "exports_files"));
  COW_ASSIGN_OR_RETURN(std::vector<std::string> names, Strings("exports_files", "srcs", srcs));
  Visibility exported = Visibility::Public();
  if (!visibility.IsUnset() && !visibility.IsNone()) {
    COW_ASSIGN_OR_RETURN(std::vector<Label> labels, Labels(args, "visibility", visibility, *package));
    COW_ASSIGN_OR_RETURN(exported, Visibility::FromLabels(labels));
  }
  for (const std::string& name : names) {
    COW_ASSIGN_OR_RETURN(Label label, package->inputs().files->Parse(name, package->id()));
    if (label.package() != package->id()) {
      return absl::InvalidArgumentError(absl::StrCat("'", name, "' is not a file of this package"));
    }
    COW_RETURN_IF_ERROR(package->ExportFile(thread, label.name(), exported));
  }
  return Value::None();
}

absl::StatusOr<Value> DeclarePackageGroup(Thread& thread, const Arguments& args) {
  std::string_view name;
  Value packages, includes;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwRequired("name", &name), KwOptional("packages", &packages),
                                        KwOptional("includes", &includes)}));
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequirePackage(thread, "package_group"));
  PackageGroup group;
  COW_ASSIGN_OR_RETURN(std::vector<std::string> specs, Strings("package_group", "packages", packages));
  for (const std::string& text : specs) {
    COW_ASSIGN_OR_RETURN(PackageSpec spec, PackageSpec::Parse(text, package->id()));
    COW_ASSIGN_OR_RETURN(spec.package, package->inputs().files->Canonical(spec.package));
    group.packages.push_back(std::move(spec));
  }
  COW_ASSIGN_OR_RETURN(group.includes, Labels(args, "includes", includes, *package));
  package->AddPackageGroup(thread, name, std::move(group));
  return Value::None();
}

absl::StatusOr<Value> PackageName(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequirePackage(thread, "package_name"));
  return thread.heap().NewString(package->id().path());
}

absl::StatusOr<Value> RepoName(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequirePackage(thread, "repo_name"));
  return thread.heap().NewString(package->id().repo());
}

absl::StatusOr<Value> RepositoryName(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequirePackage(thread, "repository_name"));
  return thread.heap().NewString(absl::StrCat("@", package->id().repo()));
}

// Modules do not exist here: a BUILD file belongs to none, which is what Bazel says with None.
absl::StatusOr<Value> NoModule(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_RETURN_IF_ERROR(RequirePackage(thread, args.function_name()).status());
  return Value::None();
}

absl::StatusOr<Value> PackageRelativeLabel(Thread& thread, const Arguments& args) {
  Value input;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("input", &input)}));
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequirePackage(thread, "package_relative_label"));
  if (input.As<LabelValue>() != nullptr) return input;
  const auto* text = input.As<starlark::String>();
  if (text == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("in call to package_relative_label(), parameter 'input' got value of type '",
                                                   starlark::TypeName(input), "', want 'string or Label'"));
  }
  COW_ASSIGN_OR_RETURN(Label label, package->inputs().files->Parse(text->view(), package->id()));
  return Value(thread.heap().New<LabelValue>(std::move(label)));
}

absl::StatusOr<Value> DefaultVisibilityList(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequirePackage(thread, "package_default_visibility"));
  starlark::List* list = thread.heap().NewList();
  for (Label& label : package->DefaultVisibility()) list->Push(thread.heap().New<LabelValue>(std::move(label)));
  return Value(list);
}

absl::StatusOr<Value> ExistingRule(Thread& thread, const Arguments& args) {
  std::string_view name;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("name", &name)}));
  if (auto* workspace = thread.Host<WorkspaceContext>()) return workspace->DescribeRepository(name, thread.heap());
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequireOpenPackage(thread, "existing_rule", true));
  const Target* target = package->Find(name);
  return target != nullptr && target->is_rule() ? Value(thread.heap().New<ExistingRuleView>(*target)) : Value::None();
}

absl::StatusOr<Value> ExistingRules(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  if (auto* workspace = thread.Host<WorkspaceContext>()) {
    starlark::Dict* rules = thread.heap().NewDict();
    for (const std::string& name : workspace->RepositoryNames()) {
      COW_RETURN_IF_ERROR(rules->SetString(name, workspace->DescribeRepository(name, thread.heap())));
    }
    return rules;
  }
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequireOpenPackage(thread, "existing_rules", true));
  return Value(thread.heap().New<ExistingRulesView>(*package));
}

// licenses() and distribs() say nothing about what is built; they are checked and left alone.
absl::StatusOr<Value> Ignored(Thread& thread, const Arguments& args) {
  Value texts;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("value", &texts)}));
  COW_RETURN_IF_ERROR(RequirePackage(thread, args.function_name()).status());
  COW_RETURN_IF_ERROR(Strings(args.function_name(), "value", texts).status());
  return Value::None();
}

struct Entry {
  const char* name;
  starlark::BuiltinFunction function;
};

constexpr Entry kEntries[] = {
    {"distribs", &Ignored},
    {"existing_rule", &ExistingRule},
    {"existing_rules", &ExistingRules},
    {"exports_files", &ExportsFiles},
    {"glob", &GlobFiles},
    {"licenses", &Ignored},
    {"module_name", &NoModule},
    {"module_version", &NoModule},
    {"package", &SetPackage},
    {"package_default_visibility", &DefaultVisibilityList},
    {"package_group", &DeclarePackageGroup},
    {"package_name", &PackageName},
    {"package_relative_label", &PackageRelativeLabel},
    {"repo_name", &RepoName},
    {"repository_name", &RepositoryName},
    {"subpackages", &Subpackages},
};

}  // namespace

std::vector<starlark::NamedValue> MakeBuildFileBuiltins(starlark::Heap& heap) {
  std::vector<starlark::NamedValue> builtins;
  for (const Entry& entry : kEntries) {
    const starlark::String* name = starlark::Intern(entry.name);
    builtins.push_back({name, heap.New<starlark::Builtin>(name, entry.function)});
  }
  return builtins;
}

}  // namespace cow::loading
