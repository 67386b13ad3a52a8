#include "engine/cli/query_command.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_join.h"
#include "engine/base/posix_file.h"
#include "engine/driver/query.h"

namespace cow::cli {
namespace {

// The answer goes to stdout; all that is said besides goes to stderr.
class MessageSink final : public EventSink {
 public:
  explicit MessageSink(bool quiet) : quiet_(quiet) {}
  void Handle(const BuildEvent& event) override {
    const auto* message = std::get_if<Message>(&event);
    if (message == nullptr || (quiet_ && message->kind == Message::Kind::kInfo)) return;
    std::fprintf(stderr, "%s\n", message->text.c_str());
  }

 private:
  const bool quiet_;
};

}  // namespace

driver::ExitCode RunQuery(const Options& options) {
  driver::QueryRequest request = options.query;
  request.expression = absl::StrJoin(options.arguments, " ");
  if (request.expression.empty() && request.query_file.empty()) {
    std::fprintf(stderr, "error: cow query wants an expression, such as 'deps(//:name)'\n");
    return driver::ExitCode::kBadCommandLine;
  }
  MessageSink messages(options.quiet);
  driver::BuildRequest build = options.request;
  absl::StatusOr<std::string> directory = CurrentDirectory();
  if (!directory.ok()) {
    std::fprintf(stderr, "error: %s\n", std::string(directory.status().message()).c_str());
    return driver::ExitCode::kMachine;
  }
  build.working_directory = *directory;
  driver::QueryResult result = driver::Query(request, build, messages);
  std::fputs(result.text.c_str(), stdout);
  return result.exit_code;
}

}  // namespace cow::cli
