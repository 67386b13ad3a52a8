// What stays staged from one action to the next must not be noticed: every action sees what it would see alone.
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/execution/sandbox_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::execution {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SandboxTreeTest : public SandboxFixture {
 protected:
  // A directory may be a file in the next set: names of both come from one list.
  static std::vector<std::string> SomePaths(std::mt19937& random) {
    static const char* const kNames[] = {"a", "a.h", "b", "a-b", "c", "z"};
    std::vector<std::string> paths;
    const auto taken = [&](const std::string& path) {
      for (const std::string& other : paths) {
        if (path == other || path.starts_with(other + "/") || other.starts_with(path + "/")) return true;
      }
      return false;
    };
    for (size_t i = random() % 14; i > 0; --i) {
      std::string path = kNames[random() % 6];
      for (size_t depth = random() % 3; depth > 0; --depth) absl::StrAppend(&path, "/", kNames[random() % 6]);
      if (!taken(path)) paths.push_back(path);
    }
    return paths;
  }

  static SandboxInput SomeInput(const std::string& path, std::mt19937& random) {
    switch (random() % 8) {
      case 0:
        return {.kind = SandboxInput::Kind::kSymlink, .path = path, .source = random() % 2 == 0 ? "here" : "there"};
      case 1:
        return {.kind = SandboxInput::Kind::kDirectory, .path = path};
      case 2:
        return File(path, std::string(300000, random() % 2 == 0 ? 'x' : 'y'));
      case 3: {
        SandboxInput input = File(path, "executable");
        input.executable = true;
        return input;
      }
      case 4:
        return {.kind = SandboxInput::Kind::kTree, .path = path, .source = SomeTree()};
      default:
        return File(path, random() % 4 == 0 ? "other" : "usual");
    }
  }

  static std::string SomeTree() {
    const std::string tree = directory() + "/tree";
    if (!FileExists(tree + "/leaf")) {
      EXPECT_TRUE(MakeDirectories(tree).ok());
      EXPECT_TRUE(WriteFile(tree + "/leaf", "leaf", 0444).ok());
    }
    return tree;
  }

  static SandboxRequest SomeRequest(std::mt19937& random) {
    SandboxRequest request = Probe({"walk ."});
    for (const std::string& path : SomePaths(random)) request.inputs.push_back(SomeInput(path, random));
    if (random() % 2 == 0) request.writable.push_back(Writable("out"));
    if (random() % 3 == 0) request.writable.push_back(Writable("out/deep/er"));
    if (random() % 3 == 0) request.writable.push_back(Writable("probe-out/a"));
    request.report_reads = random() % 2 == 0;
    return request;
  }

  // What it sees where no action was before.
  static std::string Alone(SandboxRequest request) {
    for (SandboxWritable& place : request.writable) place = Writable(place.path);
    absl::StatusOr<std::unique_ptr<SandboxClient>> fresh = SandboxClient::Start(Options());
    EXPECT_TRUE(fresh.ok()) << fresh.status();
    return fresh.ok() ? RunIn(**fresh, std::move(request)).out : "";
  }
};

TEST_F(SandboxTreeTest, EveryActionSeesWhatItWouldSeeAlone) {
  for (unsigned seed = 0; seed < 150; ++seed) {
    std::mt19937 random(seed);
    const SandboxRequest request = SomeRequest(random);
    const Ran ran = Run(request);
    ASSERT_THAT(ran.out, HasSubstr("./probe")) << "seed " << seed;
    ASSERT_EQ(ran.out, Alone(request)) << "seed " << seed;
  }
}

TEST_F(SandboxTreeTest, ReportsReadsOfThisActionOnly) {
  for (const char* opened : {"b/one", "b/two", "a", "c/d/x"}) {
    SandboxRequest request = Probe({absl::StrCat("read ", opened)});
    const size_t first = request.inputs.size();
    const std::vector<std::string> paths = {"a", "b/one", "b/two", "c/d/x", std::string("e/only-with-") + opened[0]};
    for (const std::string& path : paths) request.inputs.push_back(File(path, path));
    request.report_reads = true;
    const std::vector<bool> read = Run(request).result.read;
    ASSERT_EQ(read.size(), request.inputs.size());
    for (size_t i = 0; i < paths.size(); ++i) EXPECT_EQ(read[first + i], paths[i] == opened) << opened << " " << paths[i];
  }
}

TEST_F(SandboxTreeTest, ReportsReadsOfInputsInAnOutputDirectory) {
  SandboxRequest request = Probe({"read out/one", "write out/made text"});
  const size_t first = request.inputs.size();
  request.inputs.push_back(File("out/one", "1"));
  request.inputs.push_back(File("out/two", "2"));
  request.writable.push_back(Writable("out"));
  request.report_reads = true;
  const std::vector<bool> read = Run(request).result.read;
  ASSERT_EQ(read.size(), request.inputs.size());
  EXPECT_TRUE(read[first]);
  EXPECT_FALSE(read[first + 1]);
}

TEST_F(SandboxTreeTest, AnActionCannotChangeWhatTheNextOneSees) {
  SandboxRequest attack = Probe({"write in/file poison", "append in/file poison", "truncate in/file", "chmod in/file 777",
                                 "chmod in 777", "unlink in/file", "rename in/file in/other", "link in/file in/other",
                                 "mkdir in/new", "symlink x in/new", "rmdir in", "write /proc/self/cwd/in/file poison"});
  attack.inputs.push_back(File("in/file", "sound"));
  for (const std::string& line : Run(attack).lines) EXPECT_THAT(line, AnyOf("EROFS", "EACCES"));
  SandboxRequest next = Probe({"walk in"});
  next.inputs.push_back(File("in/file", "sound"));
  EXPECT_EQ(Run(next).out, Alone(next));
}

TEST_F(SandboxTreeTest, CopiesAgainWhatMayHaveBeenDamaged) {
  SandboxRequest request = Probe({"read file"});
  request.inputs.push_back(File("file", "first"));
  EXPECT_THAT(Run(request).lines, ElementsAre("first"));
  const std::string& source = request.inputs.back().source;
  ASSERT_TRUE(RemoveFile(source).ok());
  ASSERT_TRUE(WriteFile(source, "healed", 0444).ok());
  request.source_generation = 1;
  EXPECT_THAT(Run(request).lines, ElementsAre("healed"));
  ASSERT_TRUE(RemoveFile(source).ok());
}

TEST_F(SandboxTreeTest, AFailedActionLeavesNothingHalfStaged) {
  SandboxRequest broken = Probe({"walk ."});
  for (const char* path : {"a/one", "a/two", "b"}) broken.inputs.push_back(File(path, path));
  broken.inputs.push_back({.path = "c", .source = directory() + "/nothing", .digest = Digest::Of("nothing")});
  EXPECT_FALSE(Refusal(broken).ok());
  broken.inputs.pop_back();
  EXPECT_EQ(Run(broken).out, Alone(broken));
}

TEST_F(SandboxTreeTest, ActionsAtTheSameTimeHaveTreesOfTheirOwn) {
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < 6; ++thread) {
    threads.emplace_back([thread] {
      for (unsigned i = 0; i < 25; ++i) {
        const std::string mine = absl::StrCat("file-", thread, "-", i);
        SandboxRequest request = Probe({"sleep 2", "list in"});
        request.inputs.push_back(File("in/" + mine, mine));
        EXPECT_THAT(Run(request).lines, ElementsAre("ok", mine));
      }
    });
  }
  for (std::thread& each : threads) each.join();
}

}  // namespace
}  // namespace cow::execution
