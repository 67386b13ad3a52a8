// Where actions run: execution platforms, exec groups, toolchains behind aliases.
#include "engine/analysis/printing_fixture.h"

namespace cow::analysis {
namespace {

using testing::HasSubstr;

constexpr char kRules[] = R"(
def _tc(ctx):
    return [platform_common.ToolchainInfo(name = ctx.attr.text)]
tc = rule(implementation = _tc, attrs = {"text": attr.string()})
def _tool(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(out, "", is_executable = True)
    return [DefaultInfo(executable = out)]
tool = rule(implementation = _tool, executable = True)
def _user(ctx):
    print(ctx.toolchains["//rules:alias"].name, ctx.exec_groups["link"].toolchains["//rules:type"].name)
    print(ctx.executable.own.path.split("/")[1], ctx.executable.linker.path.split("/")[1])
    print("link" in ctx.exec_groups, "other" in ctx.exec_groups, "//rules:type" in ctx.toolchains)
    out = ctx.actions.declare_file(ctx.label.name + ".out")
    ctx.actions.run(outputs = [out], executable = ctx.executable.linker, exec_group = ctx.attr.group)
user = rule(
    implementation = _user,
    toolchains = ["//rules:type"],
    exec_groups = {"link": exec_group(toolchains = ["//rules:type"], exec_compatible_with = ["//rules:big"])},
    attrs = {
        "own": attr.label(cfg = "exec", executable = True, default = "//a:tool"),
        "linker": attr.label(cfg = config.exec(exec_group = "link"), executable = True, default = "//a:tool"),
        "group": attr.string(default = "link"),
    },
)
def _wrong(ctx):
    return []
wrong = rule(implementation = _wrong, attrs = {"x": attr.label(cfg = config.exec("nothing"), default = "//a:tool")})
needs_it = rule(implementation = _wrong, toolchains = ["//rules:missing"])
)";

class ExecGroupsTest : public PrintingTest {
 protected:
  void SetUp() override {
    AnalysisTest::SetUp();
    Write("rules/BUILD.cow", R"(package(default_visibility = ["//visibility:public"])
toolchain_type(name = "type")
toolchain_type(name = "missing")
alias(name = "alias", actual = ":type")
constraint_setting(name = "memory")
constraint_value(name = "big", constraint_setting = ":memory")
platform(name = "big_machine", parents = ["@cow//platforms:linux_test"], constraint_values = [":big"])
)");
    Write("rules/defs.cow", kRules);
    Write("WORKSPACE.cow", R"(register_toolchains("//a:for_big", "//a:for_all")
register_execution_platforms("//rules:big_machine")
)");
  }
  void WriteBuild(std::string_view text) override {
    Write("a/BUILD.cow", std::string(R"(
load("//rules:defs.cow", "needs_it", "tc", "tool", "user", "wrong")
tc(name = "big_impl", text = "big")
tc(name = "impl", text = "all")
toolchain(name = "for_big", toolchain = ":big_impl", toolchain_type = "//rules:alias", exec_compatible_with = ["//rules:big"])
toolchain(name = "for_all", toolchain = ":impl", toolchain_type = "//rules:type")
tool(name = "tool")
)") + std::string(text));
  }
};

TEST_F(ExecGroupsTest, TheFirstExecutionPlatformThatFitsIsTaken) {
  std::vector<std::string> lines = Print(R"(user(name = "t"))");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "big big");
  EXPECT_THAT(lines[1], testing::MatchesRegex(
                            "big_machine-opt-exec-ST-[0-9a-f]+ big_machine-opt-exec-ST-[0-9a-f]+"));
  EXPECT_EQ(lines[2], "True False True");
}

TEST_F(ExecGroupsTest, GroupsChooseForThemselves) {
  Write("WORKSPACE.cow", R"(register_toolchains("//a:for_big", "//a:for_all")
register_execution_platforms("@cow//platforms:linux_test", "//rules:big_machine")
)");
  std::vector<std::string> lines = Print(R"(user(name = "t"))");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "all big");
  EXPECT_THAT(lines[1],
              testing::MatchesRegex("linux_test-opt-exec big_machine-opt-exec-ST-[0-9a-f]+"));
}

TEST_F(ExecGroupsTest, ExtraPlatformsComeFirst) {
  request_.options.Set("extra_execution_platforms", "@cow//platforms:linux_test");
  EXPECT_THAT(Print(R"(user(name = "t"))")[0], "all big");
}

TEST_F(ExecGroupsTest, MissingPlatformsAreExplained) {
  Write("WORKSPACE.cow", "register_toolchains(\"//a:for_all\")\n");
  EXPECT_THAT(Fail(R"(user(name = "t"))"),
              HasSubstr("no execution platform for exec group 'link' of user rule //a:t: "
                        "@cow//platforms:linux_test lacks //rules:big"));
}

TEST_F(ExecGroupsTest, UnknownGroupsAreErrors) {
  EXPECT_THAT(Fail(R"(user(name = "t", group = "nothing"))"),
              HasSubstr("action declared for non-existent exec group 'nothing'"));
  EXPECT_THAT(Fail(R"(wrong(name = "t"))"), HasSubstr("the rule has no exec group of that name"));
}

TEST_F(ExecGroupsTest, IncompatibleTargetsNeedNoToolchain) {
  WriteBuild(R"(needs_it(name = "t", target_compatible_with = ["@cow//platforms:aarch64"]))");
  absl::StatusOr<AnalysisResult> result = Run({"//a:t"});
  ASSERT_TRUE(result.ok()) << result.status().message();
  ASSERT_EQ(result->skipped.size(), 1u);
  EXPECT_THAT(result->skipped[0].reason, HasSubstr("lacks @cow//platforms:aarch64"));
  EXPECT_THAT(Fail(R"(needs_it(name = "t"))"),
              HasSubstr("no matching toolchain for type //rules:missing of needs_it rule //a:t"));
}

}  // namespace
}  // namespace cow::analysis
