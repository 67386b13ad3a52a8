// Metrics: what happened, as counters with labels, in the text format of Prometheus. Any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace cow::cache {

class Metrics {
 public:
  Metrics();

  // `series`: name and labels: `cow_cache_requests_total{method="GetActionResult",code="OK"}`.
  void Add(std::string_view series, int64_t count = 1);
  // A request that took so long.
  void Request(std::string_view protocol, std::string_view method, std::string_view code, absl::Duration took);

  struct Minute {
    int64_t minute = 0;  // since 1970
    int64_t hits = 0;
    int64_t misses = 0;
  };
  // A result that was asked for.
  void Lookup(bool hit);
  // Of the last three hours, oldest first; minutes without a lookup are left out.
  std::deque<Minute> lookups() const;
  int64_t value(std::string_view series) const;
  absl::Time started() const { return started_; }

  // All counters and histograms.
  std::string Text() const;

 private:
  struct Histogram {
    int64_t buckets[8] = {};
    int64_t count = 0;
    double sum = 0;
  };
  const absl::Time started_;
  mutable absl::Mutex mutex_;
  absl::btree_map<std::string, int64_t> counters_ ABSL_GUARDED_BY(mutex_);
  absl::btree_map<std::string, Histogram> seconds_ ABSL_GUARDED_BY(mutex_);
  std::deque<Minute> lookups_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cow::cache
