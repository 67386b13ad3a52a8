// The attacker program in every tier that this machine and user have: what a tier is said to stop, it stops.

#include <csignal>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "engine/execution/sandbox_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::execution {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// "EACCES", not what was found and not "ok".
bool IsErrorName(std::string_view answer) {
  if (answer.size() < 4 || answer[0] != 'E') return false;
  for (const char letter : answer) {
    if (!absl::ascii_isupper(static_cast<unsigned char>(letter)) && !absl::ascii_isdigit(static_cast<unsigned char>(letter))) return false;
  }
  return true;
}

class SandboxTierTest : public SandboxFixture, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    const std::string tier = GetParam();
    if (tier == "S2" && geteuid() != 0) GTEST_SKIP() << "S2 is for root only";
    SandboxClient::Options options = Options();
    options.tiers = {tier};
    absl::StatusOr<std::unique_ptr<SandboxClient>> started = SandboxClient::Start(options);
    if (!started.ok() && tier != "S3") GTEST_SKIP() << started.status();
    ASSERT_TRUE(started.ok()) << started.status();
    tiered_ = *std::move(started);
    EXPECT_EQ(tiered_->tier().substr(0, 2), tier);
    ASSERT_TRUE(WriteFile(Secret(), "secret").ok());
  }

  static std::string Secret() { return directory() + "/secret"; }

  Ran RunInTier(const SandboxRequest& request) { return RunIn(*tiered_, request); }

  std::unique_ptr<SandboxClient> tiered_;
};

TEST_P(SandboxTierTest, EveryEscapeFails) {
  const std::string secret = Secret();
  const std::vector<std::string> attempts = {
      // Reading what was not declared.
      "read " + secret, "list " + directory(), "read /etc/shadow", "read /etc/hostname", "read /etc/machine-id",
      "read ../../../../../../../../etc/shadow", "list /home", "list /root", "list /run", "list /var", "list /sys", "list /mnt",
      "list /.host", "list /.old", "read /proc/1/environ", "read /proc/kcore", "read /dev/mem", "read /dev/sda", "list /boot",
      // Changing inputs and the execution root.
      "write in x", "append in x", "unlink in", "rename in in2", "truncate in", "link in l", "write new x", "mkdir d",
      "symlink /etc l", "rename out out2",
      // Changing the machine.
      "write " + secret + " x", "append " + secret + " x", "truncate " + secret, "unlink " + secret,
      "rename " + secret + " " + secret + "2", "mkdir " + directory() + "/d", "link " + secret + " out/hard", "write out/soft x",
      "write /etc/passwd x", "unlink /etc/passwd", "write /x x", "mkdir /x", "write /usr/x x", "write /var/tmp/x x",
      "rename out/mine " + directory() + "/stolen",
      // Network and services of the machine.
      "socket inet", "socket inet6", "socket netlink", "socket packet", "socket vsock", "socket alg",
      // Privileges.
      "privileged unshare", "privileged clone-user", "privileged clone3", "privileged mount", "privileged umount",
      "privileged chroot", "privileged io_uring", "privileged bpf", "privileged keyctl", "privileged userfaultfd",
      "privileged perf", "privileged mknod", "privileged sethostname", "privileged tiocsti", "privileged ptrace-init",
      "privileged xattr", "setuid 1", "mknod out/node", "chmod out/mine 4755", "chmod out/mine 2755"};
  ASSERT_GE(attempts.size(), 40u);
  std::vector<std::string> all = {"write out/mine x", "symlink " + secret + " out/soft"};
  all.insert(all.end(), attempts.begin(), attempts.end());
  SandboxRequest request = Probe(all);
  request.inputs.push_back(File("in", "input"));
  request.writable = {Writable("out")};
  const Ran ran = RunInTier(request);
  ASSERT_EQ(ran.lines.size(), all.size()) << ran.out;
  EXPECT_EQ(ran.lines[0], "ok");
  EXPECT_EQ(ran.lines[1], "ok");
  for (size_t i = 2; i < all.size(); ++i) EXPECT_TRUE(IsErrorName(ran.lines[i])) << all[i] << " gave " << ran.lines[i];
  EXPECT_EQ(*ReadFile(secret), "secret");
  EXPECT_EQ(*ReadFile(request.inputs.back().source), "input");
  EXPECT_EQ(*ReadFile(request.writable[0].source + "/mine"), "x");
}

TEST_P(SandboxTierTest, ReadsItsInputsAndWritesItsOutputs) {
  SandboxRequest request = Probe({"read a/in", "read big", "write out/x made", "mkdir out/d", "write out/d/y deep", "chmod out/x 755"});
  request.inputs.push_back(File("a/in", "small"));
  request.inputs.push_back(File("big", std::string(kLargestCopiedFile + 1, 'b')));
  request.writable = {Writable("out")};
  const Ran ran = RunInTier(request);
  EXPECT_THAT(ran.lines, ElementsAre("small", std::string(kLargestCopiedFile + 1, 'b'), "ok", "ok", "ok", "ok"));
  const std::string place = request.writable[0].source;
  EXPECT_EQ(*ReadFile(place + "/x"), "made");
  EXPECT_EQ(*ReadFile(place + "/d/y"), "deep");
  EXPECT_EQ(ran.result.tier, tiered_->tier());
}

