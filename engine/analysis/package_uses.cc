#include "engine/analysis/package_uses.h"

#include <utility>
#include <vector>

#include "engine/loading/package_loader.h"

namespace cow::analysis {
namespace {

// All that `next` leads to from `start`, which is included.
std::set<PackageId> Reach(const std::set<PackageId>& start, const std::map<PackageId, std::set<PackageId>>& next) {
  std::set<PackageId> reached = start;
  std::vector<PackageId> waiting(start.begin(), start.end());
  while (!waiting.empty()) {
    const PackageId package = std::move(waiting.back());
    waiting.pop_back();
    auto found = next.find(package);
    if (found == next.end()) continue;
    for (const PackageId& other : found->second) {
      if (reached.insert(other).second) waiting.push_back(other);
    }
  }
  return reached;
}

}  // namespace

std::optional<std::set<PackageId>> PackageUses::Users(const std::set<PackageId>& changed) const {
  for (const PackageId& package : changed) {
    if (by_all.contains(package)) return std::nullopt;
  }
  std::map<PackageId, std::set<PackageId>> users;
  for (const auto& [user, used] : by_package) {
    for (const PackageId& package : used) users[package].insert(user);
  }
  return Reach(changed, users);
}

std::set<PackageId> PackageUses::Used(const std::set<PackageId>& packages) const { return Reach(packages, by_package); }

PackageUseRecorder::PackageUseRecorder(loading::PackageLoader& loader) : loader_(loader) {
  loader_.SetObserver([this](const PackageId& used) { Note(used); });
}

PackageUseRecorder::~PackageUseRecorder() { loader_.SetObserver({}); }

void PackageUseRecorder::Note(const PackageId& used) {
  absl::MutexLock lock(&mutex_);
  if (user_ == nullptr) {
    by_all_.insert(used);
    return;
  }
  absl::flat_hash_set<PackageId>& used_by = by_package_[*user_];
  if (*user_ != used) used_by.insert(used);
}

PackageUses PackageUseRecorder::Uses() const {
  absl::MutexLock lock(&mutex_);
  PackageUses uses;
  for (const auto& [user, used] : by_package_) uses.by_package[user].insert(used.begin(), used.end());
  uses.by_all.insert(by_all_.begin(), by_all_.end());
  return uses;
}

}  // namespace cow::analysis
