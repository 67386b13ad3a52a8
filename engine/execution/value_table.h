// ValueTable: the values of artifacts, by ArtifactId.
//
// Written by the owner of the build only; read by any thread. A value may be replaced when its producer had to run
// again: readers get copies.
#pragma once

#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/execution/artifact_value.h"
#include "engine/model/strong_id.h"

namespace cow::execution {

class ValueTable {
 public:
  explicit ValueTable(size_t artifacts) : values_(artifacts) {}

  bool Has(ArtifactId id) const {
    absl::ReaderMutexLock lock(&mutex_);
    return values_[id.value()].has_value();
  }

  // The artifacts have values.
  ArtifactValue Get(ArtifactId id) const {
    absl::ReaderMutexLock lock(&mutex_);
    return *values_[id.value()];
  }
  std::vector<ArtifactValue> GetAll(const std::vector<ArtifactId>& ids) const {
    absl::ReaderMutexLock lock(&mutex_);
    std::vector<ArtifactValue> values;
    values.reserve(ids.size());
    for (ArtifactId id : ids) values.push_back(*values_[id.value()]);
    return values;
  }

  // By ArtifactId, without paths.
  std::vector<std::optional<ActionOutput>> Outputs() const {
    absl::ReaderMutexLock lock(&mutex_);
    std::vector<std::optional<ActionOutput>> outputs(values_.size());
    for (size_t i = 0; i < values_.size(); ++i) {
      if (values_[i]) outputs[i] = OutputOf(*values_[i], "");
    }
    return outputs;
  }

  void Set(ArtifactId id, ArtifactValue value) {
    absl::MutexLock lock(&mutex_);
    values_[id.value()] = std::move(value);
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::optional<ArtifactValue>> values_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::execution
