// Selects, platforms, toolchains and options.
#include "engine/analysis/analysis_fixture.h"

namespace cow::analysis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigurationTest : public AnalysisTest {
 protected:
  void SetUp() override {
    AnalysisTest::SetUp();
    Write("rules/BUILD.cow",
          "toolchain_type(name = \"type\", visibility = [\"//visibility:public\"])\n");
    Write("rules/defs.cow", R"(
def _show(ctx):
    print(",".join(ctx.attr.values))
show = rule(implementation = _show, attrs = {"values": attr.string_list(default = ["default"])})
def _flag(ctx):
    print("flag " + ctx.build_setting_value)
string_flag = rule(implementation = _flag, build_setting = config.string(flag = True))
def _tc(ctx):
    return [platform_common.ToolchainInfo(name = ctx.attr.text)]
tc = rule(implementation = _tc, attrs = {"text": attr.string()})
def _user(ctx):
    t = ctx.toolchains["//rules:type"]
    print(t.name if t else None)
user = rule(implementation = _user, toolchains = ["//rules:type"])
maybe = rule(implementation = _user, toolchains = [config_common.toolchain_type("//rules:type", mandatory = False)])
def _conf(ctx):
    c = ctx.configuration
    print(c.compilation_mode, c.cpu, c.copts, c.linkopts, c.platform, c.short_name)
    print(ctx.var["COMPILATION_MODE"], ctx.var["TARGET_CPU"], ctx.var.get("k"), ctx.features, ctx.bin_dir.path)
    print(ctx.target_platform_has_constraint(Label("@cow//platforms:x86_64")))
conf = rule(implementation = _conf)
)");
  }
  std::vector<std::string> Print(std::string_view text) {
    Write("a/BUILD.cow", Head() + std::string(text));
    printed_.clear();
    Plan({"//a:t"});
    std::vector<std::string> lines;
    for (const std::string& line : printed_) lines.push_back(line.substr(line.rfind(": ") + 2));
    return lines;
  }
  std::string Fail(std::string_view text) {
    Write("a/BUILD.cow", Head() + std::string(text));
    return Error({"//a:t"});
  }
  static std::string Head() {
    return "load(\"//rules:defs.cow\", \"conf\", \"maybe\", \"show\", \"string_flag\", \"tc\", "
           "\"user\")\n";
  }
};

constexpr char kModes[] = R"(
config_setting(name = "opt", values = {"compilation_mode": "opt"})
config_setting(name = "opt_arm", values = {"compilation_mode": "opt"}, constraint_values = ["@cow//platforms:aarch64"])
config_setting(name = "mine", define_values = {"who": "me"})
show(name = "t", values = ["first"] + select({
    ":opt": ["opt"],
    ":opt_arm": ["opt", "arm"],
    ":mine": ["mine"],
    "//conditions:default": ["other"],
}) + ["last"])
)";

TEST_F(ConfigurationTest, SelectTakesTheDefaultWhenNothingHolds) {
  EXPECT_THAT(Print(kModes), ElementsAre("first,other,last"));
}

TEST_F(ConfigurationTest, SelectTakesTheConditionThatHolds) {
  request_.options.Set("compilation_mode", "opt");
  EXPECT_THAT(Print(kModes), ElementsAre("first,opt,last"));
}

TEST_F(ConfigurationTest, SelectTakesTheMostSpecialised) {
  request_.options.Set("compilation_mode", "opt");
  request_.options.Set("platforms", "@cow//platforms:linux_other");
  EXPECT_THAT(Print(kModes), ElementsAre("first,opt,arm,last"));
}

TEST_F(ConfigurationTest, SelectRefusesAmbiguity) {
  request_.options.Set("compilation_mode", "opt");
  request_.options.Set("define", "who=me");
  std::string error = Fail(kModes);
  EXPECT_THAT(error,
              HasSubstr("illegal ambiguous match on configurable attribute \"values\" in //a:t:"));
  EXPECT_THAT(error, HasSubstr("//a:opt\n"));
  EXPECT_THAT(error, HasSubstr("//a:mine"));
}

TEST_F(ConfigurationTest, SelectWithoutMatchListsTheConditions) {
  std::string error = Fail(R"(
config_setting(name = "opt", values = {"compilation_mode": "opt"})
show(name = "t", values = select({":opt": ["x"]}))
)");
  EXPECT_THAT(error, HasSubstr("doesn't match this configuration"));
  EXPECT_THAT(error, HasSubstr("//a:opt"));
  EXPECT_THAT(Fail(R"(
config_setting(name = "opt", values = {"compilation_mode": "opt"})
show(name = "t", values = select({":opt": ["x"]}, no_match_error = "use -c opt"))
)"),
              HasSubstr("use -c opt"));
}

