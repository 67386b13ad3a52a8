#include "engine/remote/execution_message.h"

#include "engine/base/status.h"
#include "engine/store/wire.h"

namespace cow::remote {
namespace {

enum { kAction = 1, kOutput, kScratch, kFresh, kMnemonic, kLabel, kLookupOnly };
enum { kThere = 1, kHere };
enum { kCode = 1, kMessage, kMissing, kCached, kExitCode, kOut, kErr };

absl::StatusOr<std::pair<std::string, std::string>> DecodeOutput(std::string_view bytes) {
  std::pair<std::string, std::string> output;
  store::WireReader reader(bytes);
  while (reader.Next()) {
    (reader.field() == kThere ? output.first : output.second) = reader.bytes();
  }
  COW_RETURN_IF_ERROR(reader.status());
  return output;
}

}  // namespace

std::string EncodeRequest(const ExecutionRequest& request) {
  store::WireWriter writer;
  writer.DigestMessage(kAction, request.action);
  for (const auto& [there, here] : request.outputs) {
    writer.Message(kOutput, store::WireWriter().Bytes(kThere, there).Bytes(kHere, here).Take());
  }
  writer.Bytes(kScratch, request.scratch).Bool(kFresh, request.fresh);
  return writer.Bytes(kMnemonic, request.mnemonic).Bytes(kLabel, request.label).Bool(kLookupOnly, request.lookup_only).Take();
}

absl::StatusOr<ExecutionRequest> DecodeRequest(std::string_view bytes) {
  ExecutionRequest request;
  store::WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case kAction: {
        COW_ASSIGN_OR_RETURN(request.action, store::DecodeDigestMessage(reader.bytes()));
        break;
      }
      case kOutput: {
        COW_ASSIGN_OR_RETURN(auto output, DecodeOutput(reader.bytes()));
        request.outputs.push_back(std::move(output));
        break;
      }
      case kScratch: request.scratch = reader.bytes(); break;
      case kFresh: request.fresh = reader.integer() != 0; break;
      case kMnemonic: request.mnemonic = reader.bytes(); break;
      case kLookupOnly: request.lookup_only = reader.integer() != 0; break;
      case kLabel: request.label = reader.bytes(); break;
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return request;
}

std::string EncodeReply(const ExecutionReply& reply) {
  store::WireWriter writer;
  writer.Int(kCode, static_cast<int64_t>(reply.code)).Bytes(kMessage, reply.message).Bool(kMissing, reply.missing);
  writer.Bool(kCached, reply.cached).Int(kExitCode, reply.exit_code);
  return writer.Bytes(kOut, reply.out).Bytes(kErr, reply.err).Take();
}

absl::StatusOr<ExecutionReply> DecodeReply(std::string_view bytes) {
  ExecutionReply reply;
  store::WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case kCode: reply.code = static_cast<absl::StatusCode>(reader.integer()); break;
      case kMessage: reply.message = reader.bytes(); break;
      case kMissing: reply.missing = reader.integer() != 0; break;
      case kCached: reply.cached = reader.integer() != 0; break;
      case kExitCode: reply.exit_code = static_cast<int>(static_cast<int64_t>(reader.integer())); break;
      case kOut: reply.out = reader.bytes(); break;
      case kErr: reply.err = reader.bytes(); break;
      default: reader.Fail("unknown field");
    }
  }
  COW_RETURN_IF_ERROR(reader.status());
  return reply;
}

}  // namespace cow::remote
