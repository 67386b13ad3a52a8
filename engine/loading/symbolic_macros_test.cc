// Symbolic macros: what they declare, what their targets are called, who sees them.
#include <string>
#include <vector>

#include "engine/loading/select.h"
#include "engine/loading/workspace_fixture.h"
#include "engine/starlark/operations.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::loading {
namespace {

using testing::HasSubstr;

// A macro of //lib that declares a part nobody else sees and a main target.
constexpr char kPair[] = R"(
def _pair_impl(name, visibility, srcs, note, tags):
    if note != None and type(note) != "string":
        fail("note is configurable")
    native.filegroup(name = name + "_part", srcs = srcs)
    native.filegroup(name = name, srcs = [name + "_part", "//lib:helper"], visibility = visibility, tags = tags)

pair = macro(
    implementation = _pair_impl,
    attrs = {
        "srcs": attr.label_list(mandatory = True),
        "note": attr.string(configurable = False),
        "tags": attr.string_list(configurable = False),
    },
)
)";

void WritePair(WorkspaceFixture& fixture) {
  fixture.Write("lib/BUILD.cow", "filegroup(name = \"helper\")\n");
  fixture.Write("lib/pair.bzl", kPair);
}

TEST(SymbolicMacroTest, DeclaresTargetsThatSeeAsItsFileDoes) {
  WorkspaceFixture fixture;
  WritePair(fixture);
  fixture.Write("a/BUILD.cow", "load(\"//lib:pair.bzl\", \"pair\")\npair(name = \"m\", srcs = [\"x.txt\"])\n");
  fixture.Write("a/x.txt", "");
  absl::StatusOr<PackagePtr> package = fixture.Load("//a");
  ASSERT_TRUE(package.ok()) << package.status();
  const Target& main = *(*package)->Find("m");
  const Target& part = *(*package)->Find("m_part");
  const Target& file = *(*package)->Find("x.txt");
  EXPECT_EQ(main.location().ToString(), "a/BUILD.cow:2:5");
  EXPECT_EQ(part.visibility().ToString(), "//lib:__pkg__");
  EXPECT_EQ(main.visibility().ToString(), "//a:__pkg__, //lib:__pkg__");
  PackageLoader& loader = fixture.loader();
  const Target& helper = **fixture.TargetOf("//lib:helper");
  EXPECT_TRUE(loader.CheckVisible(helper, main).ok());  // by the macro
  EXPECT_TRUE(loader.CheckVisible(part, main).ok());
  EXPECT_TRUE(loader.CheckVisible(file, part).ok());    // by the caller, who gave it
}

TEST(SymbolicMacroTest, TargetsOfTheBuildFileDoNotSeeItsParts) {
  WorkspaceFixture fixture;
  WritePair(fixture);
  fixture.Write("a/BUILD.cow",
                "load(\"//lib:pair.bzl\", \"pair\")\npair(name = \"m\", srcs = [])\n"
                "filegroup(name = \"f\", srcs = [\":m\", \":m_part\"])\n");
  ASSERT_TRUE(fixture.Load("//a").ok());
  const Target& user = **fixture.TargetOf("//a:f");
  EXPECT_TRUE(fixture.loader().CheckVisible(**fixture.TargetOf("//a:m"), user).ok());
  EXPECT_THAT(std::string(fixture.loader().CheckVisible(**fixture.TargetOf("//a:m_part"), user).message()),
              HasSubstr("target '//a:m_part' is not visible from target '//a:f'"));
}

TEST(SymbolicMacroTest, ConfigurableAttributesAreSelects) {
  WorkspaceFixture fixture;
  fixture.Write("a/m.bzl", R"(
def _impl(name, visibility, word, fixed):
    print(type(word), type(fixed), visibility)
    native.filegroup(name = name, path = word)

m = macro(implementation = _impl, attrs = {"word": attr.string(), "fixed": attr.string(configurable = False)})
)");
  fixture.Write("a/BUILD.cow", "load(\":m.bzl\", \"m\")\nm(name = \"x\", word = \"w\", fixed = \"f\")\n");
  std::string printed;
  fixture.options.on_print = [&](std::string_view text) { printed += text; };
  absl::StatusOr<PackagePtr> package = fixture.Load("//a");
  ASSERT_TRUE(package.ok()) << package.status();
  EXPECT_THAT(printed, HasSubstr("select string [Label(\"//a:__pkg__\")]"));
  const auto* select = (*package)->Find("x")->Attr("path").As<SelectValue>();
  ASSERT_NE(select, nullptr);
  EXPECT_TRUE(IsDefaultCondition(select->parts()[0].branches[0].key));
}

