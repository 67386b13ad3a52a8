#include "engine/execution/failure_report.h"

#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/execution/printable_text.h"
#include "engine/execution/shell_quote.h"

namespace cow::execution {
namespace {

std::string ReasonOf(const Action& action, const SpawnResult& result) {
  if (!result.limit.empty()) return result.limit;
  switch (result.outcome) {
    case SpawnResult::Outcome::kExited:
      return absl::StrCat("exit code ", result.exit_code);
    case SpawnResult::Outcome::kSignalled:
      return absl::StrCat("killed by signal ", result.signal, " (", strsignal(result.signal), ")");
    case SpawnResult::Outcome::kTimedOut:
      return absl::StrCat("timed out after ", action.timeout_seconds, " s");
    case SpawnResult::Outcome::kCancelled:
      return "interrupted";
    case SpawnResult::Outcome::kNotExecuted:
      return "the program cannot be executed";
  }
  return "";
}

}  // namespace

std::string PrintedText(const std::string& out, const std::string& err) {
  std::string text(absl::StripTrailingAsciiWhitespace(out));
  std::string_view errors = absl::StripTrailingAsciiWhitespace(err);
  if (!text.empty() && !errors.empty()) text += '\n';
  text += errors;
  return PrintableText(text);
}

std::string DescribeFailure(const Action& action, std::string_view reason) {
  return absl::StrCat("error: ", action.owner.ToString(), ": ", action.mnemonic, " failed: ", reason);
}

std::string DescribeBrokenPromise(const Action& action, const std::vector<std::string>& argv, const SpawnResult& result,
                                  std::string_view reason) {
  std::string text = absl::StrCat(DescribeFailure(action, reason), "\n  command: ", ShellCommand(argv));
  std::string printed = PrintedText(result.out, result.err);
  if (!printed.empty()) absl::StrAppend(&text, "\n", printed);
  return text;
}

std::string DescribeFailedSpawn(const Action& action, const std::vector<std::string>& argv, const SpawnResult& result,
                                const std::vector<std::string>& hints) {
  std::string text = DescribeBrokenPromise(action, argv, result, ReasonOf(action, result));
  for (const std::string& hint : hints) absl::StrAppend(&text, "\nnote: ", hint);
  return text;
}

std::string ProgressText(const Action& action, std::string_view first_output) {
  if (!action.progress_message.empty()) return action.progress_message;
  return absl::StrCat(action.mnemonic, " ", first_output);
}

}  // namespace cow::execution
