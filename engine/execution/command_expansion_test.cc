#include "engine/execution/command_expansion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/execution/execution_fixture.h"

namespace cow::execution {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Artifact n has the path "p<n>"; artifact 9 is a tree of two files.
class FakePaths final : public ArtifactPaths {
 public:
  const std::string& ExecPath(ArtifactId id) const override { return paths_[id.value()]; }
  bool IsTree(ArtifactId id) const override { return id.value() == 9; }
  absl::StatusOr<std::vector<std::string>> TreeFiles(ArtifactId) const override {
    return std::vector<std::string>{"a", "b/c"};
  }

 private:
  std::vector<std::string> paths_ = {"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"};
};

Depset<ArgValue> Values(std::vector<ArgValue> values) { return Depset<ArgValue>(std::move(values), {}); }

std::vector<std::string> Expand(ArgItem item) {
  return ExpandCommandLine({{.items = {std::move(item)}}}, FakePaths(), "out")->argv;
}

TEST(CommandExpansionTest, ReplacesArtifactsByTheirPaths) {
  EXPECT_THAT(Expand(ArgValue(ArtifactId(1))), ElementsAre("p1"));
  EXPECT_THAT(Expand(ArgExpansion{.values = Values({ArtifactId(2), ArtifactId(9)})}), ElementsAre("p2", "p9/a", "p9/b/c"));
  EXPECT_THAT(Expand(ArgExpansion{.values = Values({ArtifactId(9)}), .expand_directories = false}), ElementsAre("p9"));
}

TEST(CommandExpansionTest, FormatsEachAndMarksTheEnd) {
  EXPECT_THAT(Expand(ArgExpansion{.values = Values({std::string("x"), std::string("y")}),
                                  .flag = "--begin",
                                  .format_each = "100%%=%s",
                                  .before_each = "-i",
                                  .terminate_with = "--end"}),
              ElementsAre("--begin", "-i", "100%=x", "-i", "100%=y", "--end"));
}

TEST(CommandExpansionTest, JoinsIntoOneArgument) {
  EXPECT_THAT(Expand(ArgExpansion{.values = Values({std::string("x"), std::string("y")}),
                                  .format_each = "<%s>",
                                  .join_with = ",",
                                  .format_joined = "--all=%s"}),
              ElementsAre("--all=<x>,<y>"));
}

TEST(CommandExpansionTest, EmptyListIsOmittedUnlessWanted) {
  EXPECT_THAT(Expand(ArgExpansion{.flag = "-f", .join_with = ","}), IsEmpty());
  EXPECT_THAT(Expand(ArgExpansion{.flag = "-f", .join_with = ",", .omit_if_empty = false}), ElementsAre("-f", ""));
  EXPECT_THAT(Expand(ArgExpansion{.flag = "-f", .terminate_with = "-e", .omit_if_empty = false}), ElementsAre("-f", "-e"));
}

TEST(CommandExpansionTest, KeepsTheFirstOfEqualValuesIfAsked) {
  // Different elements of the set that become the same text.
  ArgExpansion expansion{.values = Values({std::string("p1"), ArtifactId(1), std::string("z")}), .uniquify = true};
  EXPECT_THAT(Expand(expansion), ElementsAre("p1", "z"));
  expansion.uniquify = false;
  EXPECT_THAT(Expand(expansion), ElementsAre("p1", "p1", "z"));
}

TEST(CommandExpansionTest, BadFormatIsAnError) {
  absl::Status status = ExpandCommandLine({{.items = {ArgExpansion{.values = Values({std::string("x")}),
                                                                   .format_each = "%d"}}}},
                                          FakePaths(), "out")
                            .status();
  EXPECT_EQ(std::string(status.message()), "bad format '%d': expected '%s' or '%%'");
}

TEST(CommandExpansionTest, SpillsOnlyWhatIsLong) {
  ArgList list{.items = TextArgs({"short"}), .param_file_flag = "@%s"};
  EXPECT_THAT(ExpandCommandLine({list}, FakePaths(), "out")->argv, ElementsAre("short"));
  list.items = TextArgs({std::string(kParamFileThreshold, 'x')});
  list.param_file_format = ArgList::ParamFileFormat::kMultiline;
  ExpandedCommand spilled = *ExpandCommandLine({list, list}, FakePaths(), "out");
  EXPECT_THAT(spilled.argv, ElementsAre("@out-0.params", "@out-1.params"));
  EXPECT_EQ(spilled.param_files[1].bytes, std::string(kParamFileThreshold, 'x') + "\n");
}

TEST(CommandExpansionTest, TextHasOneArgumentALine) {
  ArgList shell{.items = TextArgs({"a b"})};
  shell.items.emplace_back(ArgValue(ArtifactId(3)));
  ArgList plain = shell;
  plain.param_file_format = ArgList::ParamFileFormat::kMultiline;
  EXPECT_EQ(*ExpandToText({shell, plain}, FakePaths()), "'a b'\np3\na b\np3\n");
}

}  // namespace
}  // namespace cow::execution
