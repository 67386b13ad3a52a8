#include "engine/loading/archive_paths.h"

#include <deque>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/edit_distance.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow::loading {
namespace {

// As many as Linux follows.
constexpr int kMaxLinks = 40;
constexpr size_t kShownTops = 8;

std::deque<std::string> Parts(std::string_view path) {
  std::deque<std::string> parts;
  for (std::string_view part : absl::StrSplit(path, '/', absl::SkipEmpty())) parts.emplace_back(part);
  return parts;
}

}  // namespace

absl::StatusOr<std::string> SafeEntryPath(std::string_view name) {
  auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("refusing the entry '", name, "': ", why));
  };
  if (name.find('\0') != std::string_view::npos) return refuse("its name has a NUL");
  if (absl::StartsWith(name, "/")) return refuse("its path is absolute");
  std::string path;
  for (std::string_view part : absl::StrSplit(name, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return refuse("its path has '..'");
    path = JoinPath(path, part);
  }
  return path;
}

std::string PendingLinks::LinkAbove(std::string_view path) const {
  for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    std::string above(path.substr(0, slash));
    if (links_.contains(above)) return above;
  }
  return "";
}

absl::Status PendingLinks::Check() const {
  for (const auto& [path, target] : links_) COW_RETURN_IF_ERROR(CheckOne(path, target));
  return absl::OkStatus();
}

// Goes the way the system would go; `here` never has a link in it.
absl::Status PendingLinks::CheckOne(const std::string& path, const std::string& target) const {
  auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("refusing the symlink '", path, "' -> '", target, "': ", why));
  };
  if (absl::StartsWith(target, "/")) return refuse("its target is absolute");
  std::vector<std::string> here;
  for (std::string& part : Parts(PathDirname(path))) here.push_back(std::move(part));
  std::deque<std::string> ahead = Parts(target);
  for (int followed = 0; !ahead.empty();) {
    std::string part = std::move(ahead.front());
    ahead.pop_front();
    if (part == ".") continue;
    if (part == "..") {
      if (here.empty()) return refuse("it leads out of the directory");
      here.pop_back();
      continue;
    }
    here.push_back(std::move(part));
    auto link = links_.find(absl::StrJoin(here, "/"));
    if (link == links_.end()) continue;
    // A circle of links leads nowhere, thus not out.
    if (++followed > kMaxLinks) return absl::OkStatus();
    if (absl::StartsWith(link->second, "/")) return refuse("its target is absolute");
    here.pop_back();
    std::deque<std::string> inner = Parts(link->second);
    ahead.insert(ahead.begin(), inner.begin(), inner.end());
  }
  return absl::OkStatus();
}

absl::StatusOr<StrippedPrefix> StrippedPrefix::Create(std::string_view prefix) {
  absl::StatusOr<std::string> path = SafeEntryPath(prefix);
  if (!path.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("strip_prefix '", prefix, "' must be a relative path without '..'"));
  }
  StrippedPrefix result;
  result.prefix_ = *std::move(path);
  result.found_ = result.prefix_.empty();
  return result;
}

bool StrippedPrefix::Strip(std::string& path) {
  if (prefix_.empty()) return true;
  tops_.insert(path.substr(0, path.find('/')));
  if (path == prefix_) {
    path.clear();
  } else if (absl::StartsWith(path, prefix_ + "/")) {
    path.erase(0, prefix_.size() + 1);
  } else {
    return false;
  }
  found_ = true;
  return true;
}

absl::Status StrippedPrefix::CheckFound() const {
  if (found_) return absl::OkStatus();
  std::vector<std::string> tops(tops_.begin(), tops_.end());
  std::string closest = ClosestMatch(prefix_, tops);
  if (tops.size() > kShownTops) {
    tops.resize(kShownTops);
    tops.push_back("...");
  }
  return absl::NotFoundError(absl::StrCat("strip_prefix '", prefix_, "' is not in the archive, whose top holds [",
                                          absl::StrJoin(tops, ", "), "]",
                                          closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")));
}

}  // namespace cow::loading
