#include "engine/starlark/script.h"

#include "engine/base/posix_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::starlark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ScriptTest : public testing::Test {
 protected:
  void SetUp() override {
    auto folder = MakeTempDirectory(testing::TempDir() + "/script");
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_ = *folder;
  }
  void TearDown() override { EXPECT_TRUE(RemoveTree(folder_).ok()); }

  void Write(const std::string& name, std::string_view text) {
    ASSERT_TRUE(WriteFile(folder_ + "/" + name, text).ok());
  }
  // The message, or "ok".
  std::string Run(const std::string& name) {
    ScriptOptions options;
    options.print = [this](std::string_view line) { printed_.emplace_back(line); };
    absl::Status status = RunScript(folder_ + "/" + name, options);
    return status.ok() ? "ok" : std::string(status.message());
  }

  std::string folder_;
  std::vector<std::string> printed_;
};

TEST_F(ScriptTest, LoadsSiblings) {
  Write(
      "a.star",
      "load('b.star', 'x')\nload(':c.star', z = 'y')\nprint(x, z, struct(a = 1), json.encode(1))");
  Write("b.star", "load('c.star', 'y')\nprint('b')\nx = y + 1");
  Write("c.star", "print('c')\ny = 1");
  EXPECT_EQ(Run("a.star"), "ok");
  EXPECT_THAT(printed_, ElementsAre("c", "b", "2 1 struct(a = 1) 1"));
}

TEST_F(ScriptTest, StaticErrorsComeBeforeAnythingRuns) {
  Write("a.star", "load('b.star', 'x')\nprint(x)");
  Write("b.star", "print('b')\nx = undefined_1\ny = undefined_2");
  const std::string errors = Run("a.star");
  EXPECT_THAT(errors, HasSubstr("b.star:2:5: error: name 'undefined_1' is not defined"));
  EXPECT_THAT(errors, HasSubstr("b.star:3:5: error: name 'undefined_2' is not defined"));
  EXPECT_THAT(printed_, ElementsAre());
}

TEST_F(ScriptTest, CyclesAreErrors) {
  Write("a.star", "load('b.star', 'x')");
  Write("b.star", "load('a.star', 'y')");
  EXPECT_THAT(Run("a.star"), HasSubstr("b.star:1:6: error: cycle in load graph: "));
}

TEST_F(ScriptTest, MissingFilesAreErrors) {
  Write("a.star", "load('nope.star', 'x')");
  EXPECT_THAT(Run("a.star"), HasSubstr("a.star:1:6: error: cannot load 'nope.star'"));
  EXPECT_NE(Run("absent.star"), "ok");
}

TEST_F(ScriptTest, MissingSymbolsAreErrors) {
  Write("a.star", "load('b.star', 'valeu')");
  Write("b.star", "value = 1");
  EXPECT_THAT(Run("a.star"),
              HasSubstr("file 'b.star' does not contain symbol 'valeu' (did you mean "
                        "'value'?)"));
}

TEST_F(ScriptTest, DynamicErrorsHaveATraceback) {
  Write("a.star", "def f(): return 1 // 0\nf()\n");
  EXPECT_THAT(Run("a.star"), HasSubstr("line 1, column 19, in f\n\t\tdef f(): return 1 // 0\n"));
}

}  // namespace
}  // namespace cow::starlark
