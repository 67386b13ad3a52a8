#include "engine/execution/reapi_messages.h"

#include <algorithm>
#include <functional>

#include "engine/base/status.h"
#include "engine/store/wire.h"

namespace cow::execution {
namespace {

using store::WireReader;
using store::WireWriter;
using Pair = std::pair<std::string, std::string>;

template <typename T>
void SortUnique(std::vector<T>& items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

std::string EncodePair(const Pair& pair) { return WireWriter().Bytes(1, pair.first).Bytes(2, pair.second).Take(); }

std::string EncodePlatform(Platform platform) {
  SortUnique(platform);
  WireWriter writer;
  for (const Pair& property : platform) writer.Message(1, EncodePair(property));
  return writer.Take();
}

absl::Status ReadFields(std::string_view bytes, const std::function<absl::Status(WireReader&)>& take) {
  WireReader reader(bytes);
  while (reader.Next()) COW_RETURN_IF_ERROR(take(reader));
  return reader.status();
}

absl::Status Unknown(const WireReader& reader) {
  return absl::InvalidArgumentError("unknown field " + std::to_string(reader.field()));
}

absl::Status TakeText(const WireReader& reader, std::string* out) {
  if (!reader.is_bytes()) return Unknown(reader);
  *out = std::string(reader.bytes());
  return absl::OkStatus();
}

absl::Status TakePair(const WireReader& reader, std::vector<Pair>* out) {
  if (!reader.is_bytes()) return Unknown(reader);
  Pair pair;
  COW_RETURN_IF_ERROR(ReadFields(reader.bytes(), [&](WireReader& field) -> absl::Status {
    if (field.field() == 1) return TakeText(field, &pair.first);
    if (field.field() == 2) return TakeText(field, &pair.second);
    return Unknown(field);
  }));
  out->push_back(std::move(pair));
  return absl::OkStatus();
}

absl::Status TakePlatform(const WireReader& reader, Platform* out) {
  if (!reader.is_bytes()) return Unknown(reader);
  return ReadFields(reader.bytes(), [&](WireReader& field) -> absl::Status {
    return field.field() == 1 ? TakePair(field, out) : Unknown(field);
  });
}

absl::Status TakeDigest(const WireReader& reader, Digest* out) {
  if (!reader.is_bytes()) return Unknown(reader);
  COW_ASSIGN_OR_RETURN(*out, store::DecodeDigestMessage(reader.bytes()));
  return absl::OkStatus();
}

absl::Status TakeSeconds(const WireReader& reader, int64_t* out) {
  if (!reader.is_bytes()) return Unknown(reader);
  return ReadFields(reader.bytes(), [&](WireReader& field) -> absl::Status {
    if (field.field() != 1 || field.is_bytes()) return Unknown(field);
    *out = static_cast<int64_t>(field.integer());
    return absl::OkStatus();
  });
}

absl::Status TakeCommandField(const WireReader& reader, CommandMessage* command) {
  switch (reader.field()) {
    case 1:
      command->arguments.emplace_back();
      return TakeText(reader, &command->arguments.back());
    case 2:
      return TakePair(reader, &command->environment);
    case 5:
      return TakePlatform(reader, &command->platform);
    case 6:
      return TakeText(reader, &command->working_directory);
    case 7:
      command->output_paths.emplace_back();
      return TakeText(reader, &command->output_paths.back());
    default:
      return Unknown(reader);
  }
}

absl::Status TakeActionField(const WireReader& reader, ActionMessage* action) {
  switch (reader.field()) {
    case 1:
      return TakeDigest(reader, &action->command);
    case 2:
      return TakeDigest(reader, &action->input_root);
    case 6:
      return TakeSeconds(reader, &action->timeout_seconds);
    case 7:
      action->do_not_cache = reader.integer() != 0;
      return reader.is_bytes() ? Unknown(reader) : absl::OkStatus();
    case 9:
      return TakeText(reader, &action->salt);
    case 10:
      return TakePlatform(reader, &action->platform);
    default:
      return Unknown(reader);
  }
}

}  // namespace

std::string EncodeCommand(CommandMessage command) {
  SortUnique(command.environment);
  SortUnique(command.output_paths);
  WireWriter writer;
  for (const std::string& argument : command.arguments) writer.Repeated(1, argument);
  for (const Pair& variable : command.environment) writer.Message(2, EncodePair(variable));
  if (!command.platform.empty()) writer.Message(5, EncodePlatform(std::move(command.platform)));
  writer.Bytes(6, command.working_directory);
  for (const std::string& path : command.output_paths) writer.Repeated(7, path);
  return writer.Take();
}

std::string EncodeAction(ActionMessage action) {
  WireWriter writer;
  writer.DigestMessage(1, action.command).DigestMessage(2, action.input_root);
  if (action.timeout_seconds != 0) writer.Message(6, WireWriter().Int(1, action.timeout_seconds).Take());
  writer.Bool(7, action.do_not_cache).Bytes(9, action.salt);
  if (!action.platform.empty()) writer.Message(10, EncodePlatform(std::move(action.platform)));
  return writer.Take();
}

// The round trip is the check: whatever decodes but is not canonical (unsorted, repeated, explicit defaults)
// encodes to other bytes.
absl::StatusOr<CommandMessage> DecodeCommand(std::string_view bytes) {
  CommandMessage command;
  COW_RETURN_IF_ERROR(ReadFields(bytes, [&](WireReader& reader) { return TakeCommandField(reader, &command); }));
  if (EncodeCommand(command) != bytes) return absl::InvalidArgumentError("not a canonical Command");
  return command;
}

absl::StatusOr<ActionMessage> DecodeAction(std::string_view bytes) {
  ActionMessage action;
  COW_RETURN_IF_ERROR(ReadFields(bytes, [&](WireReader& reader) { return TakeActionField(reader, &action); }));
  if (EncodeAction(action) != bytes) return absl::InvalidArgumentError("not a canonical Action");
  return action;
}

}  // namespace cow::execution
