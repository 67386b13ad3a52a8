// What BUILD files become.
#include <string>
#include <vector>

#include "engine/loading/select.h"
#include "engine/loading/workspace_fixture.h"
#include "engine/starlark/operations.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::loading {
namespace {

using testing::ElementsAre;

std::vector<std::string> Names(const std::vector<Label>& labels) {
  std::vector<std::string> names;
  for (const Label& label : labels) names.push_back(label.ToString());
  return names;
}

TEST(PackageTest, HasRulesFilesAndOutputs) {
  WorkspaceFixture fixture;
  fixture.Write("a/BUILD.cow",
                "genrule(name = \"g\", srcs = [\"in.txt\", \"//b:x\"], outs = [\"out.txt\"])\n"
                "filegroup(name = \"f\", srcs = [\":g\", \"out.txt\"])\n");
  fixture.Write("a/in.txt", "");
  absl::StatusOr<PackagePtr> package = fixture.Load("//a");
  ASSERT_TRUE(package.ok()) << package.status();
  std::vector<std::string> names;
  for (const auto& [name, target] : (*package)->targets()) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("BUILD.cow", "f", "g", "in.txt", "out.txt"));
  const Target& g = *(*package)->Find("g");
  EXPECT_EQ(g.location().ToString(), "a/BUILD.cow:1:8");
  EXPECT_EQ(g.rule_class().name(), "genrule");
  EXPECT_THAT(Names(g.LabelListAttr("srcs")), ElementsAre("//a:in.txt", "//b:x"));
  ASSERT_EQ(g.outputs().size(), 1u);
  EXPECT_EQ(g.outputs()[0].key, "outs");
  EXPECT_EQ((*package)->Find("out.txt")->kind(), Target::Kind::kOutputFile);
  EXPECT_EQ((*package)->Find("out.txt")->generating_rule().ToString(), "//a:g");
  EXPECT_EQ((*package)->Find("in.txt")->kind(), Target::Kind::kSourceFile);
  EXPECT_EQ(g.StringAttr("cmd"), "");
  EXPECT_FALSE(g.IsExplicit("cmd"));
}

TEST(PackageTest, LabelsOfMissingFilesAreNoTargets) {
  WorkspaceFixture fixture;
  fixture.Write("a/BUILD.cow", "filegroup(name = \"f\", srcs = [\"typo.txt\"])\n");
  fixture.Write("a/typos.txt", "");
  ASSERT_TRUE(fixture.Load("//a").ok());
  EXPECT_EQ(fixture.TargetOf("//a:typo.txt").status().message(),
            "no such target '//a:typo.txt': target 'typo.txt' not declared in package 'a' defined by a/BUILD.cow (did "
            "you mean 'typos.txt'?)");
}

TEST(PackageTest, KeepsSelectsWithLabelsResolved) {
  WorkspaceFixture fixture;
  fixture.Write("a/BUILD.cow",
                "filegroup(name = \"f\", srcs = [\"x\"] + select({\":c\": [\"y\"], \"//conditions:default\": None}))\n");
  absl::StatusOr<const Target*> target = fixture.TargetOf("//a:f");
  ASSERT_TRUE(target.ok()) << target.status();
  const auto* select = (*target)->Attr("srcs").As<SelectValue>();
  ASSERT_NE(select, nullptr);
  EXPECT_EQ(starlark::Repr((*target)->Attr("srcs")),
            "[Label(\"//a:x\")] + select({Label(\"//a:c\"): [Label(\"//a:y\")], Label(\"//conditions:default\"): None})");
  EXPECT_TRUE(IsDefaultCondition(select->parts()[1].branches[1].key));
}

TEST(PackageTest, DefaultVisibilityHoldsForEarlierTargetsToo) {
  WorkspaceFixture fixture;
  fixture.Write("a/BUILD.cow",
                "filegroup(name = \"f\")\nfilegroup(name = \"p\", visibility = [\"//visibility:private\"])\n"
                "package(default_visibility = [\"//b:__subpackages__\"], default_testonly = True)\n");
  EXPECT_EQ((*fixture.TargetOf("//a:f"))->visibility().ToString(), "//b:__subpackages__");
  EXPECT_EQ((*fixture.TargetOf("//a:p"))->visibility().ToString(), "//visibility:private");
  EXPECT_TRUE((*fixture.TargetOf("//a:f"))->testonly());
}

