#include "engine/sandbox/seccomp_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <initializer_list>

#include "engine/sandbox/failure.h"

namespace cow::sandbox {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
constexpr uint32_t kX32Bit = 0x40000000;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "cow-sandbox knows the system calls of x86_64 and aarch64 only"
#endif

// System calls that the C library's headers may not know yet; one number for all architectures.
constexpr uint32_t kFchmodat2 = 452;
constexpr uint32_t kSetxattrat = 463;
constexpr uint32_t kRemovexattrat = 466;

struct Refusal {
  uint32_t number;
  uint16_t error;
};

constexpr Refusal kRefused[] = {
    // Does its work outside of this filter.
    {SYS_io_uring_setup, EPERM},
    {SYS_io_uring_enter, EPERM},
    {SYS_io_uring_register, EPERM},
    // Large kernel surface that no build step needs.
    {SYS_bpf, EPERM},
    {SYS_perf_event_open, EPERM},
    {SYS_userfaultfd, EPERM},
    {SYS_fanotify_init, EPERM},
    {SYS_open_by_handle_at, EPERM},
    {SYS_kexec_load, EPERM},
    {SYS_kexec_file_load, EPERM},
    {SYS_init_module, EPERM},
    {SYS_finit_module, EPERM},
    {SYS_delete_module, EPERM},
    {SYS_syslog, EPERM},
    // Key rings belong to the user, not to the namespace: a channel between actions.
    {SYS_keyctl, EPERM},
    {SYS_add_key, EPERM},
    {SYS_request_key, EPERM},
    // Hides its flags in memory, where no filter sees them; C libraries fall back to clone.
    {SYS_clone3, ENOSYS},
    // Outputs are bytes and an executable bit: other attributes would be lost without a word.
    {SYS_setxattr, EOPNOTSUPP},
    {SYS_lsetxattr, EOPNOTSUPP},
    {SYS_fsetxattr, EOPNOTSUPP},
    {SYS_removexattr, EOPNOTSUPP},
    {SYS_lremovexattr, EOPNOTSUPP},
    {SYS_fremovexattr, EOPNOTSUPP},
    {kSetxattrat, EOPNOTSUPP},
    {kRemovexattrat, EOPNOTSUPP},
};

// Reach processes and services outside, unless namespaces keep those apart. A connection to a unix socket is something
// that Landlock does not see.
constexpr Refusal kRefusedWithoutNamespaces[] = {
    {SYS_socket, EACCES}, {SYS_shmget, EACCES}, {SYS_shmat, EACCES},   {SYS_msgget, EACCES},
    {SYS_semget, EACCES}, {SYS_mq_open, EACCES}, {SYS_setpriority, EACCES},
};

// Refused if the argument has any of these bits.
struct BitsRefusal {
  uint32_t number;
  int argument;
  uint32_t bits;
  uint16_t error;
};

constexpr BitsRefusal kRefusedBits[] = {
    // A new user namespace would be the one way back to capabilities. Without them the kernel itself
    // refuses all other namespaces, and mount, umount, pivot_root, chroot and setns.
    {SYS_clone, 0, CLONE_NEWUSER, EPERM},
    {SYS_unshare, 0, CLONE_NEWUSER, EPERM},
#ifdef SYS_chmod
    {SYS_chmod, 1, S_ISUID | S_ISGID, EPERM},
#endif
    {SYS_fchmod, 1, S_ISUID | S_ISGID, EPERM},
    {SYS_fchmodat, 2, S_ISUID | S_ISGID, EPERM},
    {kFchmodat2, 2, S_ISUID | S_ISGID, EPERM},
};

class Program {
 public:
  void Load(size_t offset) {
    Add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset), 0, 0);
  }
  // The low half of an argument; all compared arguments are 32 bits wide for the kernel, too.
  void LoadArgument(int index) {
    Load(offsetof(seccomp_data, args) + static_cast<size_t>(index) * sizeof(uint64_t));
  }
  // Skips the next `count` instructions unless the loaded value is `value`.
  void UnlessEqualSkip(uint32_t value, uint8_t count) {
    Add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count);
  }
  void IfEqualSkip(uint32_t value, uint8_t count) {
    Add(BPF_JMP | BPF_JEQ | BPF_K, value, count, 0);
  }
  void UnlessAtLeastSkip(uint32_t value, uint8_t count) {
    Add(BPF_JMP | BPF_JGE | BPF_K, value, 0, count);
  }
  void UnlessAnyBitSkip(uint32_t bits, uint8_t count) {
    Add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, count);
  }
  void Return(uint32_t verdict) { Add(BPF_RET | BPF_K, verdict, 0, 0); }
  void ReturnError(uint16_t error) { Return(SECCOMP_RET_ERRNO | error); }

  bool Install() {
    sock_fprog program = {count_, code_};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  }

 private:
  void Add(int code, uint32_t value, uint8_t if_true, uint8_t if_false) {
    code_[count_++] = {static_cast<uint16_t>(code), if_true, if_false, value};
  }

  // Each table row takes two or five instructions, the rest about thirty.
  sock_filter code_[2 * sizeof kRefused / sizeof kRefused[0] +
                    2 * sizeof kRefusedWithoutNamespaces / sizeof kRefusedWithoutNamespaces[0] +
                    5 * sizeof kRefusedBits / sizeof kRefusedBits[0] + 32];
  unsigned short count_ = 0;
};

