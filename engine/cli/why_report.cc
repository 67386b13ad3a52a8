#include "engine/cli/why_report.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/json.h"
#include "engine/driver/cause_text.h"

namespace cow::cli {
namespace {

using driver::Cause;
using driver::ExplainedAction;
using driver::ExplainedCause;
using Outcome = RecordedAction::Outcome;

constexpr size_t kMostCauses = 20;  // in a summary

std::string Ago(int64_t micros) {
  static constexpr std::pair<int64_t, std::string_view> kUnits[] = {
      {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
  const int64_t seconds = std::max<int64_t>(micros / 1'000'000, 0);
  for (const auto& [size, name] : kUnits) {
    if (seconds < size) continue;
    return absl::StrCat(seconds / size, " ", name, seconds / size == 1 ? "" : "s", " ago");
  }
  return "just now";
}

std::string_view OutcomeText(Outcome outcome) {
  switch (outcome) {
    case Outcome::kHit: return "hit";
    case Outcome::kRan: return "ran";
    case Outcome::kFailed: return "failed";
    case Outcome::kMade: return "made";
    case Outcome::kRemoteHit: return "remote_hit";
  }
  return "";
}

std::string_view Verb(Outcome outcome) {
  switch (outcome) {
    case Outcome::kHit: return "was found in the cache";
    case Outcome::kRan: return "ran";
    case Outcome::kFailed: return "failed";
    case Outcome::kMade: return "was made";
    case Outcome::kRemoteHit: return "was found in the remote cache";
  }
  return "";
}

std::string Name(const RecordedAction& action) {
  return absl::StrCat(action.label, ": ", action.mnemonic, " ", action.outputs[0]);
}

std::string Seconds(int64_t micros) { return absl::StrFormat("%.2f s", static_cast<double>(micros) / 1e6); }

void AppendAction(const ExplainedAction& explained, int64_t now, std::string* text) {
  const RecordedAction& action = explained.action;
  absl::StrAppend(text, Name(action), "\n  ", Verb(action.outcome), " in ", BuildText(explained.build, now));
  if (action.outcome == Outcome::kRan || action.outcome == Outcome::kFailed) {
    absl::StrAppend(text, ", ", Seconds(action.wall_micros));
  }
  if (explained.since.unix_micros > 0) absl::StrAppend(text, "; since ", BuildText(explained.since, now));
  absl::StrAppend(text, ":\n");
  for (const ExplainedCause& cause : explained.causes) {
    absl::StrAppend(text, "    ", driver::TextOf(cause.cause), "\n");
    std::string indent = "      ";
    for (const ExplainedCause::Step& step : cause.steps) {
      absl::StrAppend(text, indent, "made by ", step.action.label, " (", step.action.mnemonic, "), ",
                      OutcomeText(step.action.outcome), ": ", driver::TextOf(step.cause), "\n");
      indent += "  ";
    }
  }
}

void WriteCause(const Cause& cause, JsonWriter& json) {
  json.Field("kind", driver::NameOf(cause.kind)).Field("name", cause.name);
  json.Field("before", cause.before).Field("after", cause.after);
}

void WriteBuild(const BuildSummary& build, JsonWriter& json) {
  json.BeginObject().Field("number", build.number).Field("unix_micros", build.unix_micros);
  json.Field("command", build.command).Key("arguments").BeginArray();
  for (const std::string& argument : build.arguments) json.String(argument);
  json.EndArray().Field("exit_code", int64_t{build.exit_code}).Field("interrupted", build.interrupted);
  json.Field("wall_micros", build.wall_micros);
  json.Key("actions").BeginObject().Field("run", build.actions_run).Field("cached", build.actions_cached);
  json.Field("failed", build.actions_failed).Field("recorded", build.actions_recorded).EndObject().EndObject();
}

void WriteNames(const RecordedAction& action, JsonWriter& json) {
  json.Field("label", action.label).Field("mnemonic", action.mnemonic).Field("output", action.outputs[0]);
  json.Field("outcome", OutcomeText(action.outcome)).Field("wall_micros", action.wall_micros);
}

void WriteAction(const ExplainedAction& explained, JsonWriter& json) {
  json.BeginObject();
  WriteNames(explained.action, json);
  json.Field("key", explained.action.key.hex());
  json.Field("key_before", explained.key_before ? explained.key_before->hex() : "");
  json.Field("build", explained.build.number).Field("since_build", explained.since.number);
  json.Field("since_unix_micros", explained.since.unix_micros).Key("causes").BeginArray();
  for (const ExplainedCause& cause : explained.causes) {
    json.BeginObject();
    WriteCause(cause.cause, json);
    json.Key("chain").BeginArray();
    for (const ExplainedCause::Step& step : cause.steps) {
      json.BeginObject();
      WriteNames(step.action, json);
      json.Key("cause").BeginObject();
      WriteCause(step.cause, json);
      json.EndObject().EndObject();
    }
    json.EndArray().EndObject();
  }
  json.EndArray().Key("root_causes").BeginArray();
  for (const Cause& cause : explained.roots) {
    json.BeginObject();
    WriteCause(cause, json);
    json.EndObject();
  }
  json.EndArray().EndObject();
}

// The most frequent first.
std::vector<std::pair<Cause, int64_t>> ByCount(const driver::WhyAnswer& answer) {
  std::vector<std::pair<Cause, int64_t>> counts(answer.counts.begin(), answer.counts.end());
  std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return counts;
}

std::string Counts(const BuildSummary& build) {
  return absl::StrCat(build.actions_run, " run, ", build.actions_cached, " cached",
                      build.actions_failed > 0 ? absl::StrCat(", ", build.actions_failed, " failed") : "");
}

std::string CommandLine(const BuildSummary& build) {
  return absl::StrCat("cow ", build.command, build.arguments.empty() ? "" : " ", absl::StrJoin(build.arguments, " "));
}

}  // namespace

std::string BuildText(const BuildSummary& build, int64_t now) {
  if (build.number == 0) return absl::StrCat("a build that is no longer recorded (", Ago(now - build.unix_micros), ")");
  return absl::StrCat("build ", build.number, " (", Ago(now - build.unix_micros), ")");
}

std::string WhyAsText(const driver::WhyAnswer& answer, int64_t now) {
  std::string text;
  if (answer.actions.empty()) {
    absl::StrAppend(&text, BuildText(answer.last, now), ": ", CommandLine(answer.last), ": ", Counts(answer.last), "\n");
    size_t shown = 0;
    for (const auto& [cause, count] : ByCount(answer)) {
      if (shown++ == kMostCauses) break;
      absl::StrAppendFormat(&text, "%8d  %s\n", count, driver::TextOf(cause));
    }
    if (answer.counts.size() > kMostCauses) {
      absl::StrAppend(&text, "          and ", answer.counts.size() - kMostCauses, " other causes\n");
    }
    return text;
  }
  if (answer.actions.front().build.number != answer.last.number) {
    absl::StrAppend(&text, "nothing of it ran in ", BuildText(answer.last, now), ", the last one\n");
  }
  for (const ExplainedAction& action : answer.actions) AppendAction(action, now, &text);
  return text;
}

std::string WhyAsJson(const driver::WhyAnswer& answer) {
  JsonWriter json;
  json.BeginObject().Key("last_build");
  WriteBuild(answer.last, json);
  json.Key("actions").BeginArray();
  for (const ExplainedAction& action : answer.actions) WriteAction(action, json);
  json.EndArray().Key("causes").BeginArray();
  for (const auto& [cause, count] : ByCount(answer)) {
    json.BeginObject().Field("actions", count);
    WriteCause(cause, json);
    json.EndObject();
  }
  return json.EndArray().EndObject().text();
}

std::string BuildsAsText(const std::vector<BuildSummary>& builds, int64_t now) {
  std::string text;
  for (const BuildSummary& build : builds) {
    absl::StrAppendFormat(&text, "%5d  %-14s  %9s  exit %d  %s  [%s]\n", build.number, Ago(now - build.unix_micros),
                          Seconds(build.wall_micros), build.exit_code, CommandLine(build), Counts(build));
  }
  return text;
}

std::string BuildsAsJson(const std::vector<BuildSummary>& builds) {
  JsonWriter json;
  json.BeginObject().Key("builds").BeginArray();
  for (const BuildSummary& build : builds) WriteBuild(build, json);
  return json.EndArray().EndObject().text();
}

}  // namespace cow::cli
