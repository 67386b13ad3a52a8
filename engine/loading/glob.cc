#include "engine/loading/glob.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/workspace.h"

namespace cow::loading {
namespace {

// Deeper directories are not looked at.
constexpr int kMaxDepth = 100;

using Segments = std::vector<std::string>;

// `*` any run of characters, everything else itself.
bool MatchesSegment(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool MatchesSegments(const Segments& pattern, size_t p, const Segments& path, size_t t) {
  if (p == pattern.size()) return t == path.size();
  if (pattern[p] == "**") {
    for (size_t skip = t; skip <= path.size(); ++skip) {
      if (MatchesSegments(pattern, p + 1, path, skip)) return true;
    }
    return false;
  }
  return t < path.size() && MatchesSegment(pattern[p], path[t]) && MatchesSegments(pattern, p + 1, path, t + 1);
}

// Which positions of a pattern are reached by going into one directory more.
using States = std::set<size_t>;

// Adds the positions behind a "**" that matches nothing.
void AddReachable(const Segments& pattern, size_t position, States& states) {
  states.insert(position);
  if (position < pattern.size() && pattern[position] == "**") AddReachable(pattern, position + 1, states);
}

States Step(const Segments& pattern, const States& states, std::string_view name) {
  States next;
  for (size_t position : states) {
    if (position == pattern.size()) continue;
    if (pattern[position] == "**") {
      AddReachable(pattern, position, next);
    } else if (MatchesSegment(pattern[position], name)) {
      AddReachable(pattern, position + 1, next);
    }
  }
  return next;
}

class Walker {
 public:
  Walker(SourceTree& tree, const GlobRequest& request) : tree_(tree), request_(request) {}

  void Walk(const std::string& directory, const std::string& below, const Segments& pattern, const States& states,
            int depth) {
    std::shared_ptr<const Listing> listing = tree_.List(directory);
    if (listing == nullptr || depth > kMaxDepth) return;
    for (const DirectoryEntry& entry : *listing) {
      States next = Step(pattern, states, entry.name);
      if (next.empty()) continue;
      std::string path = JoinPath(below, entry.name);
      bool matches = next.contains(pattern.size());
      if (entry.kind == FileKind::kRegular && matches && request_.files) found.insert(path);
      if (entry.kind != FileKind::kDirectory || (depth == 0 && IsHiddenFromSearch(entry.name))) continue;
      std::string inner = JoinPath(directory, entry.name);
      if (!tree_.BuildFileIn(inner).empty() || tree_.KindOf(JoinPath(inner, kWorkspaceFile)) != FileKind::kOther) {
        continue;
      }
      if (matches && request_.directories) found.insert(path);
      if (!tree_.IsLinkedDirectory(inner)) {
        Walk(inner, path, pattern, next, depth + 1);
      } else if (EnterLink(inner)) {
        Walk(inner, path, pattern, next, depth + 1);
        followed_.pop_back();
      }
    }
  }

  std::set<std::string> found;

 private:
  // False for a link to a directory on the way here: following it would never end.
  bool EnterLink(const std::string& link) {
    std::error_code error;
    std::string target = std::filesystem::canonical(link, error).string();
    std::string here = std::filesystem::canonical(std::string(PathDirname(link)), error).string();
    if (error || here == target || absl::StartsWith(here, target + "/")) return false;
    if (std::find(followed_.begin(), followed_.end(), target) != followed_.end()) return false;
    followed_.push_back(std::move(target));
    return true;
  }

  std::vector<std::string> followed_;  // targets of the links on the way
  SourceTree& tree_;
  const GlobRequest& request_;
};

Segments Split(std::string_view pattern) { return absl::StrSplit(pattern, '/'); }

// A hint for the usual reason why nothing matches: the directory is a package of its own.
std::string SubpackageHint(SourceTree& tree, const std::string& directory, std::string_view pattern) {
  std::string path;
  for (const std::string& segment : Split(pattern)) {
    if (absl::StrContains(segment, "*")) break;
    path = JoinPath(path, segment);
    if (!tree.BuildFileIn(JoinPath(directory, path)).empty()) {
      return absl::StrCat(": directory '", path, "' is a package of its own, which a glob does not enter");
    }
  }
  return "; set allow_empty = True if that is meant";
}

}  // namespace

bool IsHiddenFromSearch(std::string_view directory_name) {
  return directory_name == "cow-out" || directory_name == "cow-bin" || directory_name == ".git" ||
         absl::StartsWith(directory_name, "bazel-");
}

absl::Status CheckGlobPattern(std::string_view pattern) {
  if (pattern.empty()) return absl::InvalidArgumentError("pattern cannot be empty");
  if (pattern[0] == '/') return absl::InvalidArgumentError("pattern cannot be absolute");
  if (absl::StrContains(pattern, "?")) return absl::InvalidArgumentError("wildcard ? forbidden");
  for (const std::string& segment : Split(pattern)) {
    if (segment.empty()) return absl::InvalidArgumentError("empty segment not permitted");
    if (segment == "." || segment == "..") {
      return absl::InvalidArgumentError(absl::StrCat("segment '", segment, "' not permitted"));
    }
    if (segment != "**" && absl::StrContains(segment, "**")) {
      return absl::InvalidArgumentError("recursive wildcard must be its own segment");
    }
  }
  return absl::OkStatus();
}

bool MatchesGlob(std::string_view pattern, std::string_view path) {
  return MatchesSegments(Split(pattern), 0, Split(path), 0);
}

absl::StatusOr<std::vector<std::string>> Glob(SourceTree& tree, const std::string& directory,
                                              const GlobRequest& request) {
  for (const auto* patterns : {&request.include, &request.exclude}) {
    for (const std::string& pattern : *patterns) {
      absl::Status status = CheckGlobPattern(pattern);
      if (!status.ok()) return absl::InvalidArgumentError(absl::StrCat(status.message(), " in '", pattern, "'"));
    }
  }
  std::set<std::string> all;
  for (const std::string& pattern : request.include) {
    Walker walker(tree, request);
    Segments segments = Split(pattern);
    States start;
    AddReachable(segments, 0, start);
    walker.Walk(directory, "", segments, start, 0);
    if (walker.found.empty() && !request.allow_empty) {
      return absl::InvalidArgumentError(absl::StrCat("glob pattern '", pattern, "' didn't match anything",
                                                     SubpackageHint(tree, directory, pattern)));
    }
    all.merge(walker.found);
  }
  std::vector<std::string> paths;
  for (const std::string& path : all) {
    bool excluded = std::any_of(request.exclude.begin(), request.exclude.end(),
                                [&](const std::string& pattern) { return MatchesGlob(pattern, path); });
    if (!excluded) paths.push_back(path);
  }
  if (paths.empty() && !request.allow_empty) {
    return absl::InvalidArgumentError(
        request.include.empty() ? "glob without patterns; set allow_empty = True if that is meant"
                                : "all files in the glob have been excluded; set allow_empty = True if that is meant");
  }
  return paths;
}

absl::StatusOr<std::vector<std::string>> FindSubpackages(SourceTree& tree, const std::string& directory,
                                                         const GlobRequest& request) {
  std::vector<std::string> found;
  std::function<void(const std::string&, int)> search = [&](const std::string& below, int depth) {
    std::shared_ptr<const Listing> listing = tree.List(JoinPath(directory, below));
    if (listing == nullptr || depth > kMaxDepth) return;
    for (const DirectoryEntry& entry : *listing) {
      if (entry.kind != FileKind::kDirectory || (depth == 0 && IsHiddenFromSearch(entry.name))) continue;
      std::string path = JoinPath(below, entry.name);
      if (tree.IsLinkedDirectory(JoinPath(directory, path))) continue;
      if (tree.BuildFileIn(JoinPath(directory, path)).empty()) {
        search(path, depth + 1);
      } else {
        found.push_back(path);
      }
    }
  };
  search("", 0);
  auto matches = [](const std::vector<std::string>& patterns, const std::string& path) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return MatchesGlob(pattern, path); });
  };
  std::erase_if(found, [&](const std::string& path) {
    return !matches(request.include, path) || matches(request.exclude, path);
  });
  if (found.empty() && !request.allow_empty) {
    return absl::InvalidArgumentError("subpackages pattern didn't match anything; set allow_empty = True if that is meant");
  }
  return found;
}

}  // namespace cow::loading
