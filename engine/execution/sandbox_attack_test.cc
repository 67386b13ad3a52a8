// Actions that try to get out, to reach each other, or to spoil what others will use.

#include <sys/stat.h>

#include <csignal>
#include <stop_token>
#include <thread>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "engine/execution/sandbox_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::execution {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::StartsWith;

class SandboxAttackTest : public SandboxFixture {
 protected:
  static bool HasProc() { return client().tier() == "S3"; }
};

TEST_F(SandboxAttackTest, SeesNothingOfTheHost) {
  EXPECT_THAT(
      Attempt({"read /etc/shadow", "read /etc/hostname", "read " + directory() + "/input",
               "list /home", "list /sys", "list /.host", "list /.old", "list /usr",
               "read /build/../../../../etc/fstab", "list /run", "access " COW_BIN_DIR}),
      Each("ENOENT"));
  EXPECT_THAT(Attempt({"list /", "list /dev", "list /tmp", "list /dev/shm"}),
              ElementsAre("build dev etc proc tmp",
                          "fd full null random shm stderr stdin stdout urandom zero", "", ""));
}

TEST_F(SandboxAttackTest, SeesOnlyItsOwnMounts) {
  if (!HasProc()) GTEST_SKIP() << "tier without /proc";
  const std::string mounts = Run(Probe({"read /proc/self/mountinfo"})).out;
  for (const std::string_view line : absl::StrSplit(mounts, '\n', absl::SkipEmpty())) {
    const std::vector<std::string_view> fields = absl::StrSplit(line, ' ');
    ASSERT_GT(fields.size(), 4u);
    EXPECT_FALSE(absl::StartsWith(fields[4], "/.")) << line;
  }
}

TEST_F(SandboxAttackTest, CannotChangeItsInputs) {
  SandboxRequest request =
      Probe({"write in x", "unlink in", "rename in in2", "chmod in 666", "truncate in", "link in l",
             "write big x", "chmod big 666", "truncate big", "unlink big", "write probe x",
             "write new x", "mkdir d", "chmod . 777", "write /x x", "write /etc/passwd x",
             "chmod /dev/null 0", "unlink /dev/null"});
  request.inputs.push_back(File("in", "small"));
  request.inputs.push_back(File("big", std::string(200000, 'B')));
  const std::string source = request.inputs.back().source;
  // The kernel may look at the mode before it looks at the mount.
  EXPECT_THAT(Run(request).lines, Each(AnyOf("EROFS", "EACCES")));
  EXPECT_EQ(ReadFile(source).value(), std::string(200000, 'B'));
}

TEST_F(SandboxAttackTest, AWritableRootLeavesWhatIsMountedInItAlone) {
  SandboxRequest request = Probe({"write new x", "read new", "write big x", "chmod big 666", "truncate big", "unlink big"});
  request.writable_root = true;
  const SandboxInput big = File("big", std::string(kLargestCopiedFile + 1, 'b'));
  request.inputs.push_back(big);
  const Ran ran = Run(request);
  ASSERT_EQ(ran.lines.size(), 6u) << ran.out;
  EXPECT_EQ(ran.lines[0], "ok");
  EXPECT_EQ(ran.lines[1], "x");
  for (size_t i = 2; i < 6; ++i) EXPECT_NE(ran.lines[i], "ok") << i;
  EXPECT_EQ(ReadFile(big.source)->size(), static_cast<size_t>(kLargestCopiedFile) + 1);
}

TEST_F(SandboxAttackTest, CannotChangeInputsInsideAnOutputDirectory) {
  SandboxRequest request = Probe(
      {"write out/in x", "unlink out/in", "rename out/in out/in2", "chmod out/in 666",
       "write out/sub/in x", "unlink out/sub/in", "rmdir out/sub", "rename out/sub out/sub2",
       "write out/sub/new x", "unlink out/big", "write out/big x", "rename out/new out/in"});
  request.inputs.push_back(File("out/in", "small"));
  request.inputs.push_back(File("out/sub/in", "small"));
  request.inputs.push_back(File("out/big", std::string(200000, 'C')));
  request.writable = {Writable("out")};
  EXPECT_THAT(Run(request).lines,
              ElementsAre("EROFS", "EBUSY", "EBUSY", "EROFS", "EROFS", "EROFS", "EBUSY", "EBUSY",
                          "EROFS", "EBUSY", "EROFS", "ENOENT"));
  request.argv = Probe({"write out/new x", "rename out/new out/in", "read out/in", "read out/sub/in",
                        "list out", "read out/new"})
                     .argv;
  request.writable = {Writable("out")};
  EXPECT_THAT(Run(request).lines,
              ElementsAre("ok", "EBUSY", "small", "small", "big in new sub", "x"));
}

