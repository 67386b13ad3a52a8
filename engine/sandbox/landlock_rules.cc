#include "engine/sandbox/landlock_rules.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "engine/sandbox/failure.h"

namespace cow::sandbox {
namespace {

// Of versions that the headers of Debian 12 do not know.
constexpr uint64_t kTruncate = 1ULL << 14;     // 3
constexpr uint64_t kDeviceControl = 1ULL << 15;  // 5
constexpr uint64_t kTcp = 3;                   // 4: bind, connect
constexpr uint64_t kScopes = 3;                // 6: abstract sockets, signals
constexpr uint32_t kGetVersion = 1;

struct RulesetAttributes {
  uint64_t file_system;
  uint64_t network;
  uint64_t scoped;
};

constexpr uint64_t kReadFile = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
constexpr uint64_t kRead = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kAllOfVersion2 = (LANDLOCK_ACCESS_FS_REFER << 1) - 1;
constexpr uint64_t kOnFiles = kReadFile | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kDeviceControl;
constexpr uint64_t kNever = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

}  // namespace

bool LandlockRules::Start(Failure* failure) {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, kGetVersion);
  if (version < 3) {
    if (version >= 0) errno = ENOSYS;
    return Fail(failure, "use Landlock of version 3 or newer (Linux 6.2)");
  }
  RulesetAttributes wanted = {kAllOfVersion2 | kTruncate, 0, 0};
  size_t size = sizeof(uint64_t);
  if (version >= 4) {
    wanted.network = kTcp;
    size = 2 * sizeof(uint64_t);
  }
  if (version >= 5) wanted.file_system |= kDeviceControl;
  if (version >= 6) {
    wanted.scoped = kScopes;
    size = sizeof wanted;
  }
  handled_ = wanted.file_system;
  rules_ = static_cast<int>(syscall(SYS_landlock_create_ruleset, &wanted, size, 0));
  return rules_ >= 0 || Fail(failure, "make Landlock rules");
}

bool LandlockRules::Allow(const char* path, uint64_t rights, Failure* failure) {
  const int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT || Fail(failure, "open a place that the action may use", path);
  struct stat info;
  landlock_path_beneath_attr rule = {};
  rule.parent_fd = fd;
  rule.allowed_access = rights & handled_;
  if (fstat(fd, &info) == 0 && !S_ISDIR(info.st_mode)) rule.allowed_access &= kOnFiles;
  const bool done = syscall(SYS_landlock_add_rule, rules_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
  if (!done) Fail(failure, "add a Landlock rule", path);
  close(fd);
  return done;
}

bool LandlockRules::AllowReading(const char* path, Failure* failure) { return Allow(path, kRead, failure); }

bool LandlockRules::AllowWriting(const char* path, Failure* failure) {
  return Allow(path, handled_ & ~kNever & ~kDeviceControl, failure);
}

bool LandlockRules::AllowDevice(const char* path, Failure* failure) {
  return Allow(path, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kDeviceControl, failure);
}

bool LandlockRules::AllowExecuting(int fd, Failure* failure) {
  landlock_path_beneath_attr rule = {};
  rule.parent_fd = fd;
  rule.allowed_access = kReadFile;
  return syscall(SYS_landlock_add_rule, rules_, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ||
         Fail(failure, "add a Landlock rule");
}

bool LandlockRules::Apply(Failure* failure) {
  const bool done = syscall(SYS_landlock_restrict_self, rules_, 0) == 0;
  if (!done) Fail(failure, "apply Landlock rules");
  close(rules_);
  return done;
}

}  // namespace cow::sandbox
