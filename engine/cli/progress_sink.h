// ProgressSink: shows a build to the person who waits for it, on stderr.
//
// On a terminal: one line per worker below a status line, redrawn in place ten times a second. Elsewhere: a plain line for
// every action that starts, so that logs of CI read well. Messages always appear whole, above the progress lines.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "engine/model/build_event.h"

namespace cow::cli {

struct ProgressOptions {
  bool fancy = false;    // redraw in place
  bool color = false;
  bool quiet = false;    // only errors
  int width = 80;        // columns of the terminal
};

class ProgressSink final : public EventSink {
 public:
  explicit ProgressSink(const ProgressOptions& options);
  // Removes the progress lines.
  ~ProgressSink() override;

  void Handle(const BuildEvent& event) override;

  // Removes the progress lines; nothing is drawn afterwards.
  void Finish();

 private:
  using Clock = std::chrono::steady_clock;
  struct Running {
    std::string description;
    Clock::time_point since;
  };

  void On(const PhaseStarted& event);
  void On(const PlanReady& event);
  void On(const ActionStarted& event);
  void On(const ActionFinished& event);
  void On(const Message& event);

  void Print(const std::string& text);  // above the progress lines
  void Erase();
  void Draw();
  void Tick();
  std::string StatusLine() const;

  const ProgressOptions options_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;                    // guards everything below
  std::condition_variable finished_;
  bool done_ = false;
  std::string phase_ = "loading";
  int64_t total_ = 0;
  int64_t ended_ = 0;
  int64_t started_ = 0;
  std::map<int, Running> running_;      // by worker
  int drawn_lines_ = 0;
  std::thread ticker_;                  // fancy only
};

}  // namespace cow::cli
