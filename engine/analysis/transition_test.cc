// Transitions: on attributes, on rules, splits; and the directories of the configurations they make.
#include "engine/analysis/printing_fixture.h"

namespace cow::analysis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kRules[] = R"(
def _lib(ctx):
    print(ctx.label.name, ctx.bin_dir.path.split("/")[1], ctx.attr.text)
    out = ctx.actions.declare_file(ctx.label.name + ".out")
    ctx.actions.write(out, ctx.bin_dir.path)
    return [DefaultInfo(files = depset([out]))]
lib = rule(implementation = _lib, attrs = {"text": attr.string(), "deps": attr.label_list()})

def _flag(ctx):
    return []
string_flag = rule(implementation = _flag, build_setting = config.string(flag = True))
bool_flag = rule(implementation = _flag, build_setting = config.bool())

def _set(settings, attr):
    return {"//a:flag": attr.flag}
to_flag = transition(implementation = _set, inputs = [], outputs = ["//a:flag"])

def _show(ctx):
    print(type(ctx.attr.dep), [f.path.split("/")[1] for f in ctx.files.dep])
    return [DefaultInfo(files = depset(ctx.files.dep))]
with_flag = rule(implementation = _show, attrs = {"dep": attr.label(cfg = to_flag), "flag": attr.string()})
self_flag = rule(implementation = _lib, cfg = to_flag, attrs = {"text": attr.string(), "flag": attr.string(), "deps": attr.label_list()})

def _split(settings, attr):
    return {
        mode: {"//command_line_option:compilation_mode": mode, "//command_line_option:platforms": platform}
        for mode, platform in [("dbg", "@cow//platforms:linux_test"), ("opt", Label("@cow//platforms:linux_other"))]
    }
two_ways = transition(implementation = _split, inputs = [], outputs = ["//command_line_option:compilation_mode", "//command_line_option:platforms"])
def _show_split(ctx):
    print(type(ctx.attr.dep), sorted(ctx.split_attr.dep.keys()), [f.path.split("/")[1] for f in ctx.files.dep])
    print({k: [t.label.name for t in v] for k, v in ctx.split_attr.deps.items()})
split = rule(implementation = _show_split, attrs = {"dep": attr.label(cfg = two_ways), "deps": attr.label_list(cfg = two_ways)})
self_split = rule(implementation = _lib, cfg = two_ways, attrs = {"text": attr.string()})

def _list(settings, attr):
    return [{"//a:flag": "x"}, {"//a:flag": settings["//a:flag"]}]
listed_ways = transition(implementation = _list, inputs = ["//a:flag"], outputs = ["//a:flag"])
def _show_list(ctx):
    print(sorted(ctx.split_attr.dep.keys()), [f.path.split("/")[1] for f in ctx.files.dep])
listed = rule(implementation = _show_list, attrs = {"dep": attr.label(cfg = listed_ways)})

def _copts(settings, attr):
    return {"//command_line_option:copt": settings["//command_line_option:copt"] + ["-g"], "//command_line_option:stamp": True}
more_copts = transition(implementation = _copts, inputs = ["//command_line_option:copt"], outputs = ["//command_line_option:copt", "//command_line_option:stamp"])
def _conf(ctx):
    print(ctx.fragments.cpp.copts)
conf = rule(implementation = _conf, cfg = more_copts, fragments = ["cpp"])

def _broken(settings, attr):
    return {"other": {"//a:other": "x"}, "nothing": None, "type": {"//a:flag": 3}, "list": [3],
            "missing": {"//a:flag": "x"}, "crash": {}}[attr.how] if attr.how != "crash" else [][0]
broken_ways = transition(implementation = _broken, inputs = [], outputs = ["//a:flag", "//a:flag2"])
broken = rule(implementation = _show, attrs = {"dep": attr.label(cfg = broken_ways), "how": attr.string()})

tool_user = rule(implementation = _show, attrs = {"dep": attr.label(cfg = config.exec())})
settings_user = rule(implementation = _show, attrs = {"dep": attr.label(cfg = analysis_test_transition(settings = {"//a:flag": "z"}))})
)";

class TransitionTest : public PrintingTest {
 protected:
  void SetUp() override {
    AnalysisTest::SetUp();
    Write("rules/BUILD.cow", "");
    Write("rules/defs.cow", kRules);
  }
  void WriteBuild(std::string_view text) override {
    Write("a/BUILD.cow",
          "load(\"//rules:defs.cow\", \"bool_flag\", \"broken\", \"conf\", \"lib\", \"listed\", "
          "\"self_flag\", \"self_split\", \"settings_user\", \"split\", \"string_flag\", "
          "\"tool_user\", \"with_flag\")\n"
          "string_flag(name = \"flag\", build_setting_default = \"d\")\n"
          "string_flag(name = \"flag2\", build_setting_default = \"d\")\n"
          "config_setting(name = \"is_x\", flag_values = {\":flag\": \"x\"})\n"
          "lib(name = \"lib\", text = select({\":is_x\": \"x\", \"//conditions:default\": "
          "\"not x\"}))\n" +
              std::string(text));
  }
};

TEST_F(TransitionTest, OnAnAttributeChangesTheDependency) {
  std::vector<std::string> lines = Print(R"(with_flag(name = "t", dep = ":lib", flag = "x"))");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], testing::MatchesRegex("lib linux_test-fastbuild-ST-[0-9a-f]+ x"));
  EXPECT_THAT(lines[1], testing::MatchesRegex("list \\[\"linux_test-fastbuild-ST-[0-9a-f]+\"\\]"));
}