void RefuseForeignCalls(Program& program) {
  program.Load(offsetof(seccomp_data, arch));
  program.IfEqualSkip(kArchitecture, 1);
  program.Return(SECCOMP_RET_KILL_PROCESS);
  program.Load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
  program.UnlessAtLeastSkip(kX32Bit, 1);
  program.Return(SECCOMP_RET_KILL_PROCESS);
#endif
}

// Only AF_UNIX: netlink, packet and the address families of rare modules are surface, not network.
void RefuseSockets(Program& program) {
  for (const uint32_t number : {SYS_socket, SYS_socketpair}) {
    program.UnlessEqualSkip(number, 4);
    program.LoadArgument(0);
    program.IfEqualSkip(AF_UNIX, 1);
    program.ReturnError(EACCES);
    program.Return(SECCOMP_RET_ALLOW);
  }
}

// Typing into a terminal that stdout may happen to be.
void RefuseTerminalInput(Program& program) {
  program.UnlessEqualSkip(SYS_ioctl, 5);
  program.LoadArgument(1);
  program.IfEqualSkip(TIOCSTI, 2);
  program.IfEqualSkip(TIOCLINUX, 1);
  program.Return(SECCOMP_RET_ALLOW);
  program.ReturnError(EPERM);
}

Program Build(SocketRule sockets) {
  Program program;
  RefuseForeignCalls(program);
  for (const Refusal& refusal : kRefused) {
    program.UnlessEqualSkip(refusal.number, 1);
    program.ReturnError(refusal.error);
  }
  for (const Refusal& refusal : kRefusedWithoutNamespaces) {
    if (sockets != SocketRule::kNone) break;
    program.UnlessEqualSkip(refusal.number, 1);
    program.ReturnError(refusal.error);
  }
  for (const BitsRefusal& refusal : kRefusedBits) {
    program.UnlessEqualSkip(refusal.number, 4);
    program.LoadArgument(refusal.argument);
    program.UnlessAnyBitSkip(refusal.bits, 1);
    program.ReturnError(refusal.error);
    program.Return(SECCOMP_RET_ALLOW);
  }
  RefuseSockets(program);
  RefuseTerminalInput(program);
  program.Return(SECCOMP_RET_ALLOW);
  return program;
}

}  // namespace

bool InstallSeccompFilter(SocketRule sockets, Failure* failure) {
  Program program = Build(sockets);
  return program.Install() || Fail(failure, "install the system call filter");
}

}  // namespace cow::sandbox
