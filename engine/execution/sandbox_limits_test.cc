// Actions that want more than they may have.

#include <sys/stat.h>

#include "absl/strings/match.h"
#include "engine/execution/sandbox_cgroup.h"
#include "engine/execution/sandbox_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::execution {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SandboxLimitsTest : public SandboxFixture {
 protected:
  static bool HasMemoryGroups() { return SandboxCgroups::OfThisMachine().LimitsMemory(); }
  static bool HasProcessGroups() { return SandboxCgroups::OfThisMachine().LimitsProcesses(); }
};

TEST_F(SandboxLimitsTest, MemoryOfAllProcessesTogether) {
  if (!HasMemoryGroups()) GTEST_SKIP() << "no control group for memory can be made here";
  SandboxRequest request = Probe({"eat-in-child 20", "eat-in-child 20"});
  request.limits.memory_bytes = 64 << 20;
  Ran ran = Run(request);
  EXPECT_EQ(ran.result.limit, SandboxLimit::kNone);
  EXPECT_THAT(ran.lines, ElementsAre("0", "0"));
  request.argv = Probe({"eat 200"}).argv;
  ran = Run(request);
  EXPECT_EQ(ran.result.limit, SandboxLimit::kMemory);
  EXPECT_EQ(ran.result.signal, SIGKILL);
}

TEST_F(SandboxLimitsTest, ACommandThatOutlivesItsKilledChildHasFailed) {
  if (!HasMemoryGroups()) GTEST_SKIP() << "no control group for memory can be made here";
  SandboxRequest request = Probe({"eat-in-child 200"});
  request.limits.memory_bytes = 64 << 20;
  const SandboxResult result = Run(request).result;
  EXPECT_EQ(result.limit, SandboxLimit::kMemory);
  EXPECT_EQ(result.exit_code, -1);
}

TEST_F(SandboxLimitsTest, Processes) {
  if (!HasProcessGroups()) GTEST_SKIP() << "no control group for processes can be made here";
  SandboxRequest request = Probe({"fork-bomb 5"});
  request.limits.processes = 10;
  Ran ran = Run(request);
  EXPECT_EQ(ran.result.limit, SandboxLimit::kNone);
  EXPECT_THAT(ran.lines, ElementsAre("ok"));
  request.argv = Probe({"fork-bomb 50"}).argv;
  ran = Run(request);
  EXPECT_EQ(ran.result.limit, SandboxLimit::kProcesses);
  EXPECT_THAT(ran.lines, ElementsAre("EAGAIN"));
}

TEST_F(SandboxLimitsTest, SizeOfAFile) {
  SandboxRequest request = Probe({"write out/x " + std::string(1000, 'x'), "write out/y " + std::string(70000, 'y')});
  request.writable = {Writable("out")};
  request.limits.file_bytes = 64 << 10;
  const SandboxResult result = Run(request).result;
  // What fits is written; the next write would be too much.
  EXPECT_EQ(LstatFile(request.writable[0].source + "/y")->size, 64 << 10);
  EXPECT_TRUE(result.limit == SandboxLimit::kFileSize || result.exit_code == 0);
  request.argv = Probe({"write out/z " + std::string(65536, 'z'), "append out/z more"}).argv;
  request.writable = {Writable("out")};
  EXPECT_EQ(Run(request).result.limit, SandboxLimit::kFileSize);
}

TEST_F(SandboxLimitsTest, WhatIsPrintedBeyondTakesNoRoom) {
  const UniqueFd output(open(directory().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  SandboxRequest request = Probe({"print 3000000", "sleep 700"});
  request.stdout_fd = request.stderr_fd = output.get();
  request.limits.output_bytes = 64 << 10;
  const absl::StatusOr<SandboxResult> result = client().Run(request);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->limit, SandboxLimit::kOutput);
  EXPECT_EQ(result->exit_code, 0);
  struct stat info;
  ASSERT_EQ(fstat(output.get(), &info), 0);
  EXPECT_GE(info.st_size, 3000000);
  EXPECT_LE(info.st_blocks * 512, 1 << 20);
}

TEST_F(SandboxLimitsTest, AreNamedWithTheirFlags) {
  const SandboxLimits limits{.memory_bytes = 64 << 20, .processes = 7, .file_bytes = 4096, .output_bytes = 5};
  EXPECT_THAT(DescribeLimit(SandboxLimit::kMemory, limits), HasSubstr("64 MiB (--sandbox_memory_limit)"));
  EXPECT_THAT(DescribeLimit(SandboxLimit::kProcesses, limits), HasSubstr("7 (--sandbox_process_limit)"));
  EXPECT_THAT(DescribeLimit(SandboxLimit::kFileSize, limits), HasSubstr("4 KiB into one file"));
  EXPECT_THAT(DescribeLimit(SandboxLimit::kOutput, limits), HasSubstr("5 bytes on stdout or stderr"));
}

// Control groups of version 2, as far as plain files can play them.
TEST(SandboxCgroupTest, WritesTheFilesOfVersion2) {
  const absl::StatusOr<std::string> parent = MakeTempDirectory("/tmp/cow-cgroup-test-");
  ASSERT_TRUE(parent.ok());
  const SandboxCgroups groups({{.directory = *parent, .memory = true, .processes = true, .version2 = true}});
  // A plain directory has no files that the kernel would have put there.
  EXPECT_THAT(std::string(groups.Make({.memory_bytes = 1 << 20}).status().message()), HasSubstr("memory.max"));
  EXPECT_EQ(*groups.Make({}), nullptr);
  EXPECT_TRUE(RemoveTree(*parent).ok());
}

}  // namespace
}  // namespace cow::execution