TEST_F(TransitionTest, ThatChangesNothingGivesTheSameConfiguration) {
  EXPECT_THAT(Print(R"(with_flag(name = "t", dep = ":lib", flag = "d"))"),
              ElementsAre("lib linux_test-fastbuild not x", "list [\"linux_test-fastbuild\"]"));
}

TEST_F(TransitionTest, BackToWhatTheCommandLineSaysGivesThatConfiguration) {
  request_.options.settings = {{"//a:flag", "x"}};
  EXPECT_THAT(Print(R"(
self_flag(name = "away", flag = "y", deps = [":back"])
self_flag(name = "back", flag = "x")
lib(name = "t", deps = [":away", ":back"])
)"),
              testing::UnorderedElementsAre(testing::StartsWith("away linux_test-fastbuild-ST-"),
                                            "back linux_test-fastbuild ",
                                            "t linux_test-fastbuild "));
}

TEST_F(TransitionTest, OnARuleSeesSelectsAsTheyWereBefore) {
  EXPECT_THAT(Print(R"(
self_flag(name = "t", flag = select({":is_x": "y", "//conditions:default": "x"}),
    text = select({":is_x": "is x", "//conditions:default": "is not x"}))
)"),
              ElementsAre(testing::MatchesRegex("t linux_test-fastbuild-ST-[0-9a-f]+ is x")));
}

TEST_F(TransitionTest, SplitsBuildOneTargetSeveralTimes) {
  std::vector<std::string> lines =
      Print(R"(split(name = "t", dep = ":lib", deps = [":lib", ":lib2"])
lib(name = "lib2")
)");
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_THAT(lines[0], testing::StartsWith("lib linux_test-dbg "));
  EXPECT_THAT(lines[4], testing::MatchesRegex("list \\[\"dbg\", \"opt\"\\] \\[\"linux_test-dbg\", "
                                              "\"linux_other-opt\"\\]"));
  EXPECT_EQ(lines[5], "{\"dbg\": [\"lib\", \"lib2\"], \"opt\": [\"lib\", \"lib2\"]}");
}

TEST_F(TransitionTest, ListsOfSettingsHaveNumbersAsKeys) {
  std::vector<std::string> lines = Print(R"(listed(name = "t", dep = ":lib"))");
  ASSERT_FALSE(lines.empty());
  EXPECT_THAT(lines.back(),
              testing::MatchesRegex("\\[\"0\", \"1\"\\] \\[\"linux_test-fastbuild-ST-[0-9a-f]+\", "
                                    "\"linux_test-fastbuild\"\\]"));
}

TEST_F(TransitionTest, NativeOptionsAreReadAndWritten) {
  request_.options.Set("copt", "-O1");
  EXPECT_THAT(Print(R"(conf(name = "t"))"), ElementsAre("[\"-O1\", \"-g\"]"));
}

TEST_F(TransitionTest, RulesMayNotSplit) {
  EXPECT_THAT(Fail(R"(self_split(name = "t"))"),
              HasSubstr("in the transition of self_split rule //a:t: a rule may change the "
                        "configuration, but not split it"));
}

TEST_F(TransitionTest, MistakesOfFunctionsAreTold) {
  auto fail = [&](std::string how) {
    return Fail("broken(name = \"t\", dep = \":lib\", how = \"" + how + "\")\n");
  };
  EXPECT_THAT(fail("other"), HasSubstr("returned undeclared output '//a:other'"));
  EXPECT_THAT(fail("list"), HasSubstr("must return a dictionary or list of dictionaries"));
  EXPECT_THAT(fail("type"), HasSubstr("invalid value for '//a:flag': expected value of type "
                                      "'string', but got 3 (int)"));
  EXPECT_THAT(fail("missing"), HasSubstr("transition outputs [//a:flag2] were not defined"));
  EXPECT_THAT(fail("crash"), HasSubstr("in the transition of attribute 'dep' of broken rule //a:t"));
  EXPECT_THAT(fail("crash"), HasSubstr("index out of range"));
}

TEST_F(TransitionTest, ToExecAndFixedSettings) {
  EXPECT_THAT(Print(R"(tool_user(name = "t", dep = ":lib"))"),
              ElementsAre("lib linux_test-opt-exec not x", "Target [\"linux_test-opt-exec\"]"));
  std::vector<std::string> lines = Print(R"(settings_user(name = "t", dep = ":lib"))");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[1], HasSubstr("linux_test-fastbuild-ST-"));
}

TEST_F(TransitionTest, DeclarationsAreChecked) {
  auto fail = [&](std::string arguments) {
    Write("rules/defs.cow", std::string(kRules) + "wrong = transition(implementation = _set, " + arguments + ")\n");
    return Fail("lib(name = \"t\")\n");
  };
  EXPECT_THAT(fail("inputs = [], outputs = [\"//command_line_option:copts\"]"),
              HasSubstr("do not correspond to valid settings (did you mean "
                        "'//command_line_option:copt'?)"));
  EXPECT_THAT(fail("inputs = [], outputs = [\"//command_line_option:define\"]"),
              HasSubstr("transitions on --define are not supported: use build settings"));
  EXPECT_THAT(fail("inputs = [\"//a:x\", \"//a:x\"], outputs = []"),
              HasSubstr("duplicate setting '//a:x'"));
}

}  // namespace
}  // namespace cow::analysis
