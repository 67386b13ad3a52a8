#include "engine/store/file_system_kind.h"

#include <sys/vfs.h>

#include <cerrno>
#include <cstdint>

#include "engine/base/status.h"

namespace cow::store {
namespace {

struct Known {
  uint32_t magic;
  const char* name;
  bool remote;
};

constexpr Known kKnown[] = {
    {0x6969, "NFS", true},          {0x517b, "SMB", true},       {0xfe534d42, "SMB", true},
    {0xff534d42, "CIFS", true},     {0x01021997, "9p", true},    {0x65735546, "FUSE", true},
    {0x00c36400, "Ceph", true},     {0x5346414f, "AFS", true},   {0x73757245, "Coda", true},
    {0x0bd00bd0, "Lustre", true},   {0xef53, "ext4", false},     {0x58465342, "XFS", false},
    {0x9123683e, "Btrfs", false},   {0x01021994, "tmpfs", false}, {0x794c7630, "overlayfs", false},
    {0xf2f52010, "F2FS", false},    {0x2fc12fc1, "ZFS", false},  {0xca451a4e, "bcachefs", false},
};

}  // namespace

absl::StatusOr<FileSystemKind> FileSystemOf(const std::string& path) {
  struct statfs info;
  if (statfs(path.c_str(), &info) != 0) return ErrnoStatus(errno, path);
  auto magic = static_cast<uint32_t>(info.f_type);
  for (const Known& known : kKnown) {
    if (known.magic != magic) continue;
    return FileSystemKind{.name = known.name, .remote = known.remote, .fine_timestamps = !known.remote};
  }
  return FileSystemKind{};
}

}  // namespace cow::store
