#include "engine/cli/profile_sink.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/json.h"

namespace cow::cli {
namespace {

constexpr int kProcess = 1;
constexpr int kPhaseLane = 0;
constexpr int kCriticalLane = 1;
constexpr int kFirstWorkerLane = 2;

std::string_view NameOf(PhaseStarted::Phase phase) {
  switch (phase) {
    case PhaseStarted::Phase::kLoading: return "loading";
    case PhaseStarted::Phase::kAnalysis: return "analysis";
    case PhaseStarted::Phase::kExecution: return "execution";
  }
  return "";
}

std::string_view NameOf(ActionFinished::How how) {
  switch (how) {
    case ActionFinished::How::kRan: return "action";
    case ActionFinished::How::kCached: return "cached";
    case ActionFinished::How::kFailed: return "failed action";
    case ActionFinished::How::kSkipped: return "stopped action";
  }
  return "";
}

void WriteLaneName(int lane, std::string_view name, JsonWriter& json) {
  json.BeginObject().Field("ph", "M").Field("name", "thread_name").Field("pid", int64_t{kProcess});
  json.Field("tid", int64_t{lane}).Key("args").BeginObject().Field("name", name).EndObject().EndObject();
  json.BeginObject().Field("ph", "M").Field("name", "thread_sort_index").Field("pid", int64_t{kProcess});
  json.Field("tid", int64_t{lane}).Key("args").BeginObject().Field("sort_index", int64_t{lane}).EndObject().EndObject();
}

void WriteSlice(int lane, std::string_view name, std::string_view category, int64_t start, int64_t micros,
                JsonWriter& json) {
  json.BeginObject().Field("ph", "X").Field("name", name).Field("cat", category).Field("pid", int64_t{kProcess});
  json.Field("tid", int64_t{lane}).Field("ts", start).Field("dur", micros);
}

}  // namespace

int64_t ProfileSink::Now() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_).count();
}

void ProfileSink::Handle(const BuildEvent& event) {
  std::visit([this](const auto& one) { On(one); }, event);
  next_.Handle(event);
}

void ProfileSink::EndPhase(int64_t now) {
  if (!phase_.empty()) slices_.push_back({kPhaseLane, phase_, "phase", phase_start_, now - phase_start_});
  phase_start_ = now;
}

void ProfileSink::On(const PhaseStarted& event) {
  EndPhase(Now());
  phase_ = NameOf(event.phase);
}

void ProfileSink::On(const ActionStarted& event) {
  running_[event.worker] = {event.description, Now()};
  workers_ = std::max(workers_, event.worker + 1);
}

void ProfileSink::On(const ActionFinished& event) {
  const int64_t now = Now();
  if (event.how == ActionFinished::How::kCached) hits_.emplace_back(now, static_cast<int64_t>(hits_.size()) + 1);
  auto running = running_.find(event.worker);
  if (event.worker < 0 || running == running_.end()) return;
  slices_.push_back({kFirstWorkerLane + event.worker, std::move(running->second.description),
                     absl::StrCat(NameOf(event.how), ",", event.mnemonic), running->second.start_micros,
                     now - running->second.start_micros});
  running_.erase(running);
}

std::string ProfileSink::Trace(const driver::BuildResult& result) {
  EndPhase(Now());
  phase_.clear();
  JsonWriter json;
  json.BeginObject().Field("displayTimeUnit", "ms").Key("traceEvents").BeginArray();
  WriteLaneName(kPhaseLane, "phases", json);
  WriteLaneName(kCriticalLane, "critical path", json);
  for (int worker = 0; worker < workers_; ++worker) {
    WriteLaneName(kFirstWorkerLane + worker, absl::StrCat("worker ", worker + 1), json);
  }
  for (const Slice& slice : slices_) {
    WriteSlice(slice.lane, slice.name, slice.category, slice.start_micros, slice.micros, json);
    json.EndObject();
  }
  for (const driver::CriticalStep& step : result.critical_path) {
    WriteSlice(kCriticalLane, step.description, "critical path", step.start_micros, step.wall_micros, json);
    json.Key("args").BeginObject().Field("target", step.label).EndObject().EndObject();
  }
  for (const auto& [time, count] : hits_) {
    json.BeginObject().Field("ph", "C").Field("name", "results from the cache").Field("pid", int64_t{kProcess});
    json.Field("ts", time).Key("args").BeginObject().Field("results", count).EndObject().EndObject();
  }
  return json.EndArray().EndObject().text();
}

std::string CriticalPathText(const driver::BuildResult& result) {
  if (result.critical_path.empty()) return "";
  int64_t all = 0;
  for (const driver::CriticalStep& step : result.critical_path) all += step.wall_micros;
  std::string text = absl::StrFormat("critical path, %.2f s:", static_cast<double>(all) / 1e6);
  for (const driver::CriticalStep& step : result.critical_path) {
    absl::StrAppendFormat(&text, "\n%8.2f s  %s [for %s]", static_cast<double>(step.wall_micros) / 1e6, step.description,
                          step.label);
  }
  return text;
}

}  // namespace cow::cli
