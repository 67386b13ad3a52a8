// rule(): computed defaults, outputs, initializers, parents; attr types; native functions.
#include <string>
#include <vector>

#include "engine/loading/workspace_fixture.h"
#include "engine/starlark/operations.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::loading {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Texts(const std::vector<Label>& labels) {
  std::vector<std::string> texts;
  for (const Label& label : labels) texts.push_back(label.ToString());
  return texts;
}

class RuleParametersTest : public testing::Test {
 protected:
  // Writes a/defs.bzl and a/BUILD.cow, which loads `names` from it.
  void Files(std::string_view defs, std::string_view names, std::string_view build) {
    fixture_.Write("a/defs.bzl", absl::StrCat("def _nothing(ctx):\n    return []\n", defs));
    fixture_.Write("a/BUILD.cow", absl::StrCat("load(\":defs.bzl\", ", names, ")\n", build, "\n"));
    fixture_.options.on_print = [this](std::string_view text) { printed_ += text; };
  }
  const Target& TargetOf(std::string_view label) {
    absl::StatusOr<const Target*> target = fixture_.TargetOf(label);
    if (target.ok()) return **target;
    ADD_FAILURE() << target.status().message();
    static const Target kNone;
    return kNone;
  }

  WorkspaceFixture fixture_;
  std::string printed_;
};

TEST_F(RuleParametersTest, DefaultsAreComputedFromOtherAttributes) {
  Files(R"(
def _tool(name, kind):
    return Label("//a:" + kind + "_" + name)

r = rule(implementation = _nothing, attrs = {
    "kind": attr.string(default = "k"),
    "_tool": attr.label(default = _tool),
})
)", "\"r\"", "r(name = \"x\")\nr(name = \"y\", kind = \"z\")");
  EXPECT_EQ(TargetOf("//a:x").LabelAttr("_tool")->ToString(), "//a:k_x");
  EXPECT_EQ(TargetOf("//a:y").LabelAttr("_tool")->ToString(), "//a:z_y");
}

TEST_F(RuleParametersTest, OutputsMayBeAFunction) {
  Files(R"(
def _outs(name, kind):
    return {"main": "%{name}." + kind, "log": "logs/%{name}.log"}

r = rule(implementation = _nothing, attrs = {"kind": attr.string()}, outputs = _outs)
)", "\"r\"", "r(name = \"x\", kind = \"o\")");
  const Target& target = TargetOf("//a:x");
  ASSERT_EQ(target.outputs().size(), 2u);
  EXPECT_EQ(target.outputs()[0].label.ToString(), "//a:x.o");
  EXPECT_EQ(target.outputs()[1].key, "log");
  EXPECT_EQ(TargetOf("//a:logs/x.log").kind(), Target::Kind::kOutputFile);
}

TEST_F(RuleParametersTest, InitializersReplaceAttributesOfTheRuleAndItsParents) {
  Files(R"(
def _parent_init(name, word = "parent", **kwargs):
    return {"word": word + "!"}

def _child_init(name, word = "child", **kwargs):
    return {"word": word, "more": name}

base = rule(implementation = _nothing, initializer = _parent_init, extendable = True,
            attrs = {"word": attr.string(), "deps": attr.label_list()})
child = rule(implementation = _nothing, parent = base, initializer = _child_init, attrs = {"more": attr.string()})
)", "\"base\", \"child\"",
        "base(name = \"b\")\nchild(name = \"c\", deps = [\":b\"])\nchild(name = \"d\", word = \"w\")");
  EXPECT_EQ(TargetOf("//a:b").StringAttr("word"), "parent!");
  EXPECT_EQ(TargetOf("//a:c").StringAttr("word"), "child!");
  EXPECT_EQ(TargetOf("//a:c").StringAttr("more"), "c");
  EXPECT_THAT(Texts(TargetOf("//a:c").LabelListAttr("deps")), ElementsAre("//a:b"));
  EXPECT_EQ(TargetOf("//a:d").StringAttr("word"), "w!");
}

TEST_F(RuleParametersTest, RulesThatAreNotExtendableHaveNoChildren) {
  Files("base = rule(implementation = _nothing)\nchild = rule(implementation = _nothing, parent = base)\n",
        "\"child\"", "");
  EXPECT_THAT(fixture_.ErrorOf("//a"), HasSubstr("is not extendable"));
}

TEST_F(RuleParametersTest, LabelsInDictsAreDependencies) {
  Files(R"(
r = rule(implementation = _nothing, attrs = {
    "by_name": attr.string_keyed_label_dict(),
    "lists": attr.label_list_dict(),
    "by_label": attr.label_keyed_string_dict(),
})
)", "\"r\"", R"(r(name = "x", by_name = {"one": ":a"}, lists = {"two": [":b", "//c"]}, by_label = {":d": "e"}))");
  const Target& target = TargetOf("//a:x");
  EXPECT_THAT(Texts(LabelsOf(target.Attr("by_name"))), ElementsAre("//a:a"));
  EXPECT_THAT(Texts(LabelsOf(target.Attr("lists"))), ElementsAre("//a:b", "//c:c"));
  EXPECT_THAT(Texts(LabelsOf(target.Attr("by_label"))), ElementsAre("//a:d"));
}

