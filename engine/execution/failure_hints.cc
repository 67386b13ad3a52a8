#include "engine/execution/failure_hints.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"

namespace cow::execution {
namespace {

constexpr size_t kMaxLines = 2000;
constexpr size_t kMaxHints = 5;
constexpr std::string_view kExecRootPrefix = "/build/";

// `phrases` are in lower case.
bool ContainsAny(std::string_view line, std::initializer_list<std::string_view> phrases) {
  std::string lower = absl::AsciiStrToLower(line);
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return absl::StrContains(lower, phrase); });
}

bool ConsumePrefix(std::string_view* text, std::string_view prefix) {
  if (!absl::StartsWith(*text, prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

bool SaysMissing(std::string_view line) { return ContainsAny(line, {"no such file or directory", "not found"}); }

bool SaysNoNetwork(std::string_view line) {
  return ContainsAny(line, {"network is unreachable", "could not resolve host", "temporary failure in name resolution"}) ||
         (ContainsAny(line, {"socket"}) && ContainsAny(line, {"permission denied", "operation not permitted"}));
}

bool SaysUnwritable(std::string_view line) { return ContainsAny(line, {"read-only file system", "permission denied"}); }

// The words of a line that may be paths below the execution root.
std::vector<std::string> PathsIn(std::string_view line) {
  std::vector<std::string> paths;
  for (std::string_view word : absl::StrSplit(line, absl::ByAnyChar(" \t:;,'\"`()[]<>="), absl::SkipEmpty())) {
    if (!ConsumePrefix(&word, kExecRootPrefix) && absl::StartsWith(word, "/")) continue;
    ConsumePrefix(&word, "./");
    absl::StatusOr<RelPath> path = RelPath::Parse(word);
    if (path.ok() && !path->empty()) paths.push_back(path->str());
  }
  return paths;
}

bool IsWorkspaceFile(const FailureScene& scene, const std::string& path) {
  absl::StatusOr<FileInfo> info = StatFile(JoinPath(scene.workspace_root, path));
  return info.ok() && info->kind == FileKind::kRegular;
}

// The hint for a path that the action looked for at exactly this place, or "".
std::string UndeclaredInput(const FailureScene& scene, const std::string& path) {
  if (scene.is_input(path)) return "";
  std::string label = scene.made_by(path);
  std::string_view advice = "add it to its srcs, deps, data or tools";
  if (!label.empty()) {
    return absl::StrCat("'", path, "' is made by ", label, " but is not an input of ", scene.owner.ToString(), "; ", advice);
  }
  if (absl::StartsWith(path, "cow-out/") || !IsWorkspaceFile(scene, path)) return "";
  return absl::StrCat("'", path, "' exists in the workspace but is not an input of ", scene.owner.ToString(), "; ", advice);
}

// Compilers name a header as it is written: it may lie below the package or beside the file that includes it.
std::vector<std::string> PlacesOf(const FailureScene& scene, const std::string& path,
                                  const std::vector<std::string>& others) {
  std::vector<std::string> places = {path, JoinPath(scene.owner.package().ExecPath(), path)};
  for (const std::string& other : others) places.push_back(JoinPath(PathDirname(other), path));
  return places;
}

std::string MissingHint(std::string_view line, const FailureScene& scene) {
  std::vector<std::string> paths = PathsIn(line);
  for (const std::string& path : paths) {
    for (const std::string& place : PlacesOf(scene, path, paths)) {
      std::string hint = UndeclaredInput(scene, place);
      if (!hint.empty()) return hint;
    }
  }
  return "";
}

std::string UnwritableHint(std::string_view line, const FailureScene& scene) {
  for (const std::string& path : PathsIn(line)) {
    if (path.find('/') == std::string::npos && path.find('.') == std::string::npos) continue;
    if (scene.is_input(path)) return absl::StrCat("'", path, "' is an input: an action cannot change its inputs");
    return absl::StrCat("'", path, "' cannot be written: an action writes only its declared outputs; declare it in the ",
                        "outs of ", scene.owner.ToString(), " or write it to $TMPDIR");
  }
  return "";
}

std::string HintFor(std::string_view line, const FailureScene& scene) {
  if (SaysNoNetwork(line)) {
    return "actions have no network; a file from outside is declared with its sha256 in a repository (WORKSPACE.cow)";
  }
  if (SaysMissing(line)) return MissingHint(line, scene);
  if (SaysUnwritable(line)) return UnwritableHint(line, scene);
  return "";
}

}  // namespace

std::vector<std::string> HintsFor(std::string_view output, const FailureScene& scene) {
  std::vector<std::string> hints;
  size_t lines = 0;
  for (std::string_view line : absl::StrSplit(output, '\n')) {
    if (++lines > kMaxLines || hints.size() == kMaxHints) break;
    std::string hint = HintFor(line, scene);
    if (!hint.empty() && std::find(hints.begin(), hints.end(), hint) == hints.end()) hints.push_back(std::move(hint));
  }
  return hints;
}

}  // namespace cow::execution
