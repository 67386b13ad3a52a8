// Patches: what applies, where, and what is refused.
#include "engine/loading/patch.h"

#include <string>

#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/loading/unified_diff.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::loading {
namespace {

using testing::HasSubstr;

class PatchTest : public testing::Test {
 protected:
  PatchTest() : directory_(*MakeTempDirectory("/tmp/cow-patch-test-")) {}
  ~PatchTest() override { (void)RemoveTree(directory_); }

  void Write(std::string_view path, std::string_view text, uint32_t mode = 0644) {
    std::string full = JoinPath(directory_, path);
    ASSERT_TRUE(MakeDirectories(std::string(PathDirname(full))).ok());
    ASSERT_TRUE(WriteFile(full, text, mode).ok());
  }
  std::string Read(std::string_view path) { return ReadFile(JoinPath(directory_, path)).value_or("(absent)"); }
  std::string Apply(std::string_view patch, int strip = 1) {
    return std::string(ApplyPatch(patch, "x.patch", strip, directory_).message());
  }

  std::string directory_;
};

TEST_F(PatchTest, ChangesAddsAndRemovesLines) {
  Write("a.txt", "one\ntwo\nthree\nfour\n");
  EXPECT_EQ(Apply("some words\n--- a/a.txt\t2020-01-01\n+++ b/a.txt\n@@ -1,4 +1,4 @@ context\n one\n-two\n+TWO\n three\n-four\n+4\n"), "");
  EXPECT_EQ(Read("a.txt"), "one\nTWO\nthree\n4\n");
}

TEST_F(PatchTest, FindsAHunkThatHasMoved) {
  Write("a.txt", "new\nnew\none\ntwo\nx\ny\nz\nlast\n");
  EXPECT_EQ(Apply("--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+TWO\n@@ -6,1 +6,2 @@\n last\n+end\n"), "");
  EXPECT_EQ(Read("a.txt"), "new\nnew\none\nTWO\nx\ny\nz\nlast\nend\n");
}

TEST_F(PatchTest, NamesTheLineThatDiffers) {
  Write("d/a.txt", "one\nzwei\nthree\n");
  EXPECT_EQ(Apply("--- a/d/a.txt\n+++ b/d/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n"),
            "applying patch x.patch: hunk 1 of 1 (line 3 of the patch) does not apply to 'd/a.txt': expected line 2 to be "
            "'two', found 'zwei'");
  EXPECT_EQ(Read("d/a.txt"), "one\nzwei\nthree\n");
}

TEST_F(PatchTest, CreatesAndDeletesFiles) {
  Write("old.txt", "gone\n");
  EXPECT_EQ(Apply("--- /dev/null\n+++ b/n/new.txt\n@@ -0,0 +1,2 @@\n+a\n+b\n--- a/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n"), "");
  EXPECT_EQ(Read("n/new.txt"), "a\nb\n");
  EXPECT_EQ(Read("old.txt"), "(absent)");
}

TEST_F(PatchTest, ReadsGitHeaders) {
  Write("from.txt", "same\nline\n");
  Write("run.sh", "x\n");
  EXPECT_EQ(Apply("diff --git a/from.txt b/to.txt\nsimilarity index 90%\nrename from from.txt\nrename to to.txt\n"
                  "--- a/from.txt\n+++ b/to.txt\n@@ -1,2 +1,2 @@\n same\n-line\n+row\n"
                  "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
                  "diff --git a/empty b/empty\nnew file mode 100644\nindex 0000000..e69de29\n"),
            "");
  EXPECT_EQ(Read("from.txt"), "(absent)");
  EXPECT_EQ(Read("to.txt"), "same\nrow\n");
  EXPECT_TRUE(StatFile(directory_ + "/run.sh")->executable());
  EXPECT_EQ(Read("empty"), "");
}

TEST_F(PatchTest, KeepsTheMissingLineEnding) {
  Write("a.txt", "one\ntwo");
  EXPECT_EQ(Apply("--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n\\ No newline at end of file\n+2\n\\ No newline at end of file\n"), "");
  EXPECT_EQ(Read("a.txt"), "one\n2");
}

TEST_F(PatchTest, RefusesPathsThatLeaveTheDirectory) {
  std::string body = "@@ -0,0 +1 @@\n+x\n";
  EXPECT_THAT(Apply("--- /dev/null\n+++ b/../out\n" + body), HasSubstr("refusing to patch 'b/../out'"));
  EXPECT_THAT(Apply("--- /dev/null\n+++ /etc/out\n" + body, 0), HasSubstr("refusing to patch '/etc/out'"));
  ASSERT_TRUE(MakeSymlink("/tmp", directory_ + "/link").ok());
  EXPECT_THAT(Apply("--- /dev/null\n+++ b/link/cow-out\n" + body), HasSubstr("'link' is a link"));
  EXPECT_THAT(Apply("--- /dev/null\n+++ name\n" + body, 1), HasSubstr("fewer than 1 leading components"));
}

TEST_F(PatchTest, SaysWhatIsWrongWithThePatch) {
  EXPECT_EQ(Apply("nothing\n"), "applying patch x.patch: it is no unified diff: it names no file");
  EXPECT_THAT(Apply("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n one\n"), HasSubstr("line 5: the hunk of line 3 is cut off"));
  EXPECT_THAT(Apply("--- a/x\n+++ b/x\n@@ nonsense @@\n"), HasSubstr("line 3: expected '@@ -start,count"));
  EXPECT_THAT(Apply("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"), HasSubstr("there is no file 'x' to patch"));
  EXPECT_THAT(Apply("diff --git a/x b/x\nGIT binary patch\n"), HasSubstr("line 2: binary patches are not supported"));
}

}  // namespace
}  // namespace cow::loading