TEST(PackageTest, VisibilityErrorNamesBothTargetsAndTheCure) {
  WorkspaceFixture fixture;
  fixture.Write("a/BUILD.cow",
                "package_group(name = \"g\", packages = [\"//c/...\", \"-//c/d\"])\n"
                "filegroup(name = \"f\", visibility = [\":g\"])\n");
  const Target& f = **fixture.TargetOf("//a:f");
  EXPECT_TRUE(fixture.loader().CheckVisible(f, WorkspaceFixture::ParsedLabel("//c/x:y")).ok());
  EXPECT_TRUE(fixture.loader().CheckVisible(f, WorkspaceFixture::ParsedLabel("//a:y")).ok());
  EXPECT_EQ(fixture.loader().CheckVisible(f, WorkspaceFixture::ParsedLabel("//c/d:y")).message(),
            "target '//a:f' is not visible from target '//c/d:y': its visibility is [//a:g]; add \"//c/d:__pkg__\" there "
            "if you mean to use it");
}

TEST(PackageTest, MacroTargetsKnowTheirCallStack) {
  WorkspaceFixture fixture;
  fixture.Write("a/m.cow", "def m(name):\n    native.filegroup(name = name, srcs = [\"//b\", Label(\":q\")])\n");
  fixture.Write("a/BUILD.cow", "");
  fixture.Write("c/BUILD.cow", "load(\"//a:m.cow\", \"m\")\nm(name = \"x\")\n");
  absl::StatusOr<const Target*> target = fixture.TargetOf("//c:x");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ((*target)->location().ToString(), "c/BUILD.cow:2:2");
  ASSERT_EQ((*target)->call_stack().size(), 2u);
  EXPECT_EQ((*target)->call_stack()[1].function, "m");
  EXPECT_THAT(Names((*target)->LabelListAttr("srcs")), ElementsAre("//b:b", "//a:q"));
}

TEST(PackageTest, GlobDoesNotCrossPackages) {
  WorkspaceFixture fixture;
  for (const char* path : {"a/x.txt", "a/.hidden.txt", "a/d/e/y.txt", "a/d/z.cc", "a/sub/n.txt", "a/sub/BUILD.cow"}) {
    fixture.Write(path, "");
  }
  fixture.Write("a/BUILD.cow",
                "filegroup(name = \"all\", srcs = glob([\"**\"], exclude = [\"d/**/*.cc\"]))\n"
                "filegroup(name = \"top\", srcs = glob([\"*.txt\"]))\n"
                "filegroup(name = \"deep\", srcs = glob([\"d/**/*.txt\"]))\n"
                "filegroup(name = \"none\", srcs = glob([\"*.py\"], allow_empty = True))\n");
  EXPECT_THAT(Names((*fixture.TargetOf("//a:all"))->LabelListAttr("srcs")),
              ElementsAre("//a:.hidden.txt", "//a:BUILD.cow", "//a:d/e/y.txt", "//a:x.txt"));
  EXPECT_THAT(Names((*fixture.TargetOf("//a:top"))->LabelListAttr("srcs")), ElementsAre("//a:.hidden.txt", "//a:x.txt"));
  EXPECT_THAT(Names((*fixture.TargetOf("//a:deep"))->LabelListAttr("srcs")), ElementsAre("//a:d/e/y.txt"));
  EXPECT_THAT(Names((*fixture.TargetOf("//a:none"))->LabelListAttr("srcs")), ElementsAre());
}

TEST(PackageTest, GlobFollowsLinksButNotInCircles) {
  WorkspaceFixture fixture;
  fixture.Write("a/BUILD.cow", "filegroup(name = \"all\", srcs = glob([\"**/*.txt\"]))\n");
  fixture.Write("a/d/x.txt", "");
  fixture.Write("a/e/y.txt", "");
  ASSERT_TRUE(MakeSymlink("../e", fixture.root() + "/a/d/to_e").ok());
  ASSERT_TRUE(MakeSymlink("../d", fixture.root() + "/a/e/to_d").ok());
  ASSERT_TRUE(MakeSymlink("..", fixture.root() + "/a/e/up").ok());
  EXPECT_THAT(Names((*fixture.TargetOf("//a:all"))->LabelListAttr("srcs")),
              ElementsAre("//a:d/to_e/to_d/x.txt", "//a:d/to_e/y.txt", "//a:d/x.txt", "//a:e/to_d/to_e/y.txt",
                          "//a:e/to_d/x.txt", "//a:e/y.txt"));
}

TEST(PackageTest, ExistingRulesDescribeWhatWasDeclared) {
  WorkspaceFixture fixture;
  std::vector<std::string> printed;
  fixture.options.on_print = [&](std::string_view text) { printed.emplace_back(text); };
  fixture.Write("a/m.cow",
                "def m():\n    print(native.existing_rule(\"f\")[\"srcs\"], native.existing_rules().keys(), "
                "native.existing_rule(\"zz\"), native.package_name(), native.repository_name())\n");
  fixture.Write("a/BUILD.cow", "load(\":m.cow\", \"m\")\nfilegroup(name = \"f\", srcs = [\"x\", \"//b:y\"])\nm()\n");
  ASSERT_TRUE(fixture.Load("//a").ok());
  EXPECT_THAT(printed, ElementsAre("DEBUG: a/m.cow:2:10: (\":x\", \"//b:y\") [\"f\"] None a @"));
}

