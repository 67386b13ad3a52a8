#include "engine/cli/progress_sink.h"

#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cow::cli {
namespace {

std::string Clip(std::string text, int width) {
  if (static_cast<int>(text.size()) > width && width > 3) {
    text.resize(static_cast<size_t>(width - 3));
    text += "...";
  }
  return text;
}

}  // namespace

ProgressSink::ProgressSink(const ProgressOptions& options) : options_(options) {
  if (options_.fancy && !options_.quiet) ticker_ = std::thread([this] { Tick(); });
}

ProgressSink::~ProgressSink() { Finish(); }

void ProgressSink::Finish() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!done_) Erase();
    done_ = true;
  }
  finished_.notify_all();
  if (ticker_.joinable()) ticker_.join();
}

void ProgressSink::Tick() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!finished_.wait_for(lock, std::chrono::milliseconds(100), [this] { return done_; })) {
    Erase();
    Draw();
  }
}

void ProgressSink::Handle(const BuildEvent& event) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::visit([this](const auto& one) { On(one); }, event);
}

void ProgressSink::On(const PhaseStarted& event) {
  switch (event.phase) {
    case PhaseStarted::Phase::kLoading:
      phase_ = "loading";
      break;
    case PhaseStarted::Phase::kAnalysis:
      phase_ = "analysing";
      break;
    case PhaseStarted::Phase::kExecution:
      phase_ = "building";
      break;
  }
}

void ProgressSink::On(const PlanReady& event) { total_ = event.actions; }

void ProgressSink::On(const ActionStarted& event) {
  running_[event.worker] = {event.description, Clock::now()};
  ++started_;
  if (!options_.fancy && !options_.quiet) {
    Print(absl::StrFormat("[%d/%d] %s", ended_ + static_cast<int64_t>(running_.size()), total_, event.description));
  }
}

void ProgressSink::On(const ActionFinished& event) {
  ++ended_;
  if (event.worker >= 0) running_.erase(event.worker);
}

void ProgressSink::On(const Message& event) {
  std::string_view prefix;
  std::string_view color;
  switch (event.kind) {
    case Message::Kind::kInfo:
      if (options_.quiet) return;
      break;
    case Message::Kind::kWarning:
      prefix = "warning: ";
      color = "\033[33m";
      break;
    case Message::Kind::kError:
      color = "\033[31m";
      break;
    case Message::Kind::kActionOutput:
      if (options_.quiet) return;
      break;
  }
  if (!options_.color || color.empty()) return Print(absl::StrCat(prefix, event.text));
  // Only the first line is coloured: what follows is source text or the output of a tool.
  size_t end = event.text.find('\n');
  std::string rest = end == std::string::npos ? "" : event.text.substr(end);
  Print(absl::StrCat(color, prefix, event.text.substr(0, end), "\033[0m", rest));
}

void ProgressSink::Print(const std::string& text) {
  Erase();
  std::fwrite(text.data(), 1, text.size(), stderr);
  if (text.empty() || text.back() != '\n') std::fputc('\n', stderr);
  std::fflush(stderr);
}

void ProgressSink::Erase() {
  if (drawn_lines_ == 0) return;
  std::fprintf(stderr, "\r\033[%dA\033[J", drawn_lines_);
  drawn_lines_ = 0;
  std::fflush(stderr);
}

std::string ProgressSink::StatusLine() const {
  double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  if (total_ == 0) return absl::StrFormat("%s, %.1f s", phase_, seconds);
  return absl::StrFormat("%s [%d/%d], %d running, %.1f s", phase_, ended_, total_, running_.size(), seconds);
}

void ProgressSink::Draw() {
  std::string text = Clip(StatusLine(), options_.width) + "\n";
  drawn_lines_ = 1;
  for (const auto& [worker, running] : running_) {
    double seconds = std::chrono::duration<double>(Clock::now() - running.since).count();
    absl::StrAppend(&text, Clip(absl::StrFormat("  %s  %.1f s", running.description, seconds), options_.width), "\n");
    ++drawn_lines_;
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace cow::cli
