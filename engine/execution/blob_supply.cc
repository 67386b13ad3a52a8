#include "engine/execution/blob_supply.h"

#include <algorithm>
#include <utility>

#include "engine/base/status.h"

namespace cow::execution {
namespace {

std::vector<Digest> ListOf(const absl::flat_hash_set<Digest>& digests) { return {digests.begin(), digests.end()}; }

void SortUnique(std::vector<size_t>* indices) {
  std::sort(indices->begin(), indices->end());
  indices->erase(std::unique(indices->begin(), indices->end()), indices->end());
}

}  // namespace

BlobSupply::BlobSupply(const BuildPlan& plan, store::BlobStore* blobs, store::Fetcher* fetcher, TreeReader* trees,
                       RemoteBlobs* remote)
    : blobs_(*blobs), fetcher_(*fetcher), trees_(*trees), remote_(*remote) {
  for (const Action& action : plan.actions) {
    if (action.kind == Action::Kind::kFetch) downloads_[action.fetch.digest] = &action.fetch;
  }
}

absl::StatusOr<std::vector<size_t>> BlobSupply::FindAbsent(const std::vector<ArtifactValue>& values) {
  return Find(values, Effort::kNone);
}

absl::StatusOr<std::vector<size_t>> BlobSupply::FindLost(const std::vector<ArtifactValue>& values) {
  return Find(values, Effort::kPromised);
}

absl::StatusOr<std::vector<size_t>> BlobSupply::Bring(const std::vector<ArtifactValue>& values) {
  return Find(values, Effort::kRemote);
}

absl::StatusOr<std::vector<size_t>> BlobSupply::Supply(const std::vector<ArtifactValue>& values) {
  return Find(values, Effort::kAll);
}

absl::StatusOr<std::vector<BlobSupply::Part>> BlobSupply::PartsOf(const std::vector<ArtifactValue>& values, bool bring_trees,
                                                                  std::vector<size_t>* lost) {
  std::vector<Part> parts;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].kind == ArtifactValue::Kind::kSymlink) continue;
    parts.push_back({values[i].digest, i});
    if (values[i].kind != ArtifactValue::Kind::kTree) continue;
    auto contents = trees_.Read(values[i].digest);
    if (bring_trees && store::IsMiss(contents.status())) {
      remote_.Bring({values[i].digest});
      contents = trees_.Read(values[i].digest);
    }
    if (!contents.ok()) {
      if (!store::IsMiss(contents.status())) return contents.status();
      lost->push_back(i);
      continue;
    }
    for (const store::TreeEntry& entry : (*contents)->entries) {
      if (entry.kind == store::TreeEntry::Kind::kFile) parts.push_back({entry.digest, i});
    }
  }
  return parts;
}

absl::StatusOr<absl::flat_hash_set<Digest>> BlobSupply::Missing(const std::vector<Part>& parts,
                                                                std::vector<const FetchSpec*>* downloads) {
  std::vector<Digest> digests;
  digests.reserve(parts.size());
  for (const Part& part : parts) digests.push_back(part.digest);
  COW_ASSIGN_OR_RETURN(std::vector<Digest> list, blobs_.FindMissing(digests));
  absl::flat_hash_set<Digest> missing(list.begin(), list.end());
  absl::erase_if(missing, [&](const Digest& digest) {
    auto source = downloads_.find(digest);
    if (source == downloads_.end()) return false;
    if (downloads != nullptr) downloads->push_back(source->second);
    return true;
  });
  return missing;
}

absl::StatusOr<std::vector<size_t>> BlobSupply::Find(const std::vector<ArtifactValue>& values, Effort effort) {
  std::vector<size_t> lost;
  const bool brings = effort >= Effort::kRemote;
  COW_ASSIGN_OR_RETURN(std::vector<Part> parts, PartsOf(values, brings, &lost));
  std::vector<const FetchSpec*> downloads;
  COW_ASSIGN_OR_RETURN(absl::flat_hash_set<Digest> missing, Missing(parts, &downloads));
  if (brings && !missing.empty()) {
    remote_.Bring(ListOf(missing));
    COW_ASSIGN_OR_RETURN(missing, Missing(parts, nullptr));
  }
  if (effort == Effort::kAll && !downloads.empty()) COW_RETURN_IF_ERROR(store::FetchAll(fetcher_, downloads));
  for (const Part& part : parts) {
    if (!missing.contains(part.digest)) continue;
    if (effort == Effort::kPromised && remote_.IsPromised(part.digest)) continue;
    lost.push_back(part.value);
  }
  SortUnique(&lost);
  if (brings) NoteComplete(values, lost);
  return lost;
}

absl::StatusOr<std::vector<size_t>> BlobSupply::FindLostEverywhere(const std::vector<ArtifactValue>& values) {
  std::vector<size_t> lost;
  COW_ASSIGN_OR_RETURN(std::vector<Part> parts, PartsOf(values, true, &lost));
  COW_ASSIGN_OR_RETURN(absl::flat_hash_set<Digest> missing, Missing(parts, nullptr));
  const bool is_elsewhere = missing.empty() || remote_.Ask(ListOf(missing));
  std::vector<std::vector<Digest>> elsewhere(values.size());
  for (const Part& part : parts) {
    if (!missing.contains(part.digest)) continue;
    if (is_elsewhere) elsewhere[part.value].push_back(part.digest);
    if (!is_elsewhere) lost.push_back(part.value);
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (!elsewhere[i].empty() && !Promise(values[i], elsewhere[i])) lost.push_back(i);
  }
  SortUnique(&lost);
  return lost;
}

bool BlobSupply::Promise(const ArtifactValue& value, const std::vector<Digest>& blobs) {
  if (!remote_.Promise(blobs)) return false;
  if (value.kind != ArtifactValue::Kind::kTree) return true;
  absl::MutexLock lock(&mutex_);
  promised_trees_.insert(value.digest);
  return true;
}

bool BlobSupply::MayBeElsewhere(const ArtifactValue& value) const {
  if (value.kind == ArtifactValue::Kind::kSymlink) return false;
  if (value.kind == ArtifactValue::Kind::kFile) return remote_.IsPromised(value.digest);
  absl::MutexLock lock(&mutex_);
  return promised_trees_.contains(value.digest);
}

void BlobSupply::NoteComplete(const std::vector<ArtifactValue>& values, const std::vector<size_t>& lost) {
  absl::MutexLock lock(&mutex_);
  if (promised_trees_.empty()) return;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::binary_search(lost.begin(), lost.end(), i)) promised_trees_.erase(values[i].digest);
  }
}

}  // namespace cow::execution