TEST(SymbolicMacroTest, InheritedAttributesArriveAsNone) {
  WorkspaceFixture fixture;
  fixture.Write("a/m.bzl", R"(
def _impl(name, visibility, data, **kwargs):
    if data != None or kwargs["tags"] != None:
        fail("inherited attributes have no default")
    native.filegroup(name = name, data = data, visibility = visibility, **kwargs)

m = macro(implementation = _impl, inherit_attrs = native.filegroup, attrs = {"path": None})
)");
  fixture.Write("a/BUILD.cow", "load(\":m.bzl\", \"m\")\nm(name = \"x\", srcs = [\"y\"])\n");
  absl::StatusOr<PackagePtr> package = fixture.Load("//a");
  ASSERT_TRUE(package.ok()) << package.status();
  EXPECT_FALSE((*package)->Find("x")->IsExplicit("tags"));
  fixture.Write("b/BUILD.cow", "load(\"//a:m.bzl\", \"m\")\nm(name = \"x\", path = \"y\")\n");
  EXPECT_THAT(fixture.ErrorOf("//b"), HasSubstr("b/BUILD.cow:2:2: error: //b:x: no such attribute 'path' in 'm' macro"));
}

TEST(SymbolicMacroTest, FinalizersSeeAllOtherRules) {
  WorkspaceFixture fixture;
  fixture.Write("a/m.bzl", R"(
def _impl(name, visibility):
    for rule in native.existing_rules():
        native.filegroup(name = name + "_" + rule, srcs = [":" + rule])

m = macro(implementation = _impl, finalizer = True)
)");
  fixture.Write("a/BUILD.cow",
                "load(\":m.bzl\", \"m\")\nm(name = \"all\")\nfilegroup(name = \"one\")\nfilegroup(name = \"two\")\n");
  absl::StatusOr<PackagePtr> package = fixture.Load("//a");
  ASSERT_TRUE(package.ok()) << package.status();
  ASSERT_NE((*package)->Find("all_two"), nullptr);
  EXPECT_EQ((*package)->Find("all_two")->location().ToString(), "a/BUILD.cow:2:2");
}

TEST(SymbolicMacroTest, NamesOutsideTheirNamespaceCannotBeBuilt) {
  WorkspaceFixture fixture;
  fixture.Write("a/m.bzl", "def _impl(name, visibility):\n    native.filegroup(name = \"other\")\n"
                           "m = macro(implementation = _impl)\n");
  fixture.Write("a/BUILD.cow", "load(\":m.bzl\", \"m\")\nm(name = \"x\")\n");
  ASSERT_TRUE(fixture.Load("//a").ok());
  EXPECT_THAT(std::string(fixture.TargetOf("//a:other").status().message()),
              HasSubstr("a/BUILD.cow:2:2: error: target //a:other declared in symbolic macro 'x' violates macro naming "
                        "rules and cannot be built"));
}

struct MacroErrorCase {
  std::string name;
  std::string body;  // of the macro's function
  std::string call;
  std::string error;
};

class MacroErrorTest : public testing::TestWithParam<MacroErrorCase> {};

TEST_P(MacroErrorTest, IsToldWithItsPlace) {
  WorkspaceFixture fixture;
  fixture.Write("a/m.bzl", "def _impl(name, visibility, word):\n    " + GetParam().body +
                               "\nm = macro(implementation = _impl, attrs = {\"word\": attr.string(mandatory = True, "
                               "configurable = False)})\n");
  fixture.Write("a/BUILD.cow", "load(\":m.bzl\", \"m\")\n" + GetParam().call + "\n");
  EXPECT_THAT(fixture.ErrorOf("//a"), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, MacroErrorTest,
    testing::Values(
        MacroErrorCase{"Mandatory", "pass", "m(name = \"x\")",
                       "a/BUILD.cow:2:2: error: //a:x: missing value for mandatory attribute 'word' in 'm' macro"},
        MacroErrorCase{"Type", "pass", "m(name = \"x\", word = 1)",
                       "expected value of type 'string' for attribute 'word' in 'm' macro, but got 1 (int)"},
        MacroErrorCase{"Name", "pass", "m(word = \"w\")", "error: m macro has no 'name' attribute"},
        MacroErrorCase{"Positional", "pass", "m(\"x\")", "m() takes no positional arguments"},
        MacroErrorCase{"Twice", "pass", "m(name = \"x\", word = \"w\")\nm(name = \"x\", word = \"w\")",
                       "a/BUILD.cow:3:2: error: macro 'x' conflicts with an existing macro 'x'"},
        MacroErrorCase{"Returns", "return 1", "m(name = \"x\", word = \"w\")",
                       "macro 'm' may not return a non-None value (got 1)"},
        MacroErrorCase{"Glob", "native.glob([\"*\"])", "m(name = \"x\", word = \"w\")",
                       "glob() can only be used while evaluating a BUILD file or a legacy macro, not in symbolic macro 'm'"},
        MacroErrorCase{"ExistingRules", "native.existing_rules()", "m(name = \"x\", word = \"w\")",
                       "existing_rules() can only be used while evaluating a BUILD file or a legacy macro or a rule "
                       "finalizer, not in symbolic macro 'm'"}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace cow::loading