TEST_F(RuleParametersTest, ALabelIsAKeyOnce) {
  Files("r = rule(implementation = _nothing, attrs = {\"d\": attr.label_keyed_string_dict()})\n", "\"r\"",
        R"(r(name = "x", d = {":y": "1", "//a:y": "2"}))");
  EXPECT_THAT(fixture_.ErrorOf("//a"), HasSubstr("label '//a:y' is a key twice in attribute 'd' in 'r' rule"));
}

TEST_F(RuleParametersTest, ConfigurationFieldsAreKnownOrRefused) {
  Files("r = rule(implementation = _nothing, attrs = {\"_t\": attr.label(default = configuration_field(\"cpp\", "
        "\"cc_toolchain\")), \"_c\": attr.label(default = configuration_field(fragment = \"coverage\", name = "
        "\"output_generator\"))})\n", "\"r\"", "r(name = \"x\")");
  EXPECT_EQ(TargetOf("//a:x").LabelAttr("_t")->ToString(), "@bazel_tools//tools/cpp:current_cc_toolchain");
  EXPECT_FALSE(TargetOf("//a:x").LabelAttr("_c"));
  fixture_.Write("b/BUILD.cow", "load(\":d.bzl\", \"x\")\n");
  fixture_.Write("b/d.bzl", "x = configuration_field(\"apple\", \"xcode_config_label\")\n");
  EXPECT_THAT(fixture_.ErrorOf("//b"), HasSubstr("there is no field 'xcode_config_label' on configuration fragment 'apple'"));
}

TEST_F(RuleParametersTest, ExistingRulesAreViewsOfTheMoment) {
  Files(R"(
def look():
    before = native.existing_rules()
    native.filegroup(name = "late", srcs = ["x.txt"])
    print(len(before), "late" in before, list(before), sorted(dict(native.existing_rules())))
    rule = native.existing_rule("early")
    print(rule["srcs"], rule.get("nothing", 7), "kind" in rule, dict(rule)["kind"], native.existing_rule("none"))
)", "\"look\"", "filegroup(name = \"early\", srcs = [\":z\", \"//b:c\"])\nlook()");
  EXPECT_EQ(fixture_.ErrorOf("//a"), "");
  EXPECT_THAT(printed_, HasSubstr("1 False [\"early\"] [\"early\", \"late\"]"));
  EXPECT_THAT(printed_, HasSubstr("(\":z\", \"//b:c\") 7 True filegroup None"));
}

TEST_F(RuleParametersTest, NativeFunctionsSayWhereTheyAre) {
  Files(R"(
def look():
    print(native.package_name(), native.repo_name(), native.module_name(), native.module_version())
    print(native.package_relative_label(":x"), native.package_relative_label(Label("//b:y")))
    print(native.package_default_visibility())
)", "\"look\"", "package(default_visibility = [\"//b:__pkg__\"])\nlook()");
  EXPECT_EQ(fixture_.ErrorOf("//a"), "");
  EXPECT_THAT(printed_, HasSubstr("a  None None"));
  EXPECT_THAT(printed_, HasSubstr("//a:x //b:y"));
  EXPECT_THAT(printed_, HasSubstr("[Label(\"//b:__pkg__\")]"));
}

struct AspectErrorCase {
  std::string name;
  std::string text;
  std::string error;
};

class AspectErrorTest : public testing::TestWithParam<AspectErrorCase> {};

TEST_P(AspectErrorTest, IsToldWhereTheAspectIsDefined) {
  WorkspaceFixture fixture;
  fixture.Write("a/d.bzl", absl::StrCat("def _i(target, ctx):\n    return []\n", GetParam().text, "\n"));
  fixture.Write("a/BUILD.cow", "load(\":d.bzl\", \"x\")\n");
  EXPECT_THAT(fixture.ErrorOf("//a"), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, AspectErrorTest,
    testing::Values(
        AspectErrorCase{"ParameterType", "x = aspect(_i, attrs = {\"p\": attr.label()})",
                        "aspect parameter attribute 'p' must have type 'bool', 'int' or 'string'"},
        AspectErrorCase{"PrivateDefault", "x = aspect(_i, attrs = {\"_p\": attr.label()})",
                        "aspect attribute '_p' has no default value"},
        AspectErrorCase{"BadDefault",
                        "x = aspect(_i, attrs = {\"p\": attr.string(values = [\"a\"], default = \"b\")})",
                        "aspect parameter attribute 'p' has a bad default value: \"b\" is not among its values"},
        AspectErrorCase{"NoAspect", "x = attr.label_list(aspects = [1])",
                        "at index 0 of aspects, got element of type 'int', want 'Aspect'"},
        AspectErrorCase{"Twice", "_a = aspect(_i)\nx = attr.label_list(aspects = [_a, _a])", "added more than once"},
        AspectErrorCase{"Unsupported", "x = aspect(_i, propagation_predicate = [1])",
                        "aspect(): parameter 'propagation_predicate' is not supported"},
        AspectErrorCase{"Unknown", "x = aspect(_i, colour = 1)", "aspect() got unexpected keyword argument: colour"}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace cow::loading
