#include "engine/driver/outcome_encoding.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store/wire.h"

namespace cow::driver {
namespace {

using store::WireReader;
using store::WireWriter;

enum OutcomeField { kTarget = 1, kTest, kSkipped, kMessage, kActions, kExecutable, kRunArg, kRunVariable, kInput, kBinDirectory,
                    kPlan, kGeneration, kRunDirectory };
enum Part { kFirst = 1, kSecond, kThird, kFourth };

std::string Pair(std::string_view first, std::string_view second, int64_t third = 0) {
  return WireWriter().Bytes(kFirst, first).Bytes(kSecond, second).Int(kThird, third).Take();
}

struct Decoded {
  std::string first{};
  std::string second{};
  int64_t third = 0;
  std::vector<std::string> fourth{};
};

absl::StatusOr<Decoded> DecodeParts(std::string_view bytes) {
  Decoded parts;
  WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case kFirst: parts.first = reader.bytes(); break;
      case kSecond: parts.second = reader.bytes(); break;
      case kThird: parts.third = static_cast<int64_t>(reader.integer()); break;
      case kFourth: parts.fourth.emplace_back(reader.bytes()); break;
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return parts;
}

std::string EncodeTarget(const BuiltTarget& target) {
  WireWriter writer;
  writer.Bytes(kFirst, target.label.ToString()).Int(kThird, target.ok ? 1 : 0);
  for (const BuiltFile& file : target.files) writer.Repeated(kFourth, Pair(file.path, file.sha256, file.is_here ? 0 : 1));
  return writer.Take();
}

absl::StatusOr<BuiltTarget> DecodeTarget(const Decoded& parts) {
  BuiltTarget target;
  COW_ASSIGN_OR_RETURN(target.label, Label::Parse(parts.first, {}));
  target.ok = parts.third != 0;
  for (const std::string& encoded : parts.fourth) {
    COW_ASSIGN_OR_RETURN(Decoded file, DecodeParts(encoded));
    target.files.push_back({.path = file.first, .sha256 = file.second, .is_here = file.third == 0});
  }
  return target;
}

absl::Status DecodeField(int field, const Decoded& parts, BuildState::Outcome* outcome,
                         std::vector<loading::RepositoryInput>* environment) {
  BuildResult& result = outcome->result;
  switch (field) {
    case kTarget: {
      COW_ASSIGN_OR_RETURN(BuiltTarget target, DecodeTarget(parts));
      result.targets.push_back(std::move(target));
      return absl::OkStatus();
    }
    case kTest: {
      COW_ASSIGN_OR_RETURN(Label label, Label::Parse(parts.first, {}));
      int runs = 0;
      if (!absl::SimpleAtoi(parts.second, &runs)) return absl::DataLossError("a test without number of runs");
      result.tests.push_back({std::move(label), TestOutcome::Status::kPassed, true, parts.third, runs});
      return absl::OkStatus();
    }
    case kSkipped: {
      COW_ASSIGN_OR_RETURN(Label label, Label::Parse(parts.first, {}));
      result.skipped.push_back({std::move(label), parts.second});
      return absl::OkStatus();
    }
    case kMessage:
      outcome->messages.push_back({static_cast<Message::Kind>(parts.third), parts.first});
      return absl::OkStatus();
    case kRunVariable:
      result.run_env.emplace(parts.first, parts.second);
      return absl::OkStatus();
    case kInput:
      environment->push_back(
          {static_cast<loading::RepositoryInput::Kind>(parts.third), parts.first, parts.second});
      return absl::OkStatus();
    default: return absl::DataLossError("unknown field");
  }
}

}  // namespace

std::string EncodeOutcome(const OutcomeRecord& record) {
  const BuildState::Outcome& outcome = record.outcome;
  const BuildResult& result = outcome.result;
  WireWriter writer;
  for (const BuiltTarget& target : result.targets) writer.Message(kTarget, EncodeTarget(target));
  for (const TestOutcome& test : result.tests) {
    writer.Message(kTest, Pair(test.label.ToString(), absl::StrCat(test.runs), test.wall_micros));
  }
  for (const SkippedTarget& target : result.skipped) {
    writer.Message(kSkipped, Pair(target.label.ToString(), target.reason));
  }
  for (const Message& message : outcome.messages) {
    writer.Message(kMessage, Pair(message.text, "", static_cast<int64_t>(message.kind)));
  }
  writer.Int(kActions, result.actions_run + result.actions_cached);
  writer.Bytes(kExecutable, result.executable);
  for (const std::string& word : result.run_args) writer.Repeated(kRunArg, word);
  for (const auto& [name, value] : result.run_env) writer.Message(kRunVariable, Pair(name, value));
  for (const loading::RepositoryInput& input : record.environment) {
    writer.Message(kInput, Pair(input.name, input.state, static_cast<int64_t>(input.kind)));
  }
  writer.Bytes(kBinDirectory, outcome.bin_directory);
  if (record.plan) writer.DigestMessage(kPlan, *record.plan);
  writer.Int(kGeneration, record.generation);
  writer.Bytes(kRunDirectory, result.run_directory);
  return writer.Take();
}

absl::StatusOr<OutcomeRecord> DecodeOutcome(std::string_view bytes) {
  OutcomeRecord record;
  BuildState::Outcome& outcome = record.outcome;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == kActions) {
      outcome.result.actions_cached = static_cast<int64_t>(reader.integer());
    } else if (reader.field() == kExecutable) {
      outcome.result.executable = reader.bytes();
    } else if (reader.field() == kRunDirectory) {
      outcome.result.run_directory = reader.bytes();
    } else if (reader.field() == kBinDirectory) {
      outcome.bin_directory = reader.bytes();
    } else if (reader.field() == kRunArg) {
      outcome.result.run_args.emplace_back(reader.bytes());
    } else if (reader.field() == kPlan) {
      COW_ASSIGN_OR_RETURN(record.plan, store::DecodeDigestMessage(reader.bytes()));
    } else if (reader.field() == kGeneration) {
      record.generation = static_cast<int64_t>(reader.integer());
    } else {
      COW_ASSIGN_OR_RETURN(Decoded parts, DecodeParts(reader.bytes()));
      COW_RETURN_IF_ERROR(DecodeField(reader.field(), parts, &outcome, &record.environment));
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return record;
}

}  // namespace cow::driver
