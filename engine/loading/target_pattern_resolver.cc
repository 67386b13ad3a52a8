#include "engine/loading/target_pattern_resolver.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"
#include "engine/loading/file_table.h"
#include "engine/model/target_pattern.h"

namespace cow::loading {
namespace {

bool IsBelow(const PackageId& package, const PackageId& top) {
  if (package.repo() != top.repo()) return false;
  return top.path().empty() || package.path() == top.path() || absl::StartsWith(package.path(), top.path() + "/");
}

bool Covers(const TargetPattern& pattern, const Label& label) {
  switch (pattern.kind) {
    case TargetPattern::Kind::kSingle: return label == pattern.label;
    case TargetPattern::Kind::kPackage:
    case TargetPattern::Kind::kPackageAndFiles: return label.package() == pattern.package;
    case TargetPattern::Kind::kRecursive: return IsBelow(label.package(), pattern.package);
  }
  return false;
}

class Resolver {
 public:
  Resolver(const PatternOptions& options, PackageLoader& loader) : options_(options), loader_(loader) {}

  absl::Status Add(const std::string& text) {
    COW_ASSIGN_OR_RETURN(TargetPattern pattern, Parse(text));
    if (pattern.negative) {
      std::erase_if(result_.labels, [&](const Label& label) { return Covers(pattern, label); });
      seen_ = {result_.labels.begin(), result_.labels.end()};
      return absl::OkStatus();
    }
    switch (pattern.kind) {
      case TargetPattern::Kind::kSingle: return AddSingle(pattern.label);
      case TargetPattern::Kind::kPackage: return AddPackages({pattern.package}, false);
      case TargetPattern::Kind::kPackageAndFiles: return AddPackages({pattern.package}, true);
      case TargetPattern::Kind::kRecursive: return AddRecursive(pattern);
    }
    return absl::OkStatus();
  }

  // Without keep_going a failure ends the resolving.
  absl::Status Note(absl::Status status) {
    if (status.ok() || !options_.keep_going) return status;
    result_.errors.push_back(std::move(status));
    return absl::OkStatus();
  }

  ResolvedPatterns Take() { return std::move(result_); }

 private:
  absl::StatusOr<TargetPattern> Parse(const std::string& text) const {
    COW_ASSIGN_OR_RETURN(TargetPattern pattern, TargetPattern::Parse(text, options_.base));
    const FileTable& files = loader_.workspace().files();
    if (pattern.kind == TargetPattern::Kind::kSingle) {
      COW_ASSIGN_OR_RETURN(pattern.label, files.Parse(pattern.label.ToString(), options_.base));
    } else {
      COW_ASSIGN_OR_RETURN(pattern.package, files.Canonical(pattern.package));
    }
    return pattern;
  }

  void AddLabel(const Label& label) {
    if (seen_.insert(label).second) result_.labels.push_back(label);
  }

  absl::Status AddSingle(const Label& label) {
    COW_RETURN_IF_ERROR(loader_.LoadTarget(label).status());
    AddLabel(label);
    result_.named.push_back(label);
    return absl::OkStatus();
  }

  absl::Status AddRecursive(const TargetPattern& pattern) {
    COW_ASSIGN_OR_RETURN(std::vector<PackageId> packages, loader_.PackagesBelow(pattern.package));
    if (!packages.empty()) return AddPackages(packages, false);
    absl::Status missing = loader_.Load(pattern.package).status();
    return absl::NotFoundError(absl::StrCat("no packages match '", pattern.text, "': ", missing.message()));
  }

  // Loads in parallel; tells of every broken package.
  absl::Status AddPackages(const std::vector<PackageId>& ids, bool with_files) {
    std::vector<absl::StatusOr<PackagePtr>> packages = loader_.LoadAll(ids);
    std::string errors;
    for (const absl::StatusOr<PackagePtr>& package : packages) {
      if (package.ok()) {
        AddTargets(**package, with_files);
      } else if (options_.keep_going) {
        result_.errors.push_back(package.status());
      } else if (!IsDiagnostic(package.status()) && ids.size() == 1) {
        return package.status();
      } else {
        absl::StrAppend(&errors, errors.empty() ? "" : "\n", package.status().message());
      }
    }
    return errors.empty() ? absl::OkStatus() : MarkDiagnostic(absl::InvalidArgumentError(errors));
  }

  void AddTargets(const Package& package, bool with_files) {
    for (const auto& [name, target] : package.targets()) {
      if (target.is_rule()) {
        bool wanted = !options_.tests_only || target.rule_class().test() || target.rule_class().name() == "test_suite";
        if (wanted && (options_.include_manual || !target.has_tag("manual"))) AddLabel(target.label());
      } else if (with_files && !options_.tests_only && target.kind() != Target::Kind::kPackageGroup) {
        AddLabel(target.label());
      }
    }
  }

  const PatternOptions& options_;
  PackageLoader& loader_;
  ResolvedPatterns result_;
  std::set<Label> seen_;
};

}  // namespace

absl::StatusOr<ResolvedPatterns> ResolvePatterns(const std::vector<std::string>& patterns,
                                                 const PatternOptions& options, PackageLoader& loader) {
  Resolver resolver(options, loader);
  for (const std::string& pattern : patterns) COW_RETURN_IF_ERROR(resolver.Note(resolver.Add(pattern)));
  return resolver.Take();
}

PackageId PackageOfDirectory(const std::string& directory, Workspace& workspace) {
  std::error_code error;
  std::string real = std::filesystem::canonical(directory, error).string();
  std::string prefix = workspace.root() + "/";
  if (error || !absl::StartsWith(real, prefix)) return PackageId();
  return PackageId::Create("", real.substr(prefix.size())).value_or(PackageId());
}

}  // namespace cow::loading
