#include "engine/cli/toolchain_command.h"

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/json.h"
#include "engine/base/posix_file.h"
#include "engine/cli/progress_sink.h"
#include "engine/cli/terminal.h"
#include "engine/driver/toolchains.h"

namespace cow::cli {
namespace {

using driver::ToolchainChoice;

// Users named in full; --json names all.
constexpr size_t kShownUsers = 3;

std::string Users(const ToolchainChoice& choice) {
  if (choice.users.size() <= kShownUsers) return absl::StrJoin(choice.users, ", ");
  std::vector<std::string> shown(choice.users.begin(), choice.users.begin() + kShownUsers);
  return absl::StrCat(absl::StrJoin(shown, ", "), " and ", choice.users.size() - kShownUsers, " more");
}

void AppendChoice(const ToolchainChoice& choice, std::string* text) {
  if (choice.type.empty()) {
    absl::StrAppend(text, "execution platform ", choice.execution_platform, "\n  rejected: ", choice.platform_mismatch,
                    "\n");
  } else {
    absl::StrAppend(text, choice.type, "\n  target platform ", choice.target_platform, ", execution platform ",
                    choice.execution_platform, "\n");
    for (const ToolchainChoice::Candidate& candidate : choice.considered) {
      absl::StrAppend(text, candidate.mismatch.empty() ? "  selected " : "  rejected ", candidate.toolchain, ": ",
                      candidate.mismatch.empty() ? candidate.implementation : candidate.mismatch, "\n");
    }
    if (choice.selected() == nullptr) {
      absl::StrAppend(text, choice.considered.empty() ? "  none is registered" : "  none fits",
                      choice.mandatory ? ": this execution platform will not do" : "", "\n");
    }
  }
  if (!choice.users.empty()) absl::StrAppend(text, "  for ", Users(choice), "\n");
}

std::string AsText(const std::vector<ToolchainChoice>& choices) {
  std::string text;
  for (const ToolchainChoice& choice : choices) AppendChoice(choice, &text);
  return text;
}

void WriteChoice(const ToolchainChoice& choice, JsonWriter& json) {
  json.BeginObject();
  if (choice.type.empty()) {
    json.Field("platform_mismatch", choice.platform_mismatch);
  } else {
    json.Field("type", choice.type).Key("selected");
    if (const ToolchainChoice::Candidate* selected = choice.selected(); selected != nullptr) {
      json.BeginObject().Field("toolchain", selected->toolchain);
      json.Field("implementation", selected->implementation).EndObject();
    } else {
      json.Null().Field("mandatory", choice.mandatory);
    }
    json.Key("rejected").BeginArray();
    for (const ToolchainChoice::Candidate& candidate : choice.considered) {
      if (candidate.mismatch.empty()) continue;
      json.BeginObject().Field("toolchain", candidate.toolchain).Field("reason", candidate.mismatch).EndObject();
    }
    json.EndArray();
  }
  json.Field("target_platform", choice.target_platform).Field("execution_platform", choice.execution_platform);
  json.Key("users").BeginArray();
  for (const std::string& user : choice.users) json.String(user);
  json.EndArray().EndObject();
}

std::string AsJson(const std::vector<ToolchainChoice>& choices) {
  JsonWriter json;
  json.BeginObject().Key("choices").BeginArray();
  for (const ToolchainChoice& choice : choices) WriteChoice(choice, json);
  return json.EndArray().EndObject().text() + "\n";
}

}  // namespace

driver::ExitCode RunToolchain(const Options& options) {
  driver::BuildRequest request = options.request;
  absl::StatusOr<std::string> directory = CurrentDirectory();
  if (!directory.ok()) {
    std::fprintf(stderr, "error: %s\n", std::string(directory.status().message()).c_str());
    return driver::ExitCode::kMachine;
  }
  request.working_directory = *std::move(directory);
  request.patterns = options.arguments;
  request.patterns.insert(request.patterns.end(), options.after_dashes.begin(), options.after_dashes.end());
  ProgressSink messages({.quiet = options.quiet, .width = TerminalWidth()});
  const driver::ToolchainListing listing = driver::ListToolchains(request, messages);
  std::fputs((options.json ? AsJson(listing.choices) : AsText(listing.choices)).c_str(), stdout);
  return listing.exit_code;
}

}  // namespace cow::cli
