#include "engine/execution/remote_results.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "engine/execution/cached_result.h"
#include "engine/execution/output_scan.h"
#include "engine/execution/reapi_messages.h"

namespace cow::execution {
namespace {

// Bazel's words for actions that stay on the machine.
bool StaysHere(const Action& action) {
  const auto& requirements = action.execution_requirements;
  return requirements.contains(kNoRemoteCache) || requirements.contains("no-remote") || requirements.contains("local");
}

// False unless there is exactly one for each.
bool PutInOrder(const std::vector<DeclaredOutput>& declared, std::vector<ActionOutput>* outputs) {
  if (outputs->size() != declared.size()) return false;
  std::vector<ActionOutput> ordered;
  for (const DeclaredOutput& output : declared) {
    auto place = std::find_if(outputs->begin(), outputs->end(),
                              [&](const ActionOutput& candidate) { return candidate.path == output.path; });
    if (place == outputs->end()) return false;
    ordered.push_back(*place);
  }
  *outputs = std::move(ordered);
  return true;
}

// Whether an action could have made it here: a server may say anything.
bool IsPlaceable(const store::TreeEntry& entry) {
  constexpr size_t kLongestName = 255;
  constexpr size_t kLongestPath = 2048;  // below others
  if (entry.path.size() > kLongestPath || entry.target.size() > kLongestPath) return false;
  for (std::string_view name : absl::StrSplit(entry.path, '/')) {
    if (name.size() > kLongestName) return false;
  }
  return entry.kind != store::TreeEntry::Kind::kSymlink || StaysInside(entry.path, entry.target);
}

void AddFiles(const store::TreeContents& tree, std::vector<Digest>* blobs) {
  for (const store::TreeEntry& entry : tree.entries) {
    if (entry.kind == store::TreeEntry::Kind::kFile) blobs->push_back(entry.digest);
  }
}

}  // namespace

bool RemoteResults::MayAsk(const Action& action) const {
  return remote_ != nullptr && remote_->reads() && !StaysHere(action);
}

// What is needed comes; the rest is promised, unless the cache failed to give some of it before.
bool RemoteResults::Secure(const std::vector<ArtifactValue>& values, const std::vector<bool>& needed) {
  std::vector<ArtifactValue> now;
  for (const ArtifactValue& value : values) {
    if (value.kind != ArtifactValue::Kind::kTree) continue;
    const ArtifactValue encoding{.digest = value.digest};
    auto lost = supply_.Bring({encoding});
    if (!lost.ok() || !lost->empty()) return false;
    auto contents = trees_.Read(value.digest);
    if (!contents.ok()) return false;
    const std::vector<store::TreeEntry>& entries = (*contents)->entries;
    if (!std::all_of(entries.begin(), entries.end(), IsPlaceable)) return false;
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (needed[i] || !supply_.Promise(values[i], BlobsOf(values[i]))) now.push_back(values[i]);
  }
  if (now.empty()) return true;
  auto lost = supply_.Bring(now);
  return lost.ok() && lost->empty();
}

std::vector<Digest> RemoteResults::BlobsOf(const ArtifactValue& value) const {
  std::vector<Digest> blobs;
  if (value.kind == ArtifactValue::Kind::kSymlink) return blobs;
  if (value.kind == ArtifactValue::Kind::kFile) return {value.digest};
  auto contents = trees_.Read(value.digest);
  if (contents.ok()) AddFiles(**contents, &blobs);
  return blobs;
}

std::optional<store::RemoteResult> RemoteResults::Find(const Action& action, const PreparedAction& prepared,
                                                       std::string_view min_tier, const std::vector<bool>& needed) {
  if (!MayAsk(action)) return std::nullopt;
  std::optional<store::RemoteResult> found = remote_->Find(prepared.key);
  if (!found || !PutInOrder(prepared.outputs, &found->result.outputs)) return std::nullopt;
  auto values = UsableValues(found->result, prepared.outputs, min_tier);
  if (!values || !Secure(*values, needed)) return std::nullopt;
  const bool whole = std::find(needed.begin(), needed.end(), false) == needed.end();
  if (!whole) return found;
  auto lost = supply_.Bring({{.digest = found->result.stdout_digest}, {.digest = found->result.stderr_digest}});
  return lost.ok() && lost->empty() ? found : std::nullopt;
}

absl::StatusOr<std::vector<size_t>> RemoteResults::FindLost(const std::vector<ArtifactValue>& values,
                                                            const std::vector<bool>& needed) {
  std::vector<ArtifactValue> now, later;
  for (size_t i = 0; i < values.size(); ++i) (needed[i] ? now : later).push_back(values[i]);
  COW_ASSIGN_OR_RETURN(std::vector<size_t> lost_now, supply_.Bring(now));
  COW_ASSIGN_OR_RETURN(std::vector<size_t> lost_later, supply_.FindLostEverywhere(later));
  std::vector<size_t> lost;
  size_t nows = 0, laters = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const std::vector<size_t>& among = needed[i] ? lost_now : lost_later;
    if (std::binary_search(among.begin(), among.end(), needed[i] ? nows++ : laters++)) lost.push_back(i);
  }
  return lost;
}

void RemoteResults::Offer(const Action& action, const PreparedAction& prepared, const ActionResult& result,
                          const store::ReadSet& read) {
  if (remote_ == nullptr || !remote_->writes() || StaysHere(action)) return;
  if (action.execution_requirements.contains(kNoRemoteCacheUpload)) return;
  // What others take was made where nothing undeclared could be seen.
  if (!absl::StartsWith(result.sandbox_tier, "S3")) return;
  store::RemoteUpload upload{.key = prepared.key, .result = result, .read = read};
  upload.messages = {EncodeAction(prepared.preimage.action), EncodeCommand(prepared.preimage.command)};
  upload.blobs = {result.stdout_digest, result.stderr_digest};
  for (const ActionOutput& output : result.outputs) {
    if (output.kind == ActionOutput::Kind::kSymlink) continue;
    upload.blobs.push_back(output.digest);
    if (output.kind != ActionOutput::Kind::kTree) continue;
    auto contents = trees_.Read(output.digest);
    if (!contents.ok()) return;
    AddFiles(**contents, &upload.blobs);
  }
  std::sort(upload.blobs.begin(), upload.blobs.end());
  upload.blobs.erase(std::unique(upload.blobs.begin(), upload.blobs.end()), upload.blobs.end());
  // Everybody has the empty blob.
  std::erase(upload.blobs, Digest());
  remote_->Offer(std::move(upload));
}

}  // namespace cow::execution
