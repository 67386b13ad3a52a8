#include "engine/loading/package.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/edit_distance.h"

namespace cow::loading {

const Target* Package::Find(std::string_view name) const {
  auto found = targets_.find(name);
  return found == targets_.end() ? nullptr : &found->second;
}

absl::StatusOr<const Target*> Package::Get(std::string_view name) const {
  if (const Target* target = Find(name)) return target;
  std::string message = absl::StrCat("no such target '", id_.ToString(), ":", name, "': target '", name,
                                     "' not declared in package '", id_.path(), "' defined by ", build_file_name_);
  if (std::binary_search(files_beside_.begin(), files_beside_.end(), name)) {
    absl::StrAppend(&message, "; a source file of this name exists, perhaps add exports_files([\"", name, "\"]) there");
    return absl::NotFoundError(message);
  }
  std::vector<std::string> names;
  for (const auto& [target_name, target] : targets_) names.push_back(target_name);
  names.insert(names.end(), files_beside_.begin(), files_beside_.end());
  std::string closest = ClosestMatch(name, names);
  if (!closest.empty()) absl::StrAppend(&message, " (did you mean '", closest, "'?)");
  return absl::NotFoundError(message);
}

}  // namespace cow::loading
