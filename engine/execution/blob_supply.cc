#include "engine/execution/blob_supply.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "engine/base/status.h"

namespace cow::execution {
namespace {

// A blob and the value it belongs to.
struct Part {
  Digest digest;
  size_t value;
};

}  // namespace

BlobSupply::BlobSupply(const BuildPlan& plan, store::BlobStore* blobs, store::Fetcher* fetcher, TreeReader* trees)
    : blobs_(*blobs), fetcher_(*fetcher), trees_(*trees) {
  for (const Action& action : plan.actions) {
    if (action.kind == Action::Kind::kFetch) downloads_[action.fetch.digest] = &action.fetch;
  }
}

absl::StatusOr<std::vector<size_t>> BlobSupply::FindLost(const std::vector<ArtifactValue>& values) {
  return Find(values, false);
}

absl::StatusOr<std::vector<size_t>> BlobSupply::Supply(const std::vector<ArtifactValue>& values) {
  return Find(values, true);
}

absl::StatusOr<std::vector<size_t>> BlobSupply::Find(const std::vector<ArtifactValue>& values, bool download) {
  std::vector<Part> parts;
  std::vector<size_t> lost;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].kind == ArtifactValue::Kind::kSymlink) continue;
    parts.push_back({values[i].digest, i});
    if (values[i].kind != ArtifactValue::Kind::kTree) continue;
    auto contents = trees_.Read(values[i].digest);
    if (!contents.ok()) {
      if (!store::IsMiss(contents.status())) return contents.status();
      lost.push_back(i);
      continue;
    }
    for (const store::TreeEntry& entry : (*contents)->entries) {
      if (entry.kind == store::TreeEntry::Kind::kFile) parts.push_back({entry.digest, i});
    }
  }
  std::vector<Digest> digests;
  digests.reserve(parts.size());
  for (const Part& part : parts) digests.push_back(part.digest);
  COW_ASSIGN_OR_RETURN(std::vector<Digest> list, blobs_.FindMissing(digests));
  absl::flat_hash_set<Digest> missing(list.begin(), list.end());
  std::vector<const FetchSpec*> wanted;
  for (const Part& part : parts) {
    if (!missing.contains(part.digest)) continue;
    auto source = downloads_.find(part.digest);
    if (source == downloads_.end()) {
      lost.push_back(part.value);
    } else if (download) {
      wanted.push_back(source->second);
      missing.erase(part.digest);
    }
  }
  if (!wanted.empty()) COW_RETURN_IF_ERROR(store::FetchAll(fetcher_, wanted));
  std::sort(lost.begin(), lost.end());
  lost.erase(std::unique(lost.begin(), lost.end()), lost.end());
  return lost;
}

}  // namespace cow::execution
