// Analyze: dependencies, cycles, checks, conflicts, output groups, tests.
#include "engine/analysis/analysis_fixture.h"

namespace cow::analysis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr char kRules[] = R"(
Info = provider(fields = ["n"])
def _lib(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".out")
    ctx.actions.write(out, ctx.attr.text)
    extra = ctx.actions.declare_file(ctx.label.name + ".extra")
    ctx.actions.write(extra, "")
    return [
        DefaultInfo(files = depset([out], transitive = [d[DefaultInfo].files for d in ctx.attr.deps])),
        Info(n = 1 + len(ctx.attr.deps)),
        OutputGroupInfo(extra = depset([extra])),
    ]
lib = rule(implementation = _lib, attrs = {
    "srcs": attr.label_list(allow_files = [".txt"]),
    "deps": attr.label_list(providers = [Info]),
    "data": attr.label_list(),
    "one": attr.label(allow_single_file = True),
    "tool": attr.label(executable = True, cfg = "exec"),
    "text": attr.string(default = "t"),
})
def _bad(ctx):
    return 3
def _deep(ctx):
    return [][ctx.attr.n]
bad = rule(implementation = _bad)
deep = rule(implementation = _deep, attrs = {"n": attr.int()})
def _nothing(ctx):
    return []
nothing = rule(implementation = _nothing, attrs = {"deps": attr.label_list(allow_files = True)})
def _named(ctx):
    ctx.actions.write(ctx.outputs.out, "")
    for o in ctx.outputs.outs:
        ctx.actions.write(o, "")
named = rule(implementation = _named, attrs = {"out": attr.output(), "outs": attr.output_list()})
def _dup(ctx):
    out = ctx.actions.declare_file("dup")
    ctx.actions.write(out, ctx.attr.text)
    return [DefaultInfo(files = depset([out]))]
dup = rule(implementation = _dup, attrs = {"text": attr.string()})
def _test(ctx):
    exe = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(exe, "", is_executable = True)
    return [
        DefaultInfo(executable = exe, runfiles = ctx.runfiles(ctx.files.data)),
        RunEnvironmentInfo(environment = {"MY": "env"}),
        ctx.attr.tree[HostTreeInfo],
    ]
my_test = rule(implementation = _test, test = True, attrs = {
    "data": attr.label_list(allow_files = True),
    "tree": attr.label(default = "@cow//sh:tree"),
})
)";

class AnalyzerTest : public AnalysisTest {
 protected:
  void SetUp() override {
    AnalysisTest::SetUp();
    Write("rules/BUILD.cow", "");
    Write("rules/defs.cow", kRules);
  }
  void Build(std::string_view package, std::string_view text) {
    Write(JoinPath(package, "BUILD.cow"),
          "load(\"//rules:defs.cow\", \"Info\", \"bad\", \"deep\", \"dup\", \"lib\", \"my_test\", "
          "\"named\", "
          "\"nothing\")\n" +
              std::string(text));
  }
};

TEST_F(AnalyzerTest, DependenciesComeFirstAndOnlyWhatIsWantedIsPlanned) {
  Build("a", R"(lib(name = "x", deps = [":y"]))"
             "\n"
             R"(lib(name = "y"))"
             "\n"
             R"(lib(name = "unrelated"))");
  BuildPlan plan = Plan({"//a:x"});
  ASSERT_EQ(plan.targets.size(), 1u);
  EXPECT_THAT(Paths(plan, plan.targets[0].outputs),
              ElementsAre(Bin() + "a/y.out", Bin() + "a/x.out"));
  EXPECT_EQ(plan.actions.size(), 2u);
}

TEST_F(AnalyzerTest, LongChainsNeedNoDeepStack) {
  Build("a", R"(
[lib(name = "n%d" % i, deps = [":n%d" % (i + 1)]) for i in range(3000)]
lib(name = "n3000")
)");
  EXPECT_EQ(Plan({"//a:n0"}).actions.size(), 3001u);
}

