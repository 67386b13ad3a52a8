#include "engine/execution/sandbox_advice.h"

#include <cerrno>
#include <cstdio>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::execution {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

sandbox::Failure FailureOf(const char* step, int error, const char* detail = "") {
  sandbox::Failure failure = {};
  failure.error = error;
  snprintf(failure.step, sizeof failure.step, "%s", step);
  snprintf(failure.detail, sizeof failure.detail, "%s", detail);
  return failure;
}

std::string Message(const sandbox::Failure& failure, const SandboxHostFacts& facts) {
  const absl::Status status = SandboxSetupError(failure, facts);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  return std::string(status.message());
}

TEST(SandboxAdviceTest, NamesTheStepTheReasonAndThePath) {
  EXPECT_EQ(DescribeSandboxFailure(FailureOf("bind an input", ENOENT, "/.host/cache/x")),
            "could not bind an input: No such file or directory ('/cache/x')");
  EXPECT_EQ(DescribeSandboxFailure(FailureOf("set no_new_privs", EINVAL)),
            "could not set no_new_privs: Invalid argument");
}

TEST(SandboxAdviceTest, KnowsTheLimitOfNamespaces) {
  EXPECT_THAT(Message(FailureOf("create namespaces (user, ...)", ENOSPC), {}),
              HasSubstr("sysctl -w user.max_user_namespaces=10000"));
}

TEST(SandboxAdviceTest, KnowsSystemsThatForbidUserNamespaces) {
  EXPECT_THAT(Message(FailureOf("create namespaces (user, ...)", EPERM), {.userns_clone = "0"}),
              HasSubstr("sysctl -w kernel.unprivileged_userns_clone=1"));
}

// There, creating the namespaces works and the first use of a right fails.
TEST(SandboxAdviceTest, KnowsTheAppArmorOfUbuntu) {
  EXPECT_THAT(Message(FailureOf("make the mounts private", EACCES), {.apparmor_userns = "1"}),
              HasSubstr("kernel.apparmor_restrict_unprivileged_userns=0"));
}

TEST(SandboxAdviceTest, KnowsContainers) {
  EXPECT_THAT(Message(FailureOf("create namespaces (user, ...)", EPERM), {.in_container = true}),
              HasSubstr("--security-opt seccomp=unconfined"));
}

TEST(SandboxAdviceTest, GivesNoAdviceOnFailuresOfOtherKinds) {
  EXPECT_EQ(Message(FailureOf("copy an input", EIO, "a"), {.in_container = true}),
            "no sandbox: could not copy an input: Input/output error ('a')");
}

}  // namespace
}  // namespace cow::execution
