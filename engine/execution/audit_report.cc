#include "engine/execution/audit_report.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/path_order.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/model/build_file.h"

namespace cow::execution {
namespace {

constexpr size_t kMaxListed = 10;
constexpr std::string_view kAttributes = "srcs, hdrs, deps, data or tools";

// Without "." and "..", which are taken by the letter.
std::string Cleaned(std::string_view absolute) {
  std::vector<std::string_view> parts;
  for (std::string_view part : absl::StrSplit(absolute, '/', absl::SkipEmpty())) {
    if (part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  return absl::StrCat("/", absl::StrJoin(parts, "/"));
}

bool IsFile(const std::string& path) {
  const absl::StatusOr<FileInfo> info = StatFile(path);
  return info.ok() && info->kind == FileKind::kRegular;
}

std::string BuildFileOf(const std::string& directory) {
  for (std::string_view name : kBuildFileNames) {
    if (IsFile(JoinPath(directory, name))) return std::string(name);
  }
  return "";
}

// What C libraries and loaders look at in every process.
bool IsAskedByAll(std::string_view path) {
  for (std::string_view file : {"/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/localtime"}) {
    if (path == file) return true;
  }
  for (std::string_view directory : {"/proc", "/dev", "/tmp", "/sys", "/usr/share/locale", "/usr/lib/locale"}) {
    if (IsAtOrBelow(path, directory)) return true;
  }
  return false;
}

std::string Some(const std::vector<std::string>& paths) {
  const auto end = paths.begin() + static_cast<std::ptrdiff_t>(std::min(paths.size(), kMaxListed));
  std::string text = absl::StrJoin(paths.begin(), end, " ");
  if (end != paths.end()) absl::StrAppend(&text, " and ", paths.end() - end, " more");
  return text;
}

class Audit {
 public:
  explicit Audit(const AuditScene& scene) : scene_(scene) {}

  void Look(std::string_view asked) {
    const std::string path = Cleaned(asked);
    absl::string_view rest = path;
    if (path == "/build" || !seen_.insert(path).second) return;
    if (absl::ConsumePrefix(&rest, "/build/")) {
      LookInExecRoot(std::string(rest));
    } else {
      LookOutside(path);
    }
  }

  std::string Describe(std::string_view what) const {
    if (undeclared_.empty() && absent_.empty() && hidden_.empty()) return "";
    std::string text = absl::StrCat("audit: ", scene_.scene.owner.ToString(), " [", what, "]");
    for (const std::string& line : undeclared_) absl::StrAppend(&text, "\n  ", line);
    if (!hidden_.empty()) absl::StrAppend(&text, "\n  on this machine, hidden from actions: ", Some(hidden_));
    if (!absent_.empty()) absl::StrAppend(&text, "\n  looked for, not there: ", Some(absent_));
    return text;
  }

 private:
  // Below cow-out is where actions write, too: temporary files, mostly.
  void LookInExecRoot(const std::string& path) {
    const FailureScene& scene = scene_.scene;
    if (scene_.is_declared(path)) return;
    if (const std::string label = scene.made_by(path); !label.empty()) {
      undeclared_.push_back(absl::StrCat("'", path, "' is made by ", label, ": add \"", label, "\" to ", kAttributes, Where()));
    } else if (!absl::StartsWith(path, "cow-") && IsFile(JoinPath(scene.workspace_root, path))) {
      undeclared_.push_back(absl::StrCat("'", path, "' is in the workspace: add \"", LabelOf(path), "\" to ", kAttributes, Where()));
    } else if (!absl::StartsWith(path, "cow-out/") && !FileExists(JoinPath(scene.workspace_root, path))) {
      absent_.push_back(path);
    }
  }

  void LookOutside(const std::string& path) {
    if (!IsAskedByAll(path) && !IsInHostTree(path.substr(1)) && IsFile(path)) hidden_.push_back(path);
  }

  bool IsInHostTree(const std::string& path) const {
    if (scene_.host_tree == nullptr) return false;
    const std::vector<HostTreeEntry>& entries = scene_.host_tree->entries;
    for (std::string_view at = path; !at.empty(); at = PathDirname(at)) {
      auto found = std::lower_bound(entries.begin(), entries.end(), at,
                                    [](const HostTreeEntry& entry, std::string_view p) { return entry.path < p; });
      if (found == entries.end() || found->path != at) continue;
      // A link may lead to a directory with more below it.
      return at.size() == path.size() || found->kind == HostTreeEntry::Kind::kSymlink;
    }
    return false;
  }

  // As it is written in the BUILD file of the action's owner.
  std::string LabelOf(const std::string& path) const {
    std::string_view package = PathDirname(path);
    while (!package.empty() && BuildFileOf(JoinPath(scene_.scene.workspace_root, package)).empty()) package = PathDirname(package);
    const std::string name = package.empty() ? path : path.substr(package.size() + 1);
    return package == scene_.scene.owner.package().ExecPath() ? name : absl::StrCat("//", package, ":", name);
  }

  std::string Where() const {
    const std::string package = scene_.scene.owner.package().ExecPath();
    const std::string file = BuildFileOf(JoinPath(scene_.scene.workspace_root, package));
    std::string text = absl::StrCat(" of \"", scene_.scene.owner.name(), "\"");
    if (!file.empty()) absl::StrAppend(&text, " in ", JoinPath(package, file));
    return text;
  }

  const AuditScene& scene_;
  std::set<std::string> seen_;
  std::vector<std::string> undeclared_;
  std::vector<std::string> hidden_;
  std::vector<std::string> absent_;
};

}  // namespace

std::string DescribeAudit(std::string_view what, const std::vector<std::string>& asked, const AuditScene& scene) {
  Audit audit(scene);
  for (const std::string& path : asked) audit.Look(path);
  return audit.Describe(what);
}

}  // namespace cow::execution
