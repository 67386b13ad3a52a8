#include "remote-cache/service/metrics.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace cow::cache {
namespace {

constexpr double kBounds[] = {0.0005, 0.002, 0.01, 0.05, 0.2, 1, 10};
constexpr size_t kMinutes = 180;

std::string_view FamilyOf(std::string_view series) { return series.substr(0, series.find('{')); }

}  // namespace

Metrics::Metrics() : started_(absl::Now()) {}

void Metrics::Add(std::string_view series, int64_t count) {
  absl::MutexLock lock(&mutex_);
  counters_[std::string(series)] += count;
}

void Metrics::Request(std::string_view protocol, std::string_view method, std::string_view code, absl::Duration took) {
  const double seconds = absl::ToDoubleSeconds(took);
  size_t bucket = 0;
  while (bucket < std::size(kBounds) && seconds > kBounds[bucket]) ++bucket;
  absl::MutexLock lock(&mutex_);
  ++counters_[absl::StrCat("cow_cache_requests_total{protocol=\"", protocol, "\",method=\"", method, "\",code=\"", code,
                           "\"}")];
  Histogram& histogram = seconds_[absl::StrCat("protocol=\"", protocol, "\",method=\"", method, "\"")];
  ++histogram.buckets[bucket];
  ++histogram.count;
  histogram.sum += seconds;
}

void Metrics::Lookup(bool hit) {
  const int64_t minute = absl::ToUnixSeconds(absl::Now()) / 60;
  absl::MutexLock lock(&mutex_);
  ++counters_[hit ? "cow_cache_results_total{found=\"yes\"}" : "cow_cache_results_total{found=\"no\"}"];
  if (lookups_.empty() || lookups_.back().minute != minute) lookups_.push_back({minute, 0, 0});
  ++(hit ? lookups_.back().hits : lookups_.back().misses);
  if (lookups_.size() > kMinutes) lookups_.pop_front();
}

std::deque<Metrics::Minute> Metrics::lookups() const {
  absl::MutexLock lock(&mutex_);
  return lookups_;
}

int64_t Metrics::value(std::string_view series) const {
  absl::MutexLock lock(&mutex_);
  const auto found = counters_.find(series);
  return found == counters_.end() ? 0 : found->second;
}

std::string Metrics::Text() const {
  std::string text;
  std::string_view family;
  absl::MutexLock lock(&mutex_);
  for (const auto& [series, count] : counters_) {
    if (FamilyOf(series) != family) absl::StrAppend(&text, "# TYPE ", family = FamilyOf(series), " counter\n");
    absl::StrAppend(&text, series, " ", count, "\n");
  }
  if (!seconds_.empty()) text += "# TYPE cow_cache_request_seconds histogram\n";
  for (const auto& [labels, histogram] : seconds_) {
    int64_t below = 0;
    for (size_t i = 0; i <= std::size(kBounds); ++i) {
      below += histogram.buckets[i];
      const std::string bound = i < std::size(kBounds) ? absl::StrCat(kBounds[i]) : "+Inf";
      absl::StrAppend(&text, "cow_cache_request_seconds_bucket{", labels, ",le=\"", bound, "\"} ", below, "\n");
    }
    absl::StrAppendFormat(&text, "cow_cache_request_seconds_sum{%s} %.6f\n", labels, histogram.sum);
    absl::StrAppend(&text, "cow_cache_request_seconds_count{", labels, "} ", histogram.count, "\n");
  }
  return text;
}

}  // namespace cow::cache
