#include "engine/sandbox/landlock_scope.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "engine/sandbox/failure.h"

namespace cow::sandbox {
namespace {

// Of linux/landlock.h as of ABI 6; the headers of Debian 12 know ABI 2.
struct RulesetAttributes {
  uint64_t file_system;
  uint64_t network;
  uint64_t scoped;
};

constexpr uint64_t kTcp = 3;  // bind, connect
constexpr uint64_t kAbstractSocketsAndSignals = 3;
constexpr uint32_t kGetVersion = 1;
constexpr long kFirstWithTcp = 4;
constexpr long kFirstWithScopes = 6;

}  // namespace

bool ConfineToOwnProcesses(Failure* failure) {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, kGetVersion);
  if (version < kFirstWithTcp) return true;
  const bool scopes = version >= kFirstWithScopes;
  const RulesetAttributes wanted = {0, kTcp, scopes ? kAbstractSocketsAndSignals : 0};
  const size_t size = scopes ? sizeof wanted : sizeof wanted - sizeof wanted.scoped;
  const long rules = syscall(SYS_landlock_create_ruleset, &wanted, size, 0);
  if (rules < 0) return Fail(failure, "make Landlock rules");
  const bool done = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  if (!done) Fail(failure, "apply Landlock rules");
  close(static_cast<int>(rules));
  return done;
}

}  // namespace cow::sandbox
