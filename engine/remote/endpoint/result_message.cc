#include "engine/remote/endpoint/result_message.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "wire/notes.pb.h"

namespace cow::remote {
namespace {

constexpr int64_t kMicrosOfSecond = 1'000'000;

}  // namespace

reapi::Digest ToWire(const Digest& digest) {
  reapi::Digest message;
  message.set_hash(digest.hex());
  message.set_size_bytes(digest.size_bytes());
  return message;
}

absl::StatusOr<Digest> FromWire(const reapi::Digest& digest) { return Digest::FromHex(digest.hash(), digest.size_bytes()); }

reapi::ActionResult ToWire(const ActionResult& result, const std::string& read) {
  reapi::ActionResult message;
  message.set_exit_code(result.exit_code);
  for (const ActionOutput& output : result.outputs) {
    switch (output.kind) {
      case ActionOutput::Kind::kFile: {
        reapi::OutputFile& file = *message.add_output_files();
        file.set_path(output.path);
        *file.mutable_digest() = ToWire(output.digest);
        file.set_is_executable(output.executable);
        break;
      }
      case ActionOutput::Kind::kTree: {
        reapi::OutputDirectory& tree = *message.add_output_directories();
        tree.set_path(output.path);
        *tree.mutable_tree_digest() = ToWire(output.digest);
        tree.set_is_topologically_sorted(true);
        break;
      }
      case ActionOutput::Kind::kSymlink: {
        reapi::OutputSymlink& link = *message.add_output_symlinks();
        link.set_path(output.path);
        link.set_target(output.target);
        break;
      }
    }
  }
  *message.mutable_stdout_digest() = ToWire(result.stdout_digest);
  *message.mutable_stderr_digest() = ToWire(result.stderr_digest);
  reapi::ExecutedActionMetadata& metadata = *message.mutable_execution_metadata();
  metadata.set_worker("cow");
  metadata.mutable_virtual_execution_duration()->set_seconds(result.wall_micros / kMicrosOfSecond);
  metadata.mutable_virtual_execution_duration()->set_nanos(static_cast<int32_t>(result.wall_micros % kMicrosOfSecond * 1000));
  ::cow::ActionNotes notes;
  notes.set_sandbox_tier(result.sandbox_tier);
  notes.set_max_rss_kib(result.max_rss_kib);
  notes.set_read_inputs(read);
  metadata.add_auxiliary_metadata()->PackFrom(notes);
  return message;
}

absl::StatusOr<NotedResult> FromWire(const reapi::ActionResult& message) {
  NotedResult noted;
  ActionResult& result = noted.result;
  result.exit_code = message.exit_code();
  for (const reapi::OutputFile& file : message.output_files()) {
    COW_ASSIGN_OR_RETURN(Digest digest, FromWire(file.digest()));
    result.outputs.push_back({.path = file.path(), .digest = digest, .executable = file.is_executable()});
  }
  for (const reapi::OutputDirectory& tree : message.output_directories()) {
    COW_ASSIGN_OR_RETURN(Digest digest, FromWire(tree.tree_digest()));
    result.outputs.push_back({.kind = ActionOutput::Kind::kTree, .path = tree.path(), .digest = digest});
  }
  for (const reapi::OutputSymlink& link : message.output_symlinks()) {
    result.outputs.push_back({.kind = ActionOutput::Kind::kSymlink, .path = link.path(), .target = link.target()});
  }
  if (message.has_stdout_digest()) {
    COW_ASSIGN_OR_RETURN(result.stdout_digest, FromWire(message.stdout_digest()));
  }
  if (message.has_stderr_digest()) {
    COW_ASSIGN_OR_RETURN(result.stderr_digest, FromWire(message.stderr_digest()));
  }
  const reapi::ExecutedActionMetadata& metadata = message.execution_metadata();
  result.wall_micros = metadata.virtual_execution_duration().seconds() * kMicrosOfSecond +
                       metadata.virtual_execution_duration().nanos() / 1000;
  for (const google::protobuf::Any& any : metadata.auxiliary_metadata()) {
    ::cow::ActionNotes notes;
    if (!any.UnpackTo(&notes)) continue;
    result.sandbox_tier = notes.sandbox_tier();
    result.max_rss_kib = notes.max_rss_kib();
    noted.read = notes.read_inputs();
  }
  return noted;
}

}  // namespace cow::remote
