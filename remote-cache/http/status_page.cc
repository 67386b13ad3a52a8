#include "remote-cache/http/status_page.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "engine/base/json.h"

namespace cow::cache {
namespace {

constexpr char kHits[] = "cow_cache_results_total{found=\"yes\"}";
constexpr char kMisses[] = "cow_cache_results_total{found=\"no\"}";

std::string Bytes(int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.*f %s", unit == 0 ? 0 : 1, value, kUnits[unit]);
}

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string Row(std::string_view name, std::string_view value) {
  return absl::StrCat("<tr><th scope=\"row\">", name, "</th><td>", Escaped(value), "</td></tr>\n");
}

// Bars of the last three hours, one for each minute with lookups: found above what was asked for.
std::string Plot(const std::deque<Metrics::Minute>& lookups) {
  constexpr int kWidth = 720;
  constexpr int kHeight = 120;
  if (lookups.empty()) return "<p>Nobody asked for a result in the last three hours.</p>\n";
  const int64_t now = absl::ToUnixSeconds(absl::Now()) / 60;
  int64_t most = 1;
  for (const Metrics::Minute& one : lookups) most = std::max(most, one.hits + one.misses);
  std::string svg = absl::StrFormat(
      "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Results asked for and found, by minute\">"
      "<rect width=\"%d\" height=\"%d\" class=\"paper\"/>", kWidth, kHeight, kWidth, kHeight);
  for (const Metrics::Minute& one : lookups) {
    const int64_t age = now - one.minute;
    if (age < 0 || age >= 180) continue;
    const int x = static_cast<int>(kWidth - (age + 1) * 4);
    const int all = static_cast<int>((one.hits + one.misses) * kHeight / most);
    const int hits = static_cast<int>(one.hits * kHeight / most);
    absl::StrAppendFormat(&svg, "<rect x=\"%d\" y=\"%d\" width=\"3\" height=\"%d\" class=\"miss\"/>", x, kHeight - all, all);
    absl::StrAppendFormat(&svg, "<rect x=\"%d\" y=\"%d\" width=\"3\" height=\"%d\" class=\"hit\"/>", x, kHeight - hits, hits);
  }
  return absl::StrCat(svg, "</svg>\n<p class=\"legend\"><span class=\"hit\">&#9632;</span> found &nbsp; <span class=\"miss\">"
                           "&#9632;</span> not found; the last 180 minutes, at most ", most, " a minute</p>\n");
}

constexpr char kStyle[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}"
    "h1{font-size:1.4rem}table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:400;color:#57606a}"
    "td{text-align:right;font-variant-numeric:tabular-nums}th,td{padding:.25rem 0;border-bottom:1px solid #d8dee4}"
    "svg{width:100%;height:auto;margin-top:1rem}.paper{fill:#f6f8fa}rect.hit{fill:#1a7f37}rect.miss{fill:#bf8700}"
    "span.hit{color:#1a7f37}span.miss{color:#bf8700}.bad{color:#cf222e}.legend{color:#57606a;font-size:.9rem}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}.paper{fill:#161b22}th,td{border-color:#30363d}}";

}  // namespace

std::string MetricsText(const ServiceContext& context) {
  const StorageStatistics now = context.storage->statistics();
  std::string text = context.metrics->Text();
  const auto add = [&](std::string_view name, std::string_view type, int64_t value) {
    absl::StrAppend(&text, "# TYPE ", name, " ", type, "\n", name, " ", value, "\n");
  };
  add("cow_cache_used_bytes", "gauge", now.used_bytes);
  add("cow_cache_reserved_bytes", "gauge", now.reserved_bytes);
  add("cow_cache_limit_bytes", "gauge", context.storage->max_bytes());
  add("cow_cache_evicted_blobs_total", "counter", now.evicted_blobs);
  add("cow_cache_evicted_bytes_total", "counter", now.evicted_bytes);
  add("cow_cache_evicted_youngest_seconds", "gauge", now.evicted_age_minutes * 60);
  add("cow_cache_damaged_blobs_total", "counter", now.damaged_blobs);
  add("cow_cache_vanished_blobs_total", "counter", now.vanished_blobs);
  add("cow_cache_start_time_seconds", "gauge", absl::ToUnixSeconds(context.metrics->started()));
  return text;
}

std::string StatusJson(const ServiceContext& context) {
  const StorageStatistics now = context.storage->statistics();
  JsonWriter json;
  json.BeginObject().Field("usedBytes", now.used_bytes).Field("reservedBytes", now.reserved_bytes);
  json.Field("limitBytes", context.storage->max_bytes()).Field("evictedBlobs", now.evicted_blobs);
  json.Field("evictedBytes", now.evicted_bytes).Field("damagedBlobs", now.damaged_blobs);
  json.Field("vanishedBlobs", now.vanished_blobs).Field("hits", context.metrics->value(kHits));
  json.Field("misses", context.metrics->value(kMisses));
  json.Field("uptimeSeconds", absl::ToInt64Seconds(absl::Now() - context.metrics->started()));
  return json.EndObject().text() + "\n";
}

std::string StatusPage(const ServiceContext& context, const absl::Status& ready) {
  const StorageStatistics now = context.storage->statistics();
  const int64_t hits = context.metrics->value(kHits);
  const int64_t asked = hits + context.metrics->value(kMisses);
  std::string page = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"10\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>cow-cache</title><style>", kStyle,
      "</style></head>\n<body><h1>cow-cache</h1>\n");
  if (!ready.ok()) absl::StrAppend(&page, "<p class=\"bad\">Takes no new work: ", Escaped(ready.message()), "</p>\n");
  absl::StrAppend(&page, "<table>\n", Row("Running for", absl::FormatDuration(absl::Trunc(
                                                              absl::Now() - context.metrics->started(), absl::Seconds(1)))));
  absl::StrAppend(&page, Row("On disk", absl::StrCat(Bytes(now.used_bytes), " of ", Bytes(context.storage->max_bytes()))));
  absl::StrAppend(&page, Row("Results asked for", absl::StrCat(asked)));
  absl::StrAppend(&page, Row("of them found", asked == 0 ? "-" : absl::StrFormat("%d (%.1f %%)", hits,
                                                                 100.0 * static_cast<double>(hits) / static_cast<double>(asked))));
  absl::StrAppend(&page, Row("Sent", Bytes(context.metrics->value("cow_cache_sent_bytes_total"))));
  absl::StrAppend(&page, Row("Received", Bytes(context.metrics->value("cow_cache_received_bytes_total"))));
  absl::StrAppend(&page, Row("Evicted", absl::StrCat(now.evicted_blobs, " blobs, ", Bytes(now.evicted_bytes))));
  if (now.evicted_age_minutes > 0) {
    absl::StrAppend(&page, Row("Not used for, the youngest evicted", absl::FormatDuration(absl::Minutes(now.evicted_age_minutes))));
  }
  absl::StrAppend(&page, Row("Damaged or vanished blobs", absl::StrCat(now.damaged_blobs + now.vanished_blobs)));
  absl::StrAppend(&page, Row("Refused requests", absl::StrCat(context.metrics->value("cow_cache_refused_total"))), "</table>\n");
  absl::StrAppend(&page, Plot(context.metrics->lookups()));
  return absl::StrCat(page, "<p><a href=\"/metrics\">metrics</a> &middot; <a href=\"/status\">status as JSON</a></p></body></html>\n");
}

}  // namespace cow::cache
