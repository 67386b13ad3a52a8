// PackageUses: which packages the analysis of targets looked at, so that a later one knows what a changed package concerns.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "engine/model/label.h"

namespace cow::loading {
class PackageLoader;
}  // namespace cow::loading

namespace cow::analysis {

struct PackageUses {
  // Those that targets of a package depend on directly, itself not; all packages with targets that were analysed.
  std::map<PackageId, std::set<PackageId>> by_package{};
  std::set<PackageId> by_all{};  // those that count for any target: conditions, platforms, toolchains, package groups

  // The packages with targets that may come out otherwise when the changed ones do; these included. nullopt: all.
  std::optional<std::set<PackageId>> Users(const std::set<PackageId>& changed) const;
  // All that targets of these packages look at, near or far; these included.
  std::set<PackageId> Used(const std::set<PackageId>& packages) const;

  friend bool operator==(const PackageUses&, const PackageUses&) = default;
};

// Listens to a loader while it lives.
class PackageUseRecorder {
 public:
  // `loader` must outlive it, and nobody else listens.
  explicit PackageUseRecorder(loading::PackageLoader& loader);
  ~PackageUseRecorder();
  PackageUseRecorder(const PackageUseRecorder&) = delete;
  PackageUseRecorder& operator=(const PackageUseRecorder&) = delete;

  // What is loaded while it lives counts for targets of `user` only. In the thread of the analysis.
  class Scope {
   public:
    Scope(PackageUseRecorder& recorder, const PackageId& user) : recorder_(recorder) { recorder_.user_ = &user; }
    ~Scope() { recorder_.user_ = nullptr; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    PackageUseRecorder& recorder_;
  };

  PackageUses Uses() const;

 private:
  void Note(const PackageId& used);

  loading::PackageLoader& loader_;
  const PackageId* user_ = nullptr;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<PackageId, absl::flat_hash_set<PackageId>> by_package_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<PackageId> by_all_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::analysis
