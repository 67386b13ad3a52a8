#include "engine/execution/failure_hints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/posix_file.h"

namespace cow::execution {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FailureHintsTest : public testing::Test {
 protected:
  void SetUp() override {
    scene_ = {.owner = *Label::Parse("//pkg:lib", {}),
              .workspace_root = *MakeTempDirectory(testing::TempDir() + "cow-hints-"),
              .is_input = [](const std::string& path) { return path == "pkg/a.cc"; },
              .made_by = [](const std::string& path) { return path == "cow-out/cfg/bin/gen.h" ? "//gen:gen" : ""; }};
    for (const char* path : {"pkg/a.cc", "pkg/x.txt", "pkg/sub/b.h", "shared/s.h"}) {
      std::string full = scene_.workspace_root + "/" + path;
      ASSERT_TRUE(MakeDirectories(full.substr(0, full.rfind('/'))).ok());
      ASSERT_TRUE(WriteFile(full, "").ok());
    }
  }
  void TearDown() override { RemoveTree(scene_.workspace_root).IgnoreError(); }

  FailureScene scene_;
};

TEST_F(FailureHintsTest, NamesFilesThatExistButAreNotInputs) {
  EXPECT_THAT(HintsFor("cat: pkg/x.txt: No such file or directory", scene_),
              ElementsAre("'pkg/x.txt' exists in the workspace but is not an input of //pkg:lib; add it to its srcs, "
                          "deps, data or tools"));
  EXPECT_THAT(HintsFor("FileNotFoundError: [Errno 2] No such file or directory: '/build/pkg/x.txt'", scene_),
              ElementsAre(testing::StartsWith("'pkg/x.txt' exists")));
  EXPECT_THAT(HintsFor("pkg/sub/a.cc:1:10: fatal error: b.h: No such file or directory", scene_),
              ElementsAre(testing::StartsWith("'pkg/sub/b.h' exists")));
  EXPECT_THAT(HintsFor("pkg/a.cc:1:10: fatal error: 'shared/s.h' file not found", scene_),
              ElementsAre(testing::StartsWith("'shared/s.h' exists")));
}

TEST_F(FailureHintsTest, NamesTheMakerOfAGeneratedFile) {
  EXPECT_THAT(HintsFor("cow-out/cfg/bin/gen.h: No such file or directory", scene_),
              ElementsAre("'cow-out/cfg/bin/gen.h' is made by //gen:gen but is not an input of //pkg:lib; add it to its "
                          "srcs, deps, data or tools"));
}

TEST_F(FailureHintsTest, SaysNothingAboutWhatNobodyHas) {
  EXPECT_THAT(HintsFor("sh: 1: foo: not found\npkg/none.txt: No such file or directory\nerror: expected ';'", scene_),
              IsEmpty());
  EXPECT_THAT(HintsFor("pkg/a.cc: No such file or directory", scene_), IsEmpty()) << "it is an input";
  EXPECT_THAT(HintsFor("/etc/passwd: No such file or directory", scene_), IsEmpty());
}

TEST_F(FailureHintsTest, ExplainsWritesOutsideTheOutputs) {
  EXPECT_THAT(HintsFor("touch: cannot touch 'pkg/log.txt': Read-only file system", scene_),
              ElementsAre("'pkg/log.txt' cannot be written: an action writes only its declared outputs; declare it in the "
                          "outs of //pkg:lib or write it to $TMPDIR"));
  EXPECT_THAT(HintsFor("sh: 1: cannot create pkg/a.cc: Permission denied", scene_),
              ElementsAre("'pkg/a.cc' is an input: an action cannot change its inputs"));
}

TEST_F(FailureHintsTest, ExplainsTheMissingNetworkOnce) {
  const char* output =
      "curl: (6) Could not resolve host: example.org\n"
      "connect: Network is unreachable\n"
      "socket: Permission denied\n"
      "Temporary failure in name resolution";
  EXPECT_THAT(HintsFor(output, scene_), ElementsAre("actions have no network; a file from outside is declared with its "
                                                    "sha256 in a repository (WORKSPACE.cow)"));
}

}  // namespace
}  // namespace cow::execution
