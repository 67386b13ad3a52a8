#include "engine/model/host_tree.h"

namespace cow {

Digest HostTree::ComputeDigest(const std::vector<HostTreeEntry>& entries) {
  RecordHasher hasher("cow.host-tree.v1");
  for (const HostTreeEntry& entry : entries) {
    hasher.AddInt(static_cast<int64_t>(entry.kind)).Add(entry.path);
    switch (entry.kind) {
      case HostTreeEntry::Kind::kFile:
        hasher.Add(entry.digest).AddInt(entry.executable ? 1 : 0);
        break;
      case HostTreeEntry::Kind::kSymlink:
        hasher.Add(entry.target);
        break;
      case HostTreeEntry::Kind::kDirectory:
        break;
    }
  }
  return hasher.Finish();
}

}  // namespace cow