TEST_P(SandboxTierTest, CannotKillWhatStartedIt) {
  if (std::string(GetParam()) == "S3") GTEST_SKIP() << "the parent is pid 1 of its namespace, which ignores it";
  EXPECT_THAT(RunInTier(Probe({"kill-parent 9", "kill-parent 10", "kill-parent 0"})).lines, ElementsAre("EPERM", "EPERM", "EPERM"));
}

TEST_P(SandboxTierTest, LeavesNoProcessBehind) {
  SandboxRequest request = Probe({"daemonize out/beat", "fork-bomb 30"});
  request.writable = {Writable("out")};
  EXPECT_THAT(RunInTier(request).lines, ElementsAre("ok", "ok"));
  const std::string beat = request.writable[0].source + "/beat";
  const int64_t size = LstatFile(beat)->size;
  absl::SleepFor(absl::Milliseconds(60));
  EXPECT_GT(size, 0);
  EXPECT_EQ(LstatFile(beat)->size, size);
}

TEST_P(SandboxTierTest, EndsAtItsDeadlineWithAllItStarted) {
  SandboxRequest request = Probe({"ignore-sigterm", "fork-bomb 20", "daemonize out/beat", "sleep 60000"});
  request.writable = {Writable("out")};
  request.timeout = absl::Milliseconds(400);
  request.grace = absl::Milliseconds(100);
  const SandboxResult result = RunInTier(request).result;
  EXPECT_EQ(result.outcome, SandboxResult::Outcome::kTimedOut);
  EXPECT_LT(result.wall, absl::Seconds(20));
}

// What moves the outputs must not be led elsewhere by what the action leaves.
TEST_P(SandboxTierTest, ALinkInPlaceOfAnOutputDirectoryLeadsNowhere) {
  const std::string victim = directory() + "/victim";
  ASSERT_TRUE(MakeDirectories(victim).ok());
  ASSERT_TRUE(WriteFile(victim + "/precious", "here").ok());
  SandboxRequest request = Probe({"rename a/b a/c", "symlink " + victim + " a/b"});
  request.writable = {Writable("a"), Writable("a/b")};
  RunInTier(request);
  EXPECT_EQ(*ReadFile(victim + "/precious"), "here");
  EXPECT_FALSE(FileExists(request.writable[1].source + "/precious"));
  EXPECT_TRUE(RemoveTree(victim).ok());
}

TEST_P(SandboxTierTest, NothingPassesFromOneActionToTheNext) {
  SandboxRequest request = Probe({"write out/x 1"});
  request.writable = {Writable("out")};
  RunInTier(request);
  request = Probe({"read out/x", "list out"});
  request.writable = {Writable("out")};
  EXPECT_THAT(RunInTier(request).lines, ElementsAre("ENOENT", ""));
}

INSTANTIATE_TEST_SUITE_P(Tiers, SandboxTierTest, ::testing::Values("S3", "S2", "S1"),
                         [](const auto& tier) { return std::string(tier.param); });

using SandboxChoiceTest = SandboxFixture;

TEST_F(SandboxChoiceTest, WithoutASandboxActionsSeeTheMachine) {
  SandboxClient::Options options = Options();
  options.tiers = {"S0"};
  const auto none = SandboxClient::Start(options);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ((*none)->tier(), "S0");
  ASSERT_TRUE(WriteFile(directory() + "/open", "seen").ok());
  EXPECT_THAT(RunIn(**none, Probe({"read " + directory() + "/open"})).lines, ElementsAre("seen"));
}

TEST_F(SandboxChoiceTest, TakesTheFirstTierThatWorksAndSaysWhyNotABetterOne) {
  SandboxClient::Options options = Options();
  options.helper_program = directory() + "/refused";
  ASSERT_TRUE(WriteFile(options.helper_program,
                        "#!/bin/sh\nexec " COW_BIN_DIR "/../tests/deny_namespaces ENOSPC " COW_BIN_DIR "/cow-sandbox \"$@\"\n", 0755)
                  .ok());
  EXPECT_THAT(std::string(SandboxClient::Start(options).status().message()), HasSubstr("sysctl -w user.max_user_namespaces"));
  options.tiers = {"S3", "S1"};
  const auto client = SandboxClient::Start(options);
  if (!client.ok()) GTEST_SKIP() << client.status();
  EXPECT_EQ((*client)->tier(), "S1");
  EXPECT_THAT(std::string((*client)->passed_over().message()), HasSubstr("create namespaces"));
}

}  // namespace
}  // namespace cow::execution