TEST(PackageTest, NativeRuleClassesAreKnown) {
  WorkspaceFixture fixture;
  fixture.Write("a/BUILD.cow",
                "config_setting(name = \"c\", values = {\"compilation_mode\": \"opt\"})\n"
                "alias(name = \"al\", actual = \":c\")\n"
                "host_tree(name = \"t\", manifest = \"m.txt\")\n"
                "toolchain(name = \"tc\", toolchain_type = \":tt\", toolchain = \":x\")\n"
                "exports_files([\"s.txt\"])\n");
  EXPECT_TRUE((*fixture.TargetOf("//a:c"))->rule_class().is_native());
  EXPECT_EQ((*fixture.TargetOf("//a:al"))->LabelAttr("actual")->ToString(), "//a:c");
  EXPECT_EQ((*fixture.TargetOf("//a:c"))->StringDictAttr("values")[0].second, "opt");
  EXPECT_EQ((*fixture.TargetOf("//a:s.txt"))->visibility().ToString(), "//visibility:public");
}

TEST(PackageTest, MissingExportedFileIsFoundOutWhenNeeded) {
  WorkspaceFixture fixture;
  fixture.Write("a/BUILD.cow", "exports_files([\"s.txt\", \"d\"])\n");
  fixture.Write("a/st.txt", "");
  fixture.Write("a/d/x", "");
  EXPECT_EQ(fixture.loader().SourceFilePath(**fixture.TargetOf("//a:s.txt")).status().message(),
            "missing input file '//a:s.txt' (did you mean 'st.txt'?)");
  EXPECT_EQ(fixture.loader().SourceFilePath(**fixture.TargetOf("//a:d")).status().message(),
            "'//a:d' is a directory; use glob([\"d/**\"]) to name its files");
}

TEST(PackageTest, ProgramsAreAPackage) {
  WorkspaceFixture fixture;
  fixture.WriteBelow("bin", "cow-pack", "x");
  absl::StatusOr<const Target*> target = fixture.TargetOf("@cow_bin//:cow-pack");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(*fixture.loader().SourceFilePath(**target), fixture.top() + "/bin/cow-pack");
}

TEST(PackageTest, BuiltinRepositoryHasNoPreludeInItsModules) {
  WorkspaceFixture fixture;
  fixture.WriteRules("x/BUILD.cow", "load(\":m.cow\", \"has\")\nfilegroup(name = str(has))\n");
  fixture.WriteRules("x/m.cow", "has = hasattr(native, \"filegroup\")\n");
  fixture.Write("x/BUILD.cow", "load(\":m.cow\", \"has\")\nfilegroup(name = str(has))\n");
  fixture.Write("x/m.cow", "has = hasattr(native, \"filegroup\")\n");
  EXPECT_TRUE(fixture.TargetOf("@cow//x:False").ok()) << fixture.ErrorOf("@cow//x");
  EXPECT_TRUE(fixture.TargetOf("//x:True").ok()) << fixture.ErrorOf("//x");
}

TEST(PackageTest, ExportHooksSeeGlobalsAndContributionsAreNames) {
  WorkspaceFixture fixture;
  std::vector<std::string> exported;
  fixture.options.environment.module_names.push_back(
      [](starlark::Heap& heap, starlark::Environment& environment) { environment.Set("seven", heap.NewInt(7)); });
  fixture.options.environment.on_export.push_back(
      [&](std::string_view name, starlark::Value) { exported.emplace_back(name); });
  fixture.Write("a/BUILD.cow", "load(\":m.cow\", \"mine\")\nmine(name = \"x\")\n");
  fixture.Write("a/m.cow", "def _i(ctx): pass\nmine = rule(implementation = _i)\nn = seven\nother = mine\n");
  ASSERT_TRUE(fixture.Load("//a").ok()) << fixture.ErrorOf("//a");
  EXPECT_EQ((*fixture.TargetOf("//a:x"))->rule_class().name(), "mine");
  EXPECT_THAT(exported, testing::Contains("mine"));
}

