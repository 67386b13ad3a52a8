#include "engine/execution/in_process_action.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status.h"

namespace cow::execution {
namespace {

absl::StatusOr<ArtifactValue> FileOf(std::string_view bytes, bool executable, store::BlobStore& blobs) {
  COW_ASSIGN_OR_RETURN(Digest digest, blobs.Put(bytes));
  return ArtifactValue{.kind = ArtifactValue::Kind::kFile, .digest = digest, .executable = executable};
}

absl::StatusOr<ArtifactValue> OnlyInput(const std::vector<ArtifactValue>& inputs) {
  if (inputs.size() == 1) return inputs.front();
  return absl::InvalidArgumentError(absl::StrCat("it needs exactly one input, but has ", inputs.size()));
}

absl::StatusOr<ArtifactValue> Write(const Action& action, const ArtifactPaths& paths, store::BlobStore& blobs) {
  if (action.arguments.empty()) return FileOf(action.content, action.executable, blobs);
  COW_ASSIGN_OR_RETURN(std::string text, ExpandToText(action.arguments, paths));
  return FileOf(text, action.executable, blobs);
}

absl::StatusOr<ArtifactValue> ExpandTemplate(const Action& action, const std::vector<ArtifactValue>& inputs,
                                             store::BlobStore& blobs) {
  COW_ASSIGN_OR_RETURN(ArtifactValue input, OnlyInput(inputs));
  if (input.kind != ArtifactValue::Kind::kFile) return absl::InvalidArgumentError("its template is not a file");
  COW_ASSIGN_OR_RETURN(std::string text, blobs.Get(input.digest));
  for (const auto& [key, value] : action.substitutions) {
    if (key.empty()) return absl::InvalidArgumentError("a substitution has an empty key");
    absl::StrReplaceAll({{key, value}}, &text);
  }
  return FileOf(text, action.executable, blobs);
}

absl::StatusOr<ArtifactValue> Alias(const Action& action, const std::vector<ArtifactValue>& inputs) {
  COW_ASSIGN_OR_RETURN(ArtifactValue value, OnlyInput(inputs));
  if (value.kind == ArtifactValue::Kind::kFile && action.executable) value.executable = true;
  return value;
}

}  // namespace

absl::StatusOr<ArtifactValue> MakeInProcess(const Action& action, const std::vector<ArtifactValue>& inputs,
                                            const ArtifactPaths& paths, store::BlobStore& blobs) {
  switch (action.kind) {
    case Action::Kind::kRun:
      break;
    case Action::Kind::kWrite:
      return Write(action, paths, blobs);
    case Action::Kind::kExpandTemplate:
      return ExpandTemplate(action, inputs, blobs);
    case Action::Kind::kSymlink:
      return Alias(action, inputs);
    case Action::Kind::kUnresolvedSymlink:
      return ArtifactValue{.kind = ArtifactValue::Kind::kSymlink, .target = action.content};
    case Action::Kind::kFetch:
      return ArtifactValue{.kind = ArtifactValue::Kind::kFile, .digest = action.fetch.digest};
  }
  return absl::InternalError("a process is needed");
}

}  // namespace cow::execution
