// ProfileSink: takes down when things happened in a build, for a trace that ui.perfetto.dev and chrome://tracing show:
// the phases, a lane for every worker, the critical path. Passes every event on.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/driver/build_request.h"
#include "engine/model/build_event.h"

namespace cow::cli {

class ProfileSink final : public EventSink {
 public:
  // `next` outlives it.
  explicit ProfileSink(EventSink& next) : next_(next) {}

  void Handle(const BuildEvent& event) override;

  // The trace as JSON, in Chrome's format. Once, after the build.
  std::string Trace(const driver::BuildResult& result);

 private:
  using Clock = std::chrono::steady_clock;
  struct Slice {
    int lane = 0;
    std::string name{};
    std::string category{};
    int64_t start_micros = 0;
    int64_t micros = 0;
  };
  struct Running {
    std::string description{};
    int64_t start_micros = 0;
  };

  void On(const PhaseStarted& event);
  void On(const PlanReady&) {}
  void On(const ActionStarted& event);
  void On(const ActionFinished& event);
  void On(const Message&) {}

  int64_t Now() const;
  void EndPhase(int64_t now);

  EventSink& next_;
  const Clock::time_point start_ = Clock::now();
  std::string phase_;                 // "" before the first
  int64_t phase_start_ = 0;
  std::map<int, Running> running_;    // by worker
  int workers_ = 0;
  std::vector<Slice> slices_;
  std::vector<std::pair<int64_t, int64_t>> hits_;  // time, number of results found in the cache until then
};

// "critical path, 2.1 s:" and its actions with their times; "" if nothing ran.
std::string CriticalPathText(const driver::BuildResult& result);

}  // namespace cow::cli