TEST_F(AnalyzerTest, CyclesShowEveryStepAndRepeatTheFirst) {
  Build("a", R"(lib(name = "top", deps = [":x"]))"
             "\n"
             R"(lib(name = "x", deps = ["//b:y"]))");
  Build("b", R"(lib(name = "y", deps = ["//a:x"], visibility = ["//visibility:public"]))");
  Write("a/BUILD.cow", *ReadFile(root_ + "/ws/a/BUILD.cow") +
                           "\npackage(default_visibility = [\"//visibility:public\"])\n");
  EXPECT_THAT(Error({"//a:top"}), HasSubstr("cycle in dependency graph: //a:x (a/BUILD.cow:3:4) -> "
                                            "//b:y (b/BUILD.cow:2:4) -> //a:x"));
}

TEST_F(AnalyzerTest, MissingTargetsNameTheAttribute) {
  Build("a", R"(lib(name = "x", deps = [":yy"]))"
             "\n"
             R"(lib(name = "y"))");
  std::string error = Error({"//a:x"});
  EXPECT_THAT(
      error,
      StartsWith(
          "a/BUILD.cow:2:4: error: in deps attribute of lib rule //a:x: no such target '//a:yy'"));
}

TEST_F(AnalyzerTest, MissingSourceFilesNameTheAttribute) {
  Build("a", R"(lib(name = "x", srcs = ["gone.txt"]))");
  EXPECT_THAT(
      Error({"//a:x"}),
      testing::ContainsRegex("error: in srcs attribute of lib rule //a:x: .*'//a:gone.txt'"));
}

TEST_F(AnalyzerTest, VisibilityIsChecked) {
  Build("a", R"(lib(name = "hidden"))");
  Build("b", R"(lib(name = "x", deps = ["//a:hidden"]))");
  EXPECT_THAT(Error({"//b:x"}),
              HasSubstr("target '//a:hidden' is not visible from target '//b:x'"));
}

TEST_F(AnalyzerTest, VisibilityIsCheckedAlsoForTargetsAlreadyConfigured) {
  Build("a", R"(lib(name = "hidden"))"
             "\n"
             R"(lib(name = "friend", deps = [":hidden"]))");
  Build("b", R"(lib(name = "x", deps = ["//a:hidden"]))");
  EXPECT_THAT(Error({"//a:friend", "//b:x"}), HasSubstr("is not visible"));
}

TEST_F(AnalyzerTest, MandatoryProvidersAreChecked) {
  Build("a", R"(lib(name = "x", deps = [":n"]))"
             "\n"
             R"(nothing(name = "n"))");
  EXPECT_THAT(Error({"//a:x"}), HasSubstr("'//a:n' does not have mandatory providers: 'Info'"));
}

TEST_F(AnalyzerTest, MisplacedFilesAreNamed) {
  Build("a", R"(lib(name = "x", srcs = ["a.md"]))");
  Write("a/a.md", "");
  EXPECT_THAT(Error({"//a:x"}),
              HasSubstr("source file '//a:a.md' is misplaced here (expected .txt)"));
}

TEST_F(AnalyzerTest, RulesMustProduceFittingFiles) {
  Build("a", R"(lib(name = "x", srcs = [":y"]))"
             "\n"
             R"(lib(name = "y"))");
  EXPECT_THAT(Error({"//a:x"}),
              HasSubstr("'//a:y' does not produce any lib srcs files (expected .txt)"));
}

TEST_F(AnalyzerTest, SingleFileAndExecutableAreChecked) {
  Build("a", R"(lib(name = "x", one = ":n"))"
             "\n"
             R"(nothing(name = "n"))"
             "\n"
             R"(lib(name = "y", tool = ":n"))");
  EXPECT_THAT(Error({"//a:x"}), HasSubstr("'//a:n' must produce a single file"));
  EXPECT_THAT(Error({"//a:y"}), HasSubstr("'//a:n' does not refer to an executable target"));
}

TEST_F(AnalyzerTest, ErrorsOfRulesHaveHeadAndTraceback) {
  Build("a", R"(deep(name = "x", n = 7))");
  std::string error = Error({"//a:x"});
  EXPECT_THAT(
      error,
      StartsWith(
          "a/BUILD.cow:2:5: error: in deep rule //a:x:\nTraceback (most recent call last):\n"));
  EXPECT_THAT(error, HasSubstr("File \"rules/defs.cow\""));
  EXPECT_THAT(error, HasSubstr("index out of range"));
}

TEST_F(AnalyzerTest, RulesMustReturnProviders) {
  Build("a", R"(bad(name = "x"))");
  EXPECT_THAT(Error({"//a:x"}), HasSubstr("should return a list of providers, but got int"));
}

TEST_F(AnalyzerTest, AttributesOfCtxAreFrozen) {
  Write("c/defs.cow",
        "def _impl(ctx):\n    ctx.attr.l.append(\"x\")\nr = rule(implementation = _impl, attrs = "
        "{\"l\": "
        "attr.string_list()})\n");
  Write("c/BUILD.cow", "load(\":defs.cow\", \"r\")\nr(name = \"x\", l = [\"a\"])\n");
  EXPECT_THAT(Error({"//c:x"}), HasSubstr("trying to mutate a frozen list value"));
}

TEST_F(AnalyzerTest, NamedOutputsAreTargets) {
  Build("a", R"(named(name = "n", out = "x/a.txt", outs = ["b.txt"]))"
             "\n"
             R"(lib(name = "l", one = ":b.txt"))");
  BuildPlan plan = Plan({"//a:x/a.txt"});
  EXPECT_THAT(Paths(plan, plan.targets[0].outputs), ElementsAre(Bin() + "a/x/a.txt"));
  EXPECT_EQ(plan.actions.size(), 1u);
  EXPECT_EQ(Plan({"//a:n"}).actions.size(), 2u);
  EXPECT_EQ(Plan({"//a:l"}).actions.size(), 1u);
}

TEST_F(AnalyzerTest, ConflictingActionsNameBothTargets) {
  Build("a", R"(dup(name = "x", text = "1"))"
             "\n"
             R"(dup(name = "y", text = "2"))");
  std::string error = Error({"//a:x", "//a:y"});
  EXPECT_THAT(error, HasSubstr("file 'a/dup' is generated by conflicting actions"));
  EXPECT_THAT(error, HasSubstr("of //a:x"));
  EXPECT_THAT(error, HasSubstr("of //a:y"));
}

TEST_F(AnalyzerTest, EqualActionsAreShared) {
  Build("a", R"(dup(name = "x", text = "1"))"
             "\n"
             R"(dup(name = "y", text = "1"))");
  EXPECT_EQ(Plan({"//a:x", "//a:y"}).actions.size(), 1u);
}

TEST_F(AnalyzerTest, OutputGroupsReplaceOrAdd) {
  Build("a", R"(lib(name = "x"))");
  request_.output_groups = {"extra"};
  BuildPlan plan = Plan({"//a:x"});
  EXPECT_THAT(Paths(plan, plan.targets[0].outputs), ElementsAre(Bin() + "a/x.extra"));
  request_.output_groups = {"+extra"};
  plan = Plan({"//a:x"});
  EXPECT_THAT(Paths(plan, plan.targets[0].outputs),
              ElementsAre(Bin() + "a/x.out", Bin() + "a/x.extra"));
}

TEST_F(AnalyzerTest, AliasesAreTheTargetTheyNameUnderTheirOwnLabel) {
  Build("a", R"(alias(name = "al", actual = ":x"))"
             "\n"
             R"(lib(name = "x"))"
             "\n"
             R"(lib(name = "u", deps = [":al"]))");
  BuildPlan plan = Plan({"//a:al", "//a:u"});
  EXPECT_EQ(plan.targets[0].label.ToString(), "//a:al");
  EXPECT_THAT(Paths(plan, plan.targets[0].outputs), ElementsAre(Bin() + "a/x.out"));
  EXPECT_EQ(plan.actions.size(), 2u);
}

TEST_F(AnalyzerTest, KeepGoingPlansTheRestAndReportsEachErrorOnce) {
  Build("a", R"(
lib(name = "good")
bad(name = "bad")
nothing(name = "n1", deps = [":bad"])
nothing(name = "n2", deps = [":bad"])
)");
  request_.keep_going = true;
  absl::StatusOr<AnalysisResult> result = Run({"//a:n1", "//a:good", "//a:n2"});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->plan.targets.size(), 1u);
  EXPECT_EQ(result->errors.size(), 1u);
  EXPECT_EQ(result->failed.size(), 2u);
}

TEST_F(AnalyzerTest, IncompatibleTargetsAreSkippedWithTheirDependents) {
  Build("a", R"(
lib(name = "x", target_compatible_with = ["@cow//platforms:aarch64"])
lib(name = "y", deps = [":x"])
)");
  absl::StatusOr<AnalysisResult> result = Run({"//a:x", "//a:y"});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_THAT(result->plan.targets, IsEmpty());
  ASSERT_EQ(result->skipped.size(), 2u);
  EXPECT_THAT(result->skipped[0].reason, HasSubstr("lacks @cow//platforms:aarch64"));
  EXPECT_THAT(result->skipped[1].reason, HasSubstr("depends on //a:x"));
}

TEST_F(AnalyzerTest, TestsBecomeActionsWithRunfilesTreeAndEnvironment) {
  Build(
      "a",
      R"-(my_test(name = "my_test", data = ["d.txt"], args = ["$(location d.txt)", "'two words'"], size = "small"))-");
  Write("a/d.txt", "");
  request_.run_tests = true;
  BuildPlan plan = Plan({"//a:my_test"});
  ASSERT_EQ(plan.tests.size(), 1u);
  const Action& action = plan.action(plan.tests[0].action);
  EXPECT_THAT(Words(plan, action), ElementsAre(Bin() + "a/my_test", "a/d.txt", "two words"));
  EXPECT_THAT(Paths(plan, action.inputs.ToList()),
              testing::UnorderedElementsAre(Bin() + "a/my_test", "a/d.txt"));
  EXPECT_EQ(action.env.at("MY"), "env");
  EXPECT_EQ(action.env.at("TEST_TARGET"), "//a:my_test");
  EXPECT_EQ(action.timeout_seconds, 60);
  ASSERT_TRUE(action.host_tree.valid());
  EXPECT_EQ(action.captured_output, plan.tests[0].log);
  EXPECT_EQ(plan.artifact(plan.tests[0].log).exec_path,
            "cow-out/linux_test-fastbuild/testlogs/a/my_test/test.log");
  EXPECT_EQ(plan.artifact(plan.tests[0].log).generating_action, plan.tests[0].action);
}

TEST_F(AnalyzerTest, SuitesStandForTheirTests) {
  Build("a", R"(
my_test(name = "a_test")
my_test(name = "b_test")
my_test(name = "m_test", tags = ["manual"])
test_suite(name = "one", tests = [":b_test"])
test_suite(name = "all_of_them")
)");
  request_.run_tests = true;
  EXPECT_EQ(Plan({"//a:one"}).tests.size(), 1u);
  EXPECT_EQ(Plan({"//a:all_of_them", "//a:one"}).tests.size(), 2u);
}

TEST_F(AnalyzerTest, ProgramsTellTheirRunfiles) {
  Build("a", R"(my_test(name = "my_test", data = ["d.txt"]))");
  Write("a/d.txt", "");
  BuildPlan plan = Plan({"//a:my_test"});
  EXPECT_EQ(plan.artifact(plan.targets[0].executable).short_path(), "a/my_test");
  EXPECT_THAT(Paths(plan, plan.targets[0].runfiles), ElementsAre("a/d.txt"));
  EXPECT_THAT(plan.tests, IsEmpty());
}

}  // namespace
}  // namespace cow::analysis
