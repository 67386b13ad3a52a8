// ctx.actions.args() into command lines.
#include "engine/analysis/analysis_fixture.h"

namespace cow::analysis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ArgsTest : public AnalysisTest {
 protected:
  void Load(std::string_view body, std::string_view globals = "") {
    Write("a/defs.cow", std::string(globals) + R"(
def _impl(ctx):
    out = ctx.actions.declare_file("out")
    tree = ctx.actions.declare_directory("tree")
    ctx.actions.run(outputs = [tree], executable = ctx.file.tool, mnemonic = "Tree")
    args = ctx.actions.args()
    srcs = ctx.files.srcs
)" + std::string(body) + R"(
    ctx.actions.run(outputs = [out], inputs = srcs + [tree], executable = ctx.file.tool, arguments = ["first", args, "last"])
    return [DefaultInfo(files = depset([out]))]
r = rule(implementation = _impl, attrs = {
    "srcs": attr.label_list(allow_files = True),
    "tool": attr.label(allow_single_file = True, default = ":tool"),
})
)");
    Write("a/BUILD.cow",
          "load(\":defs.cow\", \"r\")\nr(name = \"t\", srcs = [\"x.c\", "
          "\"y.c\"])\nexports_files([\"tool\"])\n");
    Write("a/x.c", "");
    Write("a/y.c", "");
    Write("a/tool", "");
  }
  // Without tool, "first" and "last".
  std::vector<std::string> Expand(std::string_view body, std::string_view globals = "") {
    Load(body, globals);
    BuildPlan plan = Plan({"//a:t"});
    if (plan.actions.empty()) return {};
    const Action* action = Find(plan, "Action");
    std::vector<std::string> words = Words(plan, *action);
    EXPECT_EQ(words.front(), "a/tool");
    return {words.begin() + 2, words.end() - 1};
  }
};

TEST_F(ArgsTest, AddPrintsFlagAndValue) {
  EXPECT_THAT(Expand(R"(
    args.add("-c").add("-o", out).add(srcs[0], format = "--in=%s").add("-n", 3).add("--l", ctx.label))"),
              ElementsAre("-c", "-o", Bin() + "a/out", "--in=a/x.c", "-n", "3", "--l", "//a:t"));
}

TEST_F(ArgsTest, AddAllOfAListKeepsRepetitions) {
  EXPECT_THAT(Expand(R"(    args.add_all(["-Xclang", "a", "-Xclang", "b"]))"),
              ElementsAre("-Xclang", "a", "-Xclang", "b"));
  EXPECT_THAT(Expand(R"(    args.add_all(["a", "b", "a"], uniquify = True))"),
              ElementsAre("a", "b"));
}

TEST_F(ArgsTest, AddAllFormatsEachValue) {
  EXPECT_THAT(Expand(R"(
    args.add_all("--all", srcs, before_each = "-i", format_each = "x=%s%%", terminate_with = "--"))"),
              ElementsAre("--all", "-i", "x=a/x.c%", "-i", "x=a/y.c%", "--"));
}

TEST_F(ArgsTest, EmptyListsAreOmittedUnlessWanted) {
  EXPECT_THAT(Expand(R"(
    args.add_all("--none", [])
    args.add_all("--some", [], omit_if_empty = False)
    args.add_joined("--joined", [], join_with = ",", omit_if_empty = False))"),
              ElementsAre("--some", "--joined", ""));
}

TEST_F(ArgsTest, AddJoinedMakesOneArgument) {
  EXPECT_THAT(Expand(R"(
    args.add_joined("-I", ["a", "b"], join_with = ":", format_each = "<%s>", format_joined = "{%s}"))"),
              ElementsAre("-I", "{<a>:<b>}"));
}

TEST_F(ArgsTest, DepsetsOfFilesStayDepsets) {
  EXPECT_THAT(Expand(R"(    args.add_all("--srcs", depset(srcs)))"),
              ElementsAre("[--srcs: a/x.c a/y.c]"));
}

TEST_F(ArgsTest, MapEachGivesStringsListsOrNothing) {
  EXPECT_THAT(Expand(R"(    args.add_all(depset(srcs), map_each = _map, format_each = "<%s>"))", R"(
def _map(file):
    return None if file.basename == "x.c" else ["-f", file.path])"),
              ElementsAre("<-f>", "<a/y.c>"));
}

TEST_F(ArgsTest, MapEachMustBeATopLevelFunction) {
  Load(R"(
    def nested(x):
        return x
    args.add_all(srcs, map_each = nested))");
  EXPECT_THAT(Error({"//a:t"}), HasSubstr("must be declared by a top-level def statement"));
}

TEST_F(ArgsTest, ErrorsOfMapEachTellWhoseActionItIs) {
  Load(R"(    args.add_all(srcs, map_each = _map))", "\ndef _map(x):\n    return x.nosuch\n");
  std::string error = Error({"//a:t"});
  EXPECT_THAT(error, HasSubstr("in the arguments of action Action of //a:t"));
  EXPECT_THAT(error, HasSubstr("nosuch"));
}

TEST_F(ArgsTest, DirectoriesAreLeftForExecution) {
  EXPECT_THAT(Expand(R"(    args.add_all([tree], before_each = "-d"))"),
              ElementsAre("[: " + Bin() + "a/tree]"));
  EXPECT_THAT(Expand(R"(    args.add_all([tree], expand_directories = False))"),
              ElementsAre(Bin() + "a/tree"));
}

TEST_F(ArgsTest, ParamFilesAreNoted) {
  Load(R"(
    args.use_param_file("@%s", use_always = True)
    args.set_param_file_format("multiline")
    args.add("x"))");
  BuildPlan plan = Plan({"//a:t"});
  const Action* action = Find(plan, "Action");
  ASSERT_EQ(action->arguments.size(), 4u);
  EXPECT_EQ(action->arguments[2].param_file_flag, "@%s");
  EXPECT_TRUE(action->arguments[2].param_file_always);
  EXPECT_EQ(action->arguments[2].param_file_format, ArgList::ParamFileFormat::kMultiline);
}

TEST_F(ArgsTest, WrongFormatsAndValuesAreRefused) {
  Load(R"(    args.add("x", format = "no placeholder"))");
  EXPECT_THAT(Error({"//a:t"}), HasSubstr("expected string with a single \"%s\""));
  Load(R"(    args.add(srcs))");
  EXPECT_THAT(Error({"//a:t"}), HasSubstr("use Args.add_all()"));
}

TEST_F(ArgsTest, WhatIsAddedAfterTheActionIsNotSeen) {
  Write("a/defs.cow", R"(
def _impl(ctx):
    args = ctx.actions.args().add("before")
    early = ctx.actions.declare_file("early")
    ctx.actions.write(early, args)
    args.add("after")
    late = ctx.actions.declare_file("late")
    ctx.actions.write(late, args)
    return [DefaultInfo(files = depset([early, late]))]
r = rule(implementation = _impl)
)");
  Write("a/BUILD.cow", "load(\":defs.cow\", \"r\")\nr(name = \"t\")\n");
  BuildPlan plan = Plan({"//a:t"});
  ASSERT_EQ(plan.targets.size(), 1u);
  auto words = [&](size_t i) {
    return Words(plan, plan.action(plan.artifact(plan.targets[0].outputs[i]).generating_action));
  };
  EXPECT_THAT(words(0), ElementsAre("before"));
  EXPECT_THAT(words(1), ElementsAre("before", "after"));
}

}  // namespace
}  // namespace cow::analysis
