// Analyze: dependencies, cycles, checks, conflicts.
#include "engine/analysis/analyzer_fixture.h"

namespace cow::analysis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

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

TEST_F(AnalyzerTest, HostTreesAreTheSameForToolsAndTargets) {
  Write("b/defs.cow", R"(
def _impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.run_shell(outputs = [out], inputs = ctx.files.tools, command = "true")
    return [DefaultInfo(files = depset([out]))]
sh = rule(implementation = _impl, attrs = {"tools": attr.label_list(cfg = "exec")},
    toolchains = ["@cow//sh:toolchain_type"])
)");
  Write("b/BUILD.cow",
        "load(\":defs.cow\", \"sh\")\nsh(name = \"x\", tools = [\":y\"])\nsh(name = \"y\")\n");
  BuildPlan plan = Plan({"//b:x"});
  EXPECT_EQ(plan.actions.size(), 2u);
  EXPECT_EQ(plan.host_trees.size(), 1u);
}

TEST_F(AnalyzerTest, ExecutionPlatformsMustFit) {
  Build("a", R"(lib(name = "x", exec_compatible_with = ["@cow//platforms:aarch64"]))");
  EXPECT_THAT(
      Error({"//a:x"}),
      HasSubstr("no execution platform for lib rule //a:x: @cow//platforms:linux_test lacks "
                "@cow//platforms:aarch64"));
}

TEST_F(AnalyzerTest, LocationsAndVariablesAreExpanded) {
  Write("b/defs.cow", R"(
def _impl(ctx):
    text = ctx.expand_location(ctx.attr.text, ctx.attr.srcs)
    print(ctx.expand_make_variables("text", text, {"@": "out"}))
show = rule(implementation = _impl, attrs = {"text": attr.string(), "srcs": attr.label_list(allow_files = True)})
)");
  auto show = [&](std::string_view text) {
    Write("b/BUILD.cow",
          "load(\":defs.cow\", \"show\")\nshow(name = \"x\", srcs = [\"f.txt\"], text = \"" +
              std::string(text) + "\")\n");
  };
  Write("b/f.txt", "");
  show("$(location f.txt) $(locations //b:f.txt) $@ $$x $(COMPILATION_MODE)");
  Plan({"//b:x"});
  ASSERT_EQ(printed_.size(), 1u);
  EXPECT_THAT(printed_[0], HasSubstr(": b/f.txt b/f.txt out $x fastbuild"));
  show("$(location g.txt)");
  EXPECT_THAT(
      Error({"//b:x"}),
      HasSubstr("label '//b:g.txt' in $(location) expression is not a declared prerequisite"));
  show("$(NOSUCH)");
  EXPECT_THAT(Error({"//b:x"}), HasSubstr("in text attribute: $(NOSUCH) not defined"));
}

}  // namespace
}  // namespace cow::analysis
