#include "engine/execution/spawn_message.h"

#include <utility>

#include "engine/base/status.h"
#include "engine/store/wire.h"

namespace cow::execution {
namespace {

using store::WireReader;
using store::WireWriter;

// Field numbers.
enum { kArgv = 1, kEnv, kInput, kWritable, kWorkingDirectory, kTimeout, kReportReads, kWritableRoot, kHasRoot, kMemory, kProcesses,
       kFileBytes, kOutputBytes, kMinTier };
enum { kKind = 1, kPath, kDigest, kExecutable, kTarget };
enum { kCode = 1, kMessage, kOutcome, kExitCode, kSignal, kErr, kWall, kRss, kTier, kLimit, kRead };

std::string EncodeInput(const SpawnInput& input) {
  WireWriter writer;
  writer.Int(kKind, static_cast<int64_t>(input.kind)).Bytes(kPath, input.path).DigestMessage(kDigest, input.digest);
  return writer.Bool(kExecutable, input.executable).Bytes(kTarget, input.target).Take();
}

absl::StatusOr<SpawnInput> DecodeInput(std::string_view bytes) {
  SpawnInput input;
  WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case kKind: input.kind = static_cast<SpawnInput::Kind>(reader.integer()); break;
      case kPath: input.path = reader.bytes(); break;
      case kDigest: {
        COW_ASSIGN_OR_RETURN(input.digest, store::DecodeDigestMessage(reader.bytes()));
        break;
      }
      case kExecutable: input.executable = reader.integer() != 0; break;
      case kTarget: input.target = reader.bytes(); break;
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  if (input.kind > SpawnInput::Kind::kDirectory) return absl::InvalidArgumentError("unknown kind of input");
  return input;
}

}  // namespace

std::string EncodeOrder(const TravelOrder& order) {
  const Spawn& spawn = order.spawn;
  WireWriter writer;
  for (const std::string& word : spawn.argv) writer.Repeated(kArgv, word);
  for (const std::string& variable : spawn.env) writer.Repeated(kEnv, variable);
  for (const SpawnInput& input : spawn.inputs) writer.Message(kInput, EncodeInput(input));
  for (const SpawnWritable& writable : spawn.writable) writer.Repeated(kWritable, writable.path);
  writer.Bytes(kWorkingDirectory, spawn.working_directory).Int(kTimeout, spawn.timeout_seconds);
  writer.Bool(kReportReads, spawn.report_reads).Bool(kWritableRoot, spawn.writable_root).Bool(kHasRoot, order.has_root);
  writer.Int(kMemory, static_cast<int64_t>(order.limits.memory_bytes)).Int(kProcesses, static_cast<int64_t>(order.limits.processes));
  writer.Int(kFileBytes, static_cast<int64_t>(order.limits.file_bytes));
  return writer.Int(kOutputBytes, static_cast<int64_t>(order.limits.output_bytes)).Bytes(kMinTier, order.min_tier).Take();
}

absl::StatusOr<TravelOrder> DecodeOrder(std::string_view bytes) {
  TravelOrder order;
  order.limits.output_bytes = 0;
  Spawn& spawn = order.spawn;
  WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case kArgv: spawn.argv.emplace_back(reader.bytes()); break;
      case kEnv: spawn.env.emplace_back(reader.bytes()); break;
      case kInput: {
        COW_ASSIGN_OR_RETURN(SpawnInput input, DecodeInput(reader.bytes()));
        spawn.inputs.push_back(std::move(input));
        break;
      }
      case kWritable: spawn.writable.push_back({.path = std::string(reader.bytes())}); break;
      case kWorkingDirectory: spawn.working_directory = reader.bytes(); break;
      case kTimeout: spawn.timeout_seconds = static_cast<int64_t>(reader.integer()); break;
      case kReportReads: spawn.report_reads = reader.integer() != 0; break;
      case kWritableRoot: spawn.writable_root = reader.integer() != 0; break;
      case kHasRoot: order.has_root = reader.integer() != 0; break;
      case kMemory: order.limits.memory_bytes = reader.integer(); break;
      case kProcesses: order.limits.processes = reader.integer(); break;
      case kFileBytes: order.limits.file_bytes = reader.integer(); break;
      case kOutputBytes: order.limits.output_bytes = reader.integer(); break;
      case kMinTier: order.min_tier = reader.bytes(); break;
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  if (spawn.argv.empty()) return absl::InvalidArgumentError("no command");
  return order;
}

std::string EncodeReport(const TravelReport& report) {
  const SpawnResult& result = report.result;
  std::string read;
  for (bool was_read : result.read) read.push_back(was_read ? '1' : '0');
  WireWriter writer;
  writer.Int(kCode, static_cast<int64_t>(report.status.code())).Bytes(kMessage, report.status.message());
  writer.Int(kOutcome, static_cast<int64_t>(result.outcome)).Int(kExitCode, result.exit_code).Int(kSignal, result.signal);
  // Of a program that cannot be executed: nothing was printed.
  const bool says_why = result.outcome == SpawnResult::Outcome::kNotExecuted;
  writer.Bytes(kErr, says_why ? result.err : "").Int(kWall, result.wall_micros).Int(kRss, result.max_rss_kib);
  return writer.Bytes(kTier, result.tier).Bytes(kLimit, result.limit).Bytes(kRead, read).Take();
}

absl::StatusOr<TravelReport> DecodeReport(std::string_view bytes) {
  TravelReport report;
  SpawnResult& result = report.result;
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string message;
  WireReader reader(bytes);
  while (reader.Next()) {
    const auto number = static_cast<int64_t>(reader.integer());
    switch (reader.field()) {
      case kCode: code = static_cast<absl::StatusCode>(number); break;
      case kMessage: message = reader.bytes(); break;
      case kOutcome: result.outcome = static_cast<SpawnResult::Outcome>(number); break;
      case kExitCode: result.exit_code = static_cast<int>(number); break;
      case kSignal: result.signal = static_cast<int>(number); break;
      case kErr: result.err = reader.bytes(); break;
      case kWall: result.wall_micros = number; break;
      case kRss: result.max_rss_kib = number; break;
      case kTier: result.tier = reader.bytes(); break;
      case kLimit: result.limit = reader.bytes(); break;
      case kRead:
        for (char c : reader.bytes()) result.read.push_back(c != '0');
        break;
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  if (result.outcome > SpawnResult::Outcome::kNotExecuted) return absl::InvalidArgumentError("unknown outcome");
  report.status = absl::Status(code, message);
  return report;
}

}  // namespace cow::execution
