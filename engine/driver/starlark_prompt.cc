#include "engine/driver/starlark_prompt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>

#include "engine/driver/exit_status.h"
#include "engine/starlark/interactive_session.h"

namespace cow::driver {
namespace {

// Set by Ctrl-C, read by the evaluation.
std::atomic<bool> g_interrupted{false};

void HandleInterrupt(int) { g_interrupted.store(true, std::memory_order_relaxed); }

// While it lives, Ctrl-C sets the flag and ends a read().
class InterruptFlag {
 public:
  InterruptFlag() {
    struct sigaction action{};
    action.sa_handler = &HandleInterrupt;
    sigaction(SIGINT, &action, &before_);
  }
  ~InterruptFlag() { sigaction(SIGINT, &before_, nullptr); }
  InterruptFlag(const InterruptFlag&) = delete;
  InterruptFlag& operator=(const InterruptFlag&) = delete;

 private:
  struct sigaction before_{};
};

class LineReader {
 public:
  enum class Result { kLine, kEnd, kInterrupted };

  // A line with its newline; what precedes the end of input counts as one.
  Result Read(std::string& line) {
    for (;;) {
      const size_t newline = buffer_.find('\n');
      if (newline != buffer_.npos) return Take(newline + 1, line);
      char bytes[4096];
      const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
      if (count > 0) {
        buffer_.append(bytes, static_cast<size_t>(count));
      } else if (count < 0 && errno == EINTR) {
        if (!g_interrupted.load()) continue;
        buffer_.clear();
        return Result::kInterrupted;
      } else {
        return buffer_.empty() ? Result::kEnd : Take(buffer_.size(), line);
      }
    }
  }

 private:
  Result Take(size_t size, std::string& line) {
    line = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return Result::kLine;
  }

  std::string buffer_;
};

void Show(const absl::StatusOr<std::string>& value) {
  if (!value.ok()) {
    std::fprintf(stderr, "%s\n", ErrorText(value.status()).c_str());
  } else if (!value->empty()) {
    std::printf("%s\n", value->c_str());
  }
}

}  // namespace

ExitCode RunStarlarkPrompt(starlark::ScriptOptions options) {
  InterruptFlag flag;
  options.cancel = &g_interrupted;
  options.print = [](std::string_view line) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  };
  starlark::InteractiveSession session(options);
  LineReader reader;
  std::string piece;
  for (;;) {
    g_interrupted.store(false);
    std::fputs(piece.empty() ? ">>> " : "... ", stdout);
    std::fflush(stdout);
    std::string line;
    const LineReader::Result result = reader.Read(line);
    if (result == LineReader::Result::kInterrupted) {
      std::fputs("\n", stdout);
      piece.clear();
      continue;
    }
    piece += line;
    const bool end = result == LineReader::Result::kEnd;
    if (!end && starlark::InteractiveSession::WantsMore(piece)) continue;
    if (piece.find_first_not_of(" \t\r\n") != piece.npos) {
      if (end) std::fputs("\n", stdout);
      Show(session.Evaluate(piece));
    }
    piece.clear();
    if (!end) continue;
    std::fputs("\n", stdout);
    return ExitCode::kOk;
  }
}

}  // namespace cow::driver
