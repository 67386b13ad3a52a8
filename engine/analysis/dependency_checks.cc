#include "engine/analysis/dependency_checks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/analysis/file_value.h"
#include "engine/analysis/provider.h"
#include "engine/base/status.h"

namespace cow::analysis {

using starlark::Value;

namespace {

bool IsFileTarget(const ConfiguredTarget& target) {
  return target.kind == "source file" || target.kind == "generated file";
}

// `wanted` is a provider, or the name of a field of the struct that the rule returned.
bool Has(const ConfiguredTarget& target, Value wanted) {
  const auto* name = wanted.As<starlark::String>();
  if (name == nullptr) return !target.providers.Find(wanted.As<Provider>()).IsUnset();
  const starlark::Struct* legacy = target.providers.legacy_fields();
  return legacy != nullptr && !legacy->Find(name->view()).IsUnset();
}

bool HasAll(const ConfiguredTarget& target, const std::vector<Value>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](Value value) { return Has(target, value); });
}

// "'A'", "'A' and 'B'"
std::string Names(const std::vector<Value>& providers) {
  std::vector<std::string> names;
  for (Value value : providers) {
    const auto* name = value.As<starlark::String>();
    names.push_back(absl::StrCat("'", name != nullptr ? name->view() : value.As<Provider>()->InstanceName(), "'"));
  }
  return absl::StrJoin(names, " and ");
}

std::string CheckProviders(const loading::Attribute& attribute, const ConfiguredTarget& target) {
  for (const std::string& kind : attribute.allow_rules) {
    if (target.kind == kind + " rule") return "";
  }
  if (attribute.providers.empty() && !attribute.allow_rules.empty()) {
    return absl::StrCat(target.kind, " '", target.label.ToString(), "' is misplaced here (expected ",
                        absl::StrJoin(attribute.allow_rules, ", "), ")");
  }
  if (attribute.providers.empty()) return "";
  std::vector<std::string> alternatives;
  for (const std::vector<Value>& wanted : attribute.providers) {
    if (HasAll(target, wanted)) return "";
    alternatives.push_back(Names(wanted));
  }
  return absl::StrCat("'", target.label.ToString(),
                      "' does not have mandatory providers: ", absl::StrJoin(alternatives, " or "));
}

std::string CheckFiles(const loading::Target& owner, const loading::Attribute& attribute,
                       const ConfiguredTarget& target) {
  std::string expected = absl::StrCat(" (expected ", attribute.allow_files.ToString(), ")");
  if (IsFileTarget(target)) {
    // A tool may be a program that lies in the workspace.
    if (attribute.executable && !attribute.allow_files.AllowsFiles()) return "";
    if (attribute.allow_files.Accepts(target.label.name())) return "";
    return absl::StrCat(target.kind, " '", target.label.ToString(), "' is misplaced here",
                        expected);
  }
  if (attribute.allow_files.any || attribute.allow_files.suffixes.empty() ||
      !attribute.providers.empty())
    return "";
  for (const DepsetElement& element : target.files.ToList()) {
    const auto* file = element.value.As<FileValue>();
    if (file->is_directory() || attribute.allow_files.Accepts(file->artifact().exec_path))
      return "";
  }
  return absl::StrCat("'", target.label.ToString(), "' does not produce any ",
                      owner.rule_class().name(), " ", attribute.name, " files", expected);
}

std::string CheckShape(const loading::Attribute& attribute, const ConfiguredTarget& target) {
  if (attribute.single_file && target.files.ToList().size() != 1) {
    return absl::StrCat("'", target.label.ToString(), "' must produce a single file, but produces ",
                        target.files.ToList().size());
  }
  if (attribute.executable && target.files_to_run->executable() == nullptr) {
    return absl::StrCat("'", target.label.ToString(), "' does not refer to an executable target");
  }
  return "";
}

}  // namespace

std::string DescribeEdge(const loading::Target& target, const DependencyEdge& edge) {
  if (edge.attribute == nullptr) return absl::StrCat("in ", target.label().ToString(), ": ");
  return absl::StrCat("in ", edge.attribute->name, " attribute of ", target.rule_class().name(),
                      " rule ", target.label().ToString(), ": ");
}

absl::Status CheckMayDepend(loading::PackageLoader& loader, const loading::Target& target,
                            const DependencyEdge& edge, const loading::Target& dependency) {
  absl::Status visible = loader.CheckVisible(dependency, target);
  if (!visible.ok() && !IsDiagnostic(visible) && edge.attribute != nullptr &&
      !target.IsExplicit(edge.attribute->name)) {
    // A default is written by the author of the rule: what his package may see is enough.
    absl::StatusOr<Label> author = Label::Create(target.rule_class().definition().package, "defs");
    if (author.ok() && loader.CheckVisible(dependency, *author).ok()) visible = absl::OkStatus();
  }
  if (!visible.ok()) {
    return IsDiagnostic(visible)
               ? visible
               : target.Error(DescribeEdge(target, edge) + std::string(visible.message()));
  }
  if (dependency.is_rule() && dependency.testonly() && target.is_rule() && !target.testonly() &&
      !target.rule_class().test()) {
    return target.Error(absl::StrCat(
        "non-test target '", target.label().ToString(), "' depends on testonly target '",
        dependency.label().ToString(), "' and doesn't have testonly attribute set"));
  }
  return absl::OkStatus();
}

absl::Status CheckDependency(const loading::Target& target, const DependencyEdge& edge) {
  if (edge.attribute == nullptr) return absl::OkStatus();
  const ConfiguredTarget& dependency = edge.target->resolved();
  std::string problem = CheckFiles(target, *edge.attribute, dependency);
  if (problem.empty() && !IsFileTarget(dependency))
    problem = CheckProviders(*edge.attribute, dependency);
  if (problem.empty()) problem = CheckShape(*edge.attribute, dependency);
  if (problem.empty()) return absl::OkStatus();
  return target.Error(DescribeEdge(target, edge) + problem);
}

}  // namespace cow::analysis
