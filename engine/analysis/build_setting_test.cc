// Build settings and flags, and the aliases that lead to settings, conditions and constraints.
#include "engine/analysis/printing_fixture.h"

namespace cow::analysis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kRules[] = R"(
def _setting(ctx):
    print(ctx.label.name, repr(ctx.build_setting_value))
bool_flag = rule(implementation = _setting, build_setting = config.bool(flag = True))
bool_setting = rule(implementation = _setting, build_setting = config.bool())
int_flag = rule(implementation = _setting, build_setting = config.int(flag = True))
string_flag = rule(implementation = _setting, build_setting = config.string(flag = True))
multi_flag = rule(implementation = _setting, build_setting = config.string(flag = True, allow_multiple = True))
list_flag = rule(implementation = _setting, build_setting = config.string_list(flag = True))
repeatable_flag = rule(implementation = _setting, build_setting = config.string_list(flag = True, repeatable = True))
set_flag = rule(implementation = _setting, build_setting = config.string_set(flag = True))
def _show(ctx):
    print(",".join(ctx.attr.values))
show = rule(implementation = _show, attrs = {"values": attr.string_list(), "dep": attr.label(allow_files = True)})
def _follow(ctx):
    print(ctx.attr.dep.label, [f.short_path for f in ctx.files.dep])
follow = rule(implementation = _follow, attrs = {"dep": attr.label(allow_files = True)})
)";

class BuildSettingTest : public PrintingTest {
 protected:
  void SetUp() override {
    AnalysisTest::SetUp();
    Write("rules/BUILD.cow", "");
    Write("rules/defs.cow", kRules);
  }
  void WriteBuild(std::string_view text) override {
    Write("a/BUILD.cow",
          "load(\"//rules:defs.cow\", \"bool_flag\", \"bool_setting\", \"follow\", \"int_flag\", "
          "\"list_flag\", \"multi_flag\", \"repeatable_flag\", \"set_flag\", \"show\", "
          "\"string_flag\")\n" +
              std::string(text));
  }
  void SetFlags(std::vector<SettingFlag> flags) { request_.options.settings = std::move(flags); }
};

TEST_F(BuildSettingTest, ValuesHaveTheTypeOfTheSetting) {
  EXPECT_THAT(Print(R"(bool_flag(name = "t", build_setting_default = True))"),
              ElementsAre("t True"));
  SetFlags({{"//a:t", std::nullopt, true}});
  EXPECT_THAT(Print(R"(bool_flag(name = "t", build_setting_default = True))"),
              ElementsAre("t False"));
  SetFlags({{"//a:t", "42"}});
  EXPECT_THAT(Print(R"(int_flag(name = "t", build_setting_default = 1))"), ElementsAre("t 42"));
  SetFlags({{"//a:t", "b,a,b"}});
  EXPECT_THAT(Print(R"(list_flag(name = "t", build_setting_default = []))"),
              ElementsAre("t [\"b\", \"a\", \"b\"]"));
  EXPECT_THAT(Print(R"(set_flag(name = "t", build_setting_default = []))"),
              ElementsAre("t set([\"a\", \"b\"])"));
}

TEST_F(BuildSettingTest, RepeatedFlagsAddOrReplace) {
  SetFlags({{"//a:t", "a"}, {"//a:t", "b,c"}});
  EXPECT_THAT(Print(R"(string_flag(name = "t", build_setting_default = ""))"),
              ElementsAre("t \"b,c\""));
  EXPECT_THAT(Print(R"(multi_flag(name = "t", build_setting_default = "d"))"),
              ElementsAre("t [\"a\", \"b,c\"]"));
  EXPECT_THAT(Print(R"(repeatable_flag(name = "t", build_setting_default = ["d"]))"),
              ElementsAre("t [\"a\", \"b,c\"]"));
  EXPECT_THAT(Print(R"(list_flag(name = "t", build_setting_default = ["d"]))"),
              ElementsAre("t [\"b\", \"c\"]"));
}

TEST_F(BuildSettingTest, WrongFlagsAreNamed) {
  SetFlags({{"//a:t", "maybe"}});
  EXPECT_THAT(Fail(R"(bool_flag(name = "t", build_setting_default = True))"),
              HasSubstr("in --//a:t: 'maybe' is not a boolean"));
  SetFlags({{"//a:t", std::nullopt}});
  EXPECT_THAT(Fail(R"(int_flag(name = "t", build_setting_default = 1))"),
              HasSubstr("in --//a:t: a value is needed: --//a:t=VALUE"));
  SetFlags({{"//a:t", std::nullopt, true}});
  EXPECT_THAT(Fail(R"(int_flag(name = "t", build_setting_default = 1))"),
              HasSubstr("in --no//a:t: '//a:t' is not a boolean setting"));
  SetFlags({{"//a:tt", "x"}});
  EXPECT_THAT(Fail(R"(string_flag(name = "t", build_setting_default = ""))"),
              HasSubstr("in --//a:tt: no such target '//a:tt'"));
  SetFlags({{"//a:t", "x"}});
  EXPECT_THAT(Fail(R"(show(name = "t"))"),
              HasSubstr("in --//a:t: '//a:t' is not a build setting"));
  SetFlags({{"//a:t", std::nullopt}});
  EXPECT_THAT(Fail(R"(bool_setting(name = "t", build_setting_default = True))"),
              HasSubstr("not a flag: it cannot be set on the command line"));
}