TEST_F(ConfigurationTest, SelectOfNoneMeansTheDefaultOfTheAttribute) {
  EXPECT_THAT(Print(R"(show(name = "t", values = select({"//conditions:default": None})))"),
              ElementsAre("default"));
}

TEST_F(ConfigurationTest, SelectByConstraintAndByFlag) {
  constexpr char kText[] = R"(
string_flag(name = "flag", build_setting_default = "a")
config_setting(name = "is_b", flag_values = {":flag": "b"})
show(name = "t", values = select({"@cow//platforms:x86_64": ["x86"], "//conditions:default": ["no"]}) +
    select({":is_b": ["b"], "//conditions:default": ["not b"]}))
)";
  EXPECT_THAT(Print(kText), ElementsAre("x86,not b"));
  request_.options.settings = {{"//a:flag", "b"}};
  EXPECT_THAT(Print(kText), ElementsAre("x86,b"));
}

TEST_F(ConfigurationTest, BuildSettingsSeeTheirValue) {
  EXPECT_THAT(Print(R"(string_flag(name = "t", build_setting_default = "a"))"),
              ElementsAre("flag a"));
}

TEST_F(ConfigurationTest, ConditionsMustBeSettings) {
  EXPECT_THAT(Fail(R"(
show(name = "other")
show(name = "t", values = select({":other": ["x"]}))
)"),
              HasSubstr("'//a:other' is not a valid select condition"));
}

constexpr char kToolchains[] = R"(
tc(name = "arm_impl", text = "arm")
tc(name = "any_impl", text = "any")
toolchain(name = "arm", toolchain = ":arm_impl", toolchain_type = "//rules:type",
    target_compatible_with = ["@cow//platforms:aarch64"])
toolchain(name = "any", toolchain = ":any_impl", toolchain_type = "//rules:type")
toolchain(name = "broken", toolchain = "@nowhere//:x", toolchain_type = "//rules:type",
    target_compatible_with = ["@cow//platforms:aarch64"])
)";

TEST_F(ConfigurationTest, TheFirstFittingToolchainIsTaken) {
  Write("WORKSPACE.cow", "register_toolchains(\"//a:broken\", \"//a:arm\", \"//a:any\")\n");
  EXPECT_THAT(Print(std::string(kToolchains) + "user(name = \"t\")\n"), ElementsAre("any"));
  request_.options.Set("extra_toolchains", "//a:arm");
  request_.options.Set("platforms", "@cow//platforms:linux_other");
  EXPECT_THAT(Print(std::string(kToolchains) + "user(name = \"t\")\n"), ElementsAre("arm"));
}

TEST_F(ConfigurationTest, MissingToolchainsAreExplained) {
  Write("WORKSPACE.cow", "register_toolchains(\"//a:arm\")\n");
  std::string error = Fail(std::string(kToolchains) + "user(name = \"t\")\n");
  EXPECT_THAT(error, HasSubstr("no matching toolchain for type //rules:type of user rule //a:t"));
  EXPECT_THAT(
      error,
      HasSubstr(
          "//a:arm: target platform @cow//platforms:linux_test lacks @cow//platforms:aarch64"));
}

TEST_F(ConfigurationTest, OptionalToolchainsMayBeMissing) {
  EXPECT_THAT(Print("maybe(name = \"t\")\n"), ElementsAre("None"));
}

TEST_F(ConfigurationTest, OptionsReachTheRules) {
  request_.options.Set("compilation_mode", "dbg");
  request_.options.Set("copt", "-O3");
  request_.options.Set("linkopt", "-s");
  request_.options.Set("define", "k=v");
  request_.options.Set("features", "f");
  request_.options.Set("features", "-g");
  EXPECT_THAT(Print("conf(name = \"t\", features = [\"g\", \"h\"])\n"),
              ElementsAre("dbg x86_64 [\"-O3\"] [\"-s\"] @cow//platforms:linux_test linux_test-dbg",
                          "dbg x86_64 v [\"h\", \"f\"] cow-out/linux_test-dbg/bin", "True"));
}

TEST_F(ConfigurationTest, WrongOptionsAreNamed) {
  request_.options.Set("compilation_mode", "fast");
  EXPECT_THAT(Fail("conf(name = \"t\")\n"),
              HasSubstr("in --compilation_mode: expected one of fastbuild, dbg, opt, got 'fast'"));
  request_.options.native.pop_back();
  request_.options.Set("platforms", "//a:t");
  EXPECT_THAT(Fail("conf(name = \"t\")\n"), HasSubstr("in --platforms: '//a:t' is not a platform"));
}

TEST(HostPlatformTest, IsNamedAfterTheMachine) {
  absl::StatusOr<Label> platform = DefaultHostPlatform();
  ASSERT_TRUE(platform.ok());
  EXPECT_THAT(platform->ToString(), testing::StartsWith("@cow//platforms:linux_"));
}

}  // namespace
}  // namespace cow::analysis
