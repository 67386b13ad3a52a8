#include "engine/driver/why_subject.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/loading/source_tree.h"

namespace cow::driver {
namespace {

constexpr char kOutputRoot[] = "cow-out/";
constexpr char kBinLink[] = "cow-bin/";

bool Consume(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

// The nearest package at or above the directory; `relative` is below the workspace.
PackageId PackageAt(const std::string& root, std::string_view relative) {
  loading::SourceTree tree;
  for (std::string_view folder = relative; !folder.empty(); folder = PathDirname(folder)) {
    if (tree.BuildFileIn(JoinPath(root, folder)).empty()) continue;
    return PackageId::Create("", folder).value_or(PackageId());
  }
  return PackageId();
}

// The path below the workspace that `text` names; nullopt if it lies elsewhere.
std::optional<std::string> RelativePath(const std::string& text, const std::string& root, const std::string& directory) {
  const std::string absolute = text.starts_with('/') ? text : JoinPath(directory, text);
  const std::string normal = std::filesystem::path(absolute).lexically_normal().string();
  std::string_view rest = normal;
  if (!Consume(&rest, root + "/")) return std::nullopt;
  if (rest.ends_with('/')) rest.remove_suffix(1);
  std::string path(rest);
  if (!path.starts_with(kBinLink)) return path;
  absl::StatusOr<std::string> bin = ReadLink(JoinPath(root, "cow-bin"));
  return bin.ok() ? JoinPath(*bin, path.substr(sizeof(kBinLink) - 1)) : path;
}

// "a/b.o" of "cow-out/linux-opt/bin/a/b.o".
std::string_view ShortPath(std::string_view output) {
  if (!Consume(&output, kOutputRoot)) return output;
  for (int folder = 0; folder < 2; ++folder) {
    const size_t slash = output.find('/');
    if (slash == std::string_view::npos) return output;
    output.remove_prefix(slash + 1);
  }
  return output;
}

bool IsPattern(std::string_view text) {
  return text.starts_with("//") || text.starts_with('@') || text.find(':') != text.npos || text.find("...") != text.npos;
}

bool IsOrLiesIn(std::string_view path, std::string_view folder) {
  return path == folder || (path.size() > folder.size() && path[folder.size()] == '/' && path.starts_with(folder));
}

}  // namespace

absl::StatusOr<WhySubject> WhySubject::Parse(const std::string& text, const std::string& root,
                                             const std::string& directory) {
  WhySubject subject;
  std::string_view below = directory;
  if (!Consume(&below, root + "/")) below = "";
  absl::StatusOr<TargetPattern> pattern = TargetPattern::Parse(text, PackageAt(root, below));
  if (IsPattern(text)) {
    if (!pattern.ok()) return pattern.status();
    subject.pattern_ = *std::move(pattern);
    // A generated file has a label too.
    if (subject.pattern_->kind == TargetPattern::Kind::kSingle) subject.path_ = subject.pattern_->label.ExecPath();
    return subject;
  }
  std::optional<std::string> path = RelativePath(text, root, directory);
  if (!path && !pattern.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is neither a label nor a file of the workspace"));
  }
  if (pattern.ok()) subject.pattern_ = *std::move(pattern);
  subject.path_ = path.value_or("");
  return subject;
}

bool WhySubject::Matches(const RecordedAction& action) const {
  if (action.outcome == RecordedAction::Outcome::kMade) return false;
  return MatchesLabel(action.label) || std::any_of(action.outputs.begin(), action.outputs.end(),
                                                   [this](const std::string& output) { return MatchesFile(output); });
}

bool WhySubject::MatchesFile(const std::string& output) const {
  if (path_.empty()) return false;
  return IsOrLiesIn(path_, output) || IsOrLiesIn(path_, ShortPath(output));
}

bool WhySubject::MatchesLabel(const std::string& text) const {
  if (!pattern_) return false;
  absl::StatusOr<Label> label = Label::Parse(text, PackageId());
  if (!label.ok()) return false;
  switch (pattern_->kind) {
    case TargetPattern::Kind::kSingle: return *label == pattern_->label;
    case TargetPattern::Kind::kPackage:
    case TargetPattern::Kind::kPackageAndFiles: return label->package() == pattern_->package;
    case TargetPattern::Kind::kRecursive:
      return label->repo() == pattern_->package.repo() &&
             (pattern_->package.path().empty() || IsOrLiesIn(label->package().path(), pattern_->package.path()));
  }
  return false;
}

}  // namespace cow::driver