TEST_F(BuildSettingTest, LabelFlagsLeadToWhatTheyAreSetTo) {
  constexpr char kText[] = R"(
label_flag(name = "flag", build_setting_default = "x.txt")
config_setting(name = "is_y", flag_values = {":flag": ":y.txt"})
follow(name = "t", dep = ":flag")
)";
  Write("a/x.txt", "");
  Write("a/y.txt", "");
  EXPECT_THAT(Print(kText), ElementsAre("//a:x.txt [\"a/x.txt\"]"));
  Write("b/BUILD.cow", "exports_files([\"y.txt\"])\n");
  Write("b/y.txt", "");
  SetFlags({{"//a:flag", "//b:y.txt"}});
  EXPECT_THAT(Print(kText), ElementsAre("//b:y.txt [\"b/y.txt\"]"));
}

constexpr char kAliases[] = R"(
string_flag(name = "real_flag", build_setting_default = "a")
alias(name = "flag", actual = ":real_flag")
config_setting(name = "real_b", flag_values = {":flag": "b"})
alias(name = "is_b", actual = ":real_b")
config_setting(name = "opt", values = {"compilation_mode": "opt"})
config_setting(name = "x86", constraint_values = [":any_cpu"])
alias(name = "any_cpu", actual = "@cow//platforms:x86_64")
config_setting(name = "never", define_values = {"never": "ever"})
alias(name = "opt_and_b", actual = select({":opt": ":is_b", "//conditions:default": ":never"}))
show(name = "t", values =
    select({":is_b": ["b"], "//conditions:default": ["-"]}) +
    select({":any_cpu": ["x86"], "//conditions:default": ["-"]}) +
    select({":x86": ["x86 too"], "//conditions:default": ["-"]}) +
    select({":opt_and_b": ["both"], "//conditions:default": ["-"]}))
)";

TEST_F(BuildSettingTest, ConditionsMayBeAliases) {
  EXPECT_THAT(Print(kAliases), ElementsAre("-,x86,x86 too,-"));
  SetFlags({{"//a:flag", "b"}});
  EXPECT_THAT(Print(kAliases), ElementsAre("b,x86,x86 too,-"));
  request_.options.Set("compilation_mode", "opt");
  EXPECT_THAT(Print(kAliases), ElementsAre("b,x86,x86 too,both"));
  SetFlags({});
  EXPECT_THAT(Print(kAliases), ElementsAre("-,x86,x86 too,-"));
}

TEST_F(BuildSettingTest, ConditionsMayNotDependOnThemselves) {
  EXPECT_THAT(Fail(R"(
alias(name = "x", actual = select({":x": ":y", "//conditions:default": ":y"}))
config_setting(name = "y", values = {"cpu": "x86_64"})
show(name = "t", values = select({":x": ["x"]}))
)"),
              HasSubstr("the condition '//a:x' depends on itself"));
}

TEST_F(BuildSettingTest, ListsHoldTheWantedValue) {
  constexpr char kText[] = R"(
list_flag(name = "flag", build_setting_default = [])
config_setting(name = "b", flag_values = {":flag": "b"})
show(name = "t", values = select({":b": ["has b"], "//conditions:default": ["no b"]}))
)";
  SetFlags({{"//a:flag", "a,b"}});
  EXPECT_THAT(Print(kText), ElementsAre("has b"));
  SetFlags({{"//a:flag", "a,c"}});
  EXPECT_THAT(Print(kText), ElementsAre("no b"));
  EXPECT_THAT(Fail(R"(
list_flag(name = "flag", build_setting_default = [])
config_setting(name = "b", flag_values = {":flag": "b,c"})
show(name = "t", values = select({":b": ["has b"], "//conditions:default": ["no b"]}))
)"),
              HasSubstr("Only single, exact values are allowed"));
}

TEST_F(BuildSettingTest, ConditionsAreOnlyUsableWhereVisible) {
  Write("b/BUILD.cow", R"(
config_setting(name = "open", values = {"cpu": "x86_64"})
config_setting(name = "closed", values = {"cpu": "x86_64"}, visibility = ["//visibility:private"])
)");
  EXPECT_THAT(Print(R"(show(name = "t", values = select({"//b:open": ["open"]})))"),
              ElementsAre("open"));
  EXPECT_THAT(Fail(R"(show(name = "t", values = select({"//b:closed": ["closed"]})))"),
              HasSubstr("target '//b:closed' is not visible from target '//a:t'"));
}

TEST_F(BuildSettingTest, UnknownNativeOptionsAreErrors) {
  EXPECT_THAT(Fail(R"(
config_setting(name = "x", values = {"compilation_mod": "opt"})
show(name = "t", values = select({":x": ["x"]}))
)"),
              HasSubstr("unrecognized option: compilation_mod (did you mean 'compilation_mode'?)"));
}

}  // namespace
}  // namespace cow::analysis