TEST(PackageTest, ImplicitOutputsAndBuildSettings) {
  WorkspaceFixture fixture;
  fixture.Write("a/BUILD.cow", "load(\":m.cow\", \"r\", \"flag\")\nr(name = \"x\")\nflag(name = \"f\", build_setting_default = True)\n");
  fixture.Write("a/m.cow",
                "def _i(ctx): pass\n"
                "r = rule(implementation = _i, outputs = {\"txt\": \"%{name}.txt\"}, toolchains = [\":t\", "
                "config_common.toolchain_type(\"//b:u\", mandatory = False)])\n"
                "flag = rule(implementation = _i, build_setting = config.bool(flag = True))\n");
  const Target& x = **fixture.TargetOf("//a:x");
  ASSERT_EQ(x.outputs().size(), 1u);
  EXPECT_EQ(x.outputs()[0].label.ToString(), "//a:x.txt");
  EXPECT_EQ(x.rule_class().definition().toolchains,
            (std::vector<ToolchainRequirement>{{WorkspaceFixture::ParsedLabel("//a:t"), true},
                                               {WorkspaceFixture::ParsedLabel("//b:u"), false}}));
  const Target& flag = **fixture.TargetOf("//a:f");
  EXPECT_TRUE(flag.BoolAttr("build_setting_default"));
  EXPECT_TRUE(flag.rule_class().definition().build_setting->is_flag());
}

TEST(PackageTest, ManyPackagesLoadInParallel) {
  WorkspaceFixture fixture;
  fixture.Write("m/BUILD.cow", "");
  fixture.Write("m/a.cow", "load(\":b.cow\", \"b\")\ndef a(name):\n    native.filegroup(name = name, srcs = b)\n");
  fixture.Write("m/b.cow", "b = [\"x\"]\n");
  fixture.Write("m/c1.cow", "load(\":c2.cow\", \"y\")\nx = 1\n");
  fixture.Write("m/c2.cow", "load(\":c1.cow\", \"x\")\ny = 1\n");
  std::vector<PackageId> ids;
  for (int i = 0; i < 60; ++i) {
    std::string name = "p" + std::to_string(i);
    fixture.Write(name + "/BUILD.cow", i % 10 == 0 ? "load(\"//m:c1.cow\", \"x\")\n"
                                                   : "load(\"//m:a.cow\", \"a\")\na(name = \"t\")\nx = glob([\"**\"])\n");
    ids.push_back(WorkspaceFixture::ParsedLabel("//" + name + ":t").package());
  }
  fixture.loader();
  PackageLoader loader(fixture.workspace(), 8);
  std::vector<absl::StatusOr<PackagePtr>> packages = loader.LoadAll(ids);
  for (size_t i = 0; i < packages.size(); ++i) EXPECT_EQ(packages[i].ok(), i % 10 != 0) << packages[i].status();
}

TEST(PackageTest, WhatParallelLoadsPrintComesInTheOrderOfFiles) {
  WorkspaceFixture workspace;
  std::vector<std::string> printed;
  workspace.options.on_print = [&](std::string_view text) { printed.emplace_back(text); };
  workspace.Write("defs.cow", "print(\"defs\")\nx = 1\n");
  workspace.Write("BUILD.cow", "");
  std::vector<PackageId> ids;
  for (const char* name : {"c", "a", "d", "b"}) {
    workspace.Write(absl::StrCat(name, "/BUILD.cow"),
                    absl::StrCat("load(\"//:defs.cow\", \"x\")\nprint(\"", name, "\")\nprint(x)\n"));
    ids.push_back(*PackageId::Create("", name));
  }
  for (const absl::StatusOr<PackagePtr>& package : workspace.loader().LoadAll(ids)) EXPECT_TRUE(package.ok());
  EXPECT_THAT(printed, testing::ElementsAre("DEBUG: defs.cow:1:6: defs",  //
                                            "DEBUG: a/BUILD.cow:2:6: a", "DEBUG: a/BUILD.cow:3:6: 1",
                                            "DEBUG: b/BUILD.cow:2:6: b", "DEBUG: b/BUILD.cow:3:6: 1",
                                            "DEBUG: c/BUILD.cow:2:6: c", "DEBUG: c/BUILD.cow:3:6: 1",
                                            "DEBUG: d/BUILD.cow:2:6: d", "DEBUG: d/BUILD.cow:3:6: 1"));
}

TEST(PackageTest, FilesReadNamesTextsAndDirectories) {
  WorkspaceFixture fixture;
  fixture.Write("a/BUILD.cow", "filegroup(name = \"f\", srcs = glob([\"d/*\"]))\n");
  fixture.Write("a/d/x", "");
  ASSERT_TRUE(fixture.Load("//a").ok());
  std::vector<std::string> read;
  for (const FileRead& file : fixture.loader().FilesRead()) read.push_back(file.path);
  EXPECT_THAT(read, testing::IsSupersetOf({fixture.root() + "/WORKSPACE.cow", fixture.root() + "/a/BUILD.cow",
                                           fixture.root() + "/a/d", fixture.top() + "/rules/prelude.cow"}));
}

}  // namespace
}  // namespace cow::loading