TEST_F(SandboxAttackTest, ProtectsInputsBelowNestedOutputDirectories) {
  SandboxRequest request = Probe({"write a/x 1", "write a/b/c/y 2", "write a/b/z 3",
                                  "write a/b/c/in 4", "unlink a/b/c/in", "read a/b/c/in",
                                  "write a/in 5", "read a/in", "read a/b/in"});
  request.inputs.push_back(File("a/in", "outer"));
  request.inputs.push_back(File("a/b/in", "middle"));
  request.inputs.push_back(File("a/b/c/in", "inner"));
  request.writable = {Writable("a"), Writable("a/b/c")};
  EXPECT_THAT(Run(request).lines, ElementsAre("ok", "ok", "EROFS", "EROFS", "EBUSY", "inner",
                                              "EROFS", "outer", "middle"));
}

TEST_F(SandboxAttackTest, HasNoSocketsButUnixOnes) {
  EXPECT_THAT(Attempt({"socket unix"}), ElementsAre("ok"));
  EXPECT_THAT(Attempt({"socket inet", "socket inet6", "socket netlink", "socket packet",
                       "socket vsock", "socket alg"}),
              Each("EACCES"));
}

// Two actions at the same time: one makes a meeting point and waits, the other looks for it.
class SandboxMeetingTest : public SandboxAttackTest {
 protected:
  static std::vector<std::string> TryToMeet(const std::string& make, const std::string& find) {
    SandboxRequest first = Probe({make, "write out/ready x", "sleep 60000"});
    const SandboxWritable place = Writable("out");
    first.writable = {place};
    std::stop_source stop;
    std::vector<std::string> lines;
    std::thread thread([&] { lines = Run(first, stop.get_token()).lines; });
    while (!FileExists(place.source + "/ready")) absl::SleepFor(absl::Milliseconds(1));
    const std::vector<std::string> found = Attempt({find});
    stop.request_stop();
    thread.join();
    return {lines[0], found[0]};
  }
};

TEST_F(SandboxMeetingTest, AbstractSocketsAreNotShared) {
  EXPECT_THAT(TryToMeet("abstract-listen meadow", "abstract-connect meadow"),
              ElementsAre("ok", "ECONNREFUSED"));
}

TEST_F(SandboxMeetingTest, SystemVMemoryIsNotShared) {
  EXPECT_THAT(TryToMeet("shared-memory 4711", "shared-memory 4711"),
              ElementsAre("made after ENOENT", "made after ENOENT"));
}

TEST_F(SandboxMeetingTest, TemporaryFilesAreNotShared) {
  EXPECT_THAT(TryToMeet("write /dev/shm/x y", "list /dev/shm"), ElementsAre("ok", ""));
  EXPECT_THAT(TryToMeet("write /tmp/x y", "list /tmp"), ElementsAre("ok", ""));
}

TEST_F(SandboxMeetingTest, ProcessesAreNotVisible) {
  if (!HasProc()) GTEST_SKIP() << "tier without /proc";
  const std::vector<std::string> lines = TryToMeet("whoami", "list /proc");
  int processes = 0;
  for (const std::string_view name : absl::StrSplit(lines[1], ' ')) processes += isdigit(name[0]) != 0;
  EXPECT_EQ(processes, 2);  // pid 1 and the probe
}

TEST_F(SandboxAttackTest, HasOnlyTheThreeStandardDescriptors) {
  if (!HasProc()) GTEST_SKIP() << "tier without /proc";
  // 3 is the directory being listed.
  // Files of a protected process belong to the host's root, who may be the user that runs the tests.
  EXPECT_THAT(Attempt({"list /proc/self/fd", "list /proc/1/fd"}),
              ElementsAre("0 1 2 3", AnyOf("EACCES", "0 1 2")));
}

TEST_F(SandboxAttackTest, CannotReachItsInitProcess) {
  EXPECT_THAT(Attempt({"privileged ptrace-init"}), ElementsAre("EPERM"));
  EXPECT_THAT(Attempt({"kill 1 9", "kill 1 15", "sleep 50"}), ElementsAre("ok", "ok", "ok"));
  if (!HasProc()) return;
  EXPECT_THAT(Attempt({"list /proc/1/root", "read /proc/1/environ", "read /proc/1/maps"}),
              Each("EACCES"));
}

// These files belong to the host's root, who may be the user that runs the tests.
TEST_F(SandboxAttackTest, CannotChangeTheKernelThroughProc) {
  if (!HasProc()) GTEST_SKIP() << "tier without /proc";
  EXPECT_THAT(Attempt({"write /proc/sys/kernel/core_pattern x", "write /proc/sysrq-trigger h",
                       "write /proc/self/oom_score_adj 0", "write /proc/sys/vm/drop_caches 1"}),
              Each(AnyOf("EROFS", "EACCES", "ENOENT")));
}

TEST_F(SandboxAttackTest, CannotGainOrUsePrivileges) {
  EXPECT_THAT(
      Attempt({"privileged unshare", "privileged clone-user", "privileged mount",
               "privileged umount", "privileged chroot", "privileged io_uring", "privileged bpf",
               "privileged keyctl", "privileged userfaultfd", "privileged perf",
               "privileged mknod", "privileged sethostname", "privileged tiocsti"}),
      Each("EPERM"));
  EXPECT_THAT(Attempt({"privileged clone3", "privileged clone-plain", "privileged xattr"}),
              ElementsAre("ENOSYS", "ok", "EOPNOTSUPP"));
}

#if defined(__x86_64__)
TEST_F(SandboxAttackTest, DiesOnACallOfAForeignAbi) {
  EXPECT_EQ(Run(Probe({"privileged x32"})).result.signal, SIGSYS);
}
#endif

TEST_F(SandboxAttackTest, CannotMakeFilesThatActForOthers) {
  SandboxRequest request =
      Probe({"write out/x y", "chmod out/x 4755", "chmod out/x 2755", "chmod out/x 755"});
  request.writable = {Writable("out")};
  EXPECT_THAT(Run(request).lines, ElementsAre("ok", "EPERM", "EPERM", "ok"));
}

TEST_F(SandboxAttackTest, LeavesNoProcessBehind) {
  SandboxRequest request = Probe({"daemonize out/beat"});
  request.writable = {Writable("out")};
  const std::string beat = request.writable[0].source + "/beat";
  EXPECT_THAT(Run(request).lines, ElementsAre("ok"));
  const int64_t size = LstatFile(beat)->size;
  absl::SleepFor(absl::Milliseconds(60));
  EXPECT_GT(size, 0);
  EXPECT_EQ(LstatFile(beat)->size, size) << "the result came before the last process was dead";
}

TEST_F(SandboxAttackTest, EndsAForkBombThatIgnoresSigterm) {
  SandboxRequest request = Probe({"ignore-sigterm", "fork-bomb 500", "sleep 60000"});
  request.timeout = absl::Milliseconds(500);
  request.grace = absl::Milliseconds(100);
  const SandboxResult result = Run(request).result;
  EXPECT_EQ(result.outcome, SandboxResult::Outcome::kTimedOut);
  EXPECT_LT(result.wall, absl::Seconds(20));
  EXPECT_THAT(Attempt({"whoami"}), ElementsAre(StartsWith("1000:1000")));
}

TEST_F(SandboxAttackTest, CannotLeaveTracesForTheNextAction) {
  EXPECT_THAT(Attempt({"write /tmp/x y", "abstract-listen hay", "shared-memory 99"}),
              ElementsAre("ok", "ok", "made after ENOENT"));
  EXPECT_THAT(Attempt({"read /tmp/x", "abstract-connect hay", "shared-memory 99"}),
              ElementsAre("ENOENT", "ECONNREFUSED", "made after ENOENT"));
}

}  // namespace
}  // namespace cow::execution
