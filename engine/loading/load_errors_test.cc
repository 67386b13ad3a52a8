// What a person reads when a file is wrong. One row per mistake; the texts are complete.
#include <string>
#include <utility>
#include <vector>

#include "engine/loading/workspace_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::loading {
namespace {

struct ErrorCase {
  std::string name{};
  std::vector<std::pair<std::string, std::string>> files{};  // below package p
  std::string error{};                                       // of //p
};

const std::vector<ErrorCase>& Cases() {
  static const std::vector<ErrorCase> kCases = {
      {"BzlTopLevelStatements",
       {{"BUILD.cow", "load(\":t.cow\", \"x\")\n"},
        {"t.cow", "x = 1\nfor i in [1]:\n    pass\nif x:\n    y = 2\nx += 1\n"}},
       "p/t.cow:2:1: error: for loops are not allowed at the top level; you may move it inside a function or use a comprehension, [f(x) for x in sequence]\n"
       "  for i in [1]:\n"
       "  ^\n"
       "p/t.cow:4:1: error: if statements are not allowed at the top level; you may move it inside a function or use an if expression (x if condition else y)\n"
       "  if x:\n"
       "  ^\n"
       "p/t.cow:6:1: error: 'x' redeclared at top level\n"
       "  x += 1\n"
       "  ^\n"
       "note: previously declared at p/t.cow:1:1\n"
       "note: '//p:t.cow' is loaded at p/BUILD.cow:1:6"},
      {"Recursion",
       {{"BUILD.cow", "load(\":t.cow\", \"z\")\n"},
        {"t.cow", "def f(n):\n    return g(n - 1)\ndef g(n):\n    return f(n)\nz = f(3)\n"}},
       "Traceback (most recent call last):\n"
       "\tFile \"p/t.cow\", line 5, column 6, in <toplevel>\n"
       "\t\tz = f(3)\n"
       "\tFile \"p/t.cow\", line 2, column 13, in f\n"
       "\t\treturn g(n - 1)\n"
       "\tFile \"p/t.cow\", line 4, column 13, in g\n"
       "\t\treturn f(n)\n"
       "Error: function 'f' called recursively\n"
       "note: '//p:t.cow' is loaded at p/BUILD.cow:1:6"},
      {"MissingLoadedFile",
       {{"BUILD.cow", "load(\"//p:nofile.cow\", \"x\")\n"}},
       "p/BUILD.cow:1:6: error: cannot load '//p:nofile.cow': no such file\n"
       "  load(\"//p:nofile.cow\", \"x\")\n"
       "       ^"},
      {"MissingLoadedFileWithSuggestion",
       {{"BUILD.cow", "load(\":deps.cow\", \"x\")\n"}, {"defs.cow", "x = 1\n"}},
       "p/BUILD.cow:1:6: error: cannot load '//p:deps.cow': no such file (did you mean 'defs.cow'?)\n"
       "  load(\":deps.cow\", \"x\")\n"
       "       ^"},
      {"LoadFromNoPackage",
       {{"BUILD.cow", "load(\"//q:defs.cow\", \"x\")\n"}},
       "p/BUILD.cow:1:6: error: cannot load '//q:defs.cow': 'q' is not a package (it has no BUILD.cow)\n"
       "  load(\"//q:defs.cow\", \"x\")\n"
       "       ^"},
      {"MissingSymbol",
       {{"BUILD.cow", "load(\":defs.cow\", \"nosuchthing\", my = \"macr\")\n"}, {"defs.cow", "macro = 1\n"}},
       "p/BUILD.cow:1:19: error: file '//p:defs.cow' does not contain symbol 'nosuchthing'\n"
       "  load(\":defs.cow\", \"nosuchthing\", my = \"macr\")\n"
       "                    ^\n"
       "p/BUILD.cow:1:39: error: file '//p:defs.cow' does not contain symbol 'macr' (did you mean 'macro'?)\n"
       "  load(\":defs.cow\", \"nosuchthing\", my = \"macr\")\n"
       "                                        ^"},
      {"LoadCycle",
       {{"BUILD.cow", "load(\":c1.cow\", \"x\")\n"},
        {"c1.cow", "load(\":c2.cow\", \"y\")\nx = 1\n"},
        {"c2.cow", "load(\":c1.cow\", \"x\")\ny = 1\n"}},
       "p/c2.cow:1:6: error: load cycle: //p:c1.cow -> //p:c2.cow -> //p:c1.cow\n"
       "  load(\":c1.cow\", \"x\")\n"
       "       ^"},
      {"LoadErrorNamesWhoLoads",
       {{"BUILD.cow", "load(\":a.cow\", \"x\")\n"}, {"a.cow", "load(\":b.cow\", \"y\")\nx = 1\n"}, {"b.cow", "y = nope\n"}},
       "p/b.cow:1:5: error: name 'nope' is not defined\n"
       "  y = nope\n"
       "      ^\n"
       "note: '//p:b.cow' is loaded at p/a.cow:1:6\n"
       "note: '//p:a.cow' is loaded at p/BUILD.cow:1:6"},
      {"LoadNotVisible",
       {{"BUILD.cow", "load(\"//q:defs.cow\", \"x\")\n"},
        {"../q/BUILD.cow", ""},
        {"../q/defs.cow", "visibility(\"private\")\nx = 1\n"}},
       "p/BUILD.cow:1:6: error: file '//q:defs.cow' may not be loaded from package 'p': see its call of visibility()\n"
       "  load(\"//q:defs.cow\", \"x\")\n"
       "       ^"},
      {"UndefinedNames",
       {{"BUILD.cow", "filegroup(name = undefined_thing, srcs = [prnt])\n"}},
       "p/BUILD.cow:1:18: error: name 'undefined_thing' is not defined\n"
       "  filegroup(name = undefined_thing, srcs = [prnt])\n"
       "                   ^\n"
       "p/BUILD.cow:1:43: error: name 'prnt' is not defined (did you mean 'print'?)\n"
       "  filegroup(name = undefined_thing, srcs = [prnt])\n"
       "                                            ^"},
      {"WrongType",
       {{"BUILD.cow", "filegroup(name = \"a\", srcs = \"x\")\n"}},
       "p/BUILD.cow:1:10: error: //p:a: expected value of type 'list(label)' for attribute 'srcs' in 'filegroup' rule, "
       "but got \"x\" (string)\n"
       "  filegroup(name = \"a\", srcs = \"x\")\n"
       "           ^"},
      {"WrongElement",
       {{"BUILD.cow", "filegroup(name = \"a\", srcs = [1])\n"}},
       "p/BUILD.cow:1:10: error: //p:a: expected value of type 'string' for element 0 of attribute 'srcs' in 'filegroup' "
       "rule, but got 1 (int)\n"
       "  filegroup(name = \"a\", srcs = [1])\n"
       "           ^"},
      {"NoName",
       {{"BUILD.cow", "filegroup(srcs = [])\n"}},
       "p/BUILD.cow:1:10: error: filegroup rule has no 'name' attribute\n"
       "  filegroup(srcs = [])\n"
       "           ^"},
      {"BadName",
       {{"BUILD.cow", "filegroup(name = \"a b:c\")\n"}},
       "p/BUILD.cow:1:10: error: illegal rule name: a b:c: invalid target name 'a b:c': target names may not contain ':'\n"
       "  filegroup(name = \"a b:c\")\n"
       "           ^"},
      {"DuplicateName",
       {{"BUILD.cow", "filegroup(name = \"a\")\nfilegroup(name = \"a\")\n"}},
       "p/BUILD.cow:2:10: error: filegroup rule 'a' in package 'p' conflicts with existing filegroup rule, defined at "
       "p/BUILD.cow:1:10\n"
       "  filegroup(name = \"a\")\n"
       "           ^"},
      {"DuplicateOutput",
       {{"BUILD.cow", "genrule(name = \"a\", outs = [\"o\"])\ngenrule(name = \"b\", outs = [\"o\"])\n"}},
       "p/BUILD.cow:2:8: error: generated file 'o' in rule 'b' conflicts with existing generated file from rule 'a', "
       "defined at p/BUILD.cow:1:8\n"
       "  genrule(name = \"b\", outs = [\"o\"])\n"
       "         ^"},
      {"BadLabel",
       {{"BUILD.cow", "filegroup(name = \"a\", srcs = [\"//foo:bar:baz\", \"../x\", \"a//b\"])\n"}},
       "p/BUILD.cow:1:10: error: //p:a: invalid label '//foo:bar:baz' in element 0 of attribute 'srcs' in 'filegroup' "
       "rule: invalid target name 'bar:baz': target names may not contain ':'\n"
       "  filegroup(name = \"a\", srcs = [\"//foo:bar:baz\", \"../x\", \"a//b\"])\n"
       "           ^"},
      {"DuplicateLabel",
       {{"BUILD.cow", "filegroup(name = \"a\", srcs = [\":x\", \"x\"])\n"}},
       "p/BUILD.cow:1:10: error: //p:a: label '//p:x' is duplicated in attribute 'srcs' in 'filegroup' rule\n"
       "  filegroup(name = \"a\", srcs = [\":x\", \"x\"])\n"
       "           ^"},
      {"UnknownAttribute",
       {{"BUILD.cow", "filegroup(name = \"a\", src = [])\n"}},
       "p/BUILD.cow:1:10: error: //p:a: no such attribute 'src' in 'filegroup' rule (did you mean 'srcs'?)\n"
       "  filegroup(name = \"a\", src = [])\n"
       "           ^"},
      {"MissingMandatoryAttribute",
       {{"BUILD.cow", "genrule(name = \"a\")\n"}},
       "p/BUILD.cow:1:8: error: //p:a: missing value for mandatory attribute 'outs' in 'genrule' rule\n"
       "  genrule(name = \"a\")\n"
       "         ^"},
      {"MixedVisibility",
       {{"BUILD.cow", "filegroup(name = \"a\", visibility = [\"//p/other:__pkg__\", \"//visibility:private\"])\n"
                      "filegroup(name = \"b\", visibility = [\"//visibility:nope\"])\n"}},
       "p/BUILD.cow:1:10: error: //p:a: public or private visibility labels (e.g. //visibility:public or "
       "//visibility:private) cannot be used in combination with other labels\n"
       "  filegroup(name = \"a\", visibility = [\"//p/other:__pkg__\", \"//visibility:private\"])\n"
       "           ^\n"
       "p/BUILD.cow:2:10: error: //p:b: invalid visibility label '//visibility:nope': only //visibility:public and "
       "//visibility:private exist\n"
       "  filegroup(name = \"b\", visibility = [\"//visibility:nope\"])\n"
       "           ^"},
      {"EmptySelect",
       {{"BUILD.cow", "filegroup(name = \"a\", srcs = select({}))\n"}},
       "p/BUILD.cow:1:36: error: select({}) with an empty dictionary can never resolve because it includes no conditions "
       "to match\n"
       "  filegroup(name = \"a\", srcs = select({}))\n"
       "                                     ^"},
      {"SelectPlusString",
       {{"BUILD.cow", "filegroup(name = \"a\", srcs = select({\":x\": [\"a\"]}) + \"str\")\n"}},
       "p/BUILD.cow:1:52: error: '+' operator applied to incompatible types (select of list, string)\n"
       "  filegroup(name = \"a\", srcs = select({\":x\": [\"a\"]}) + \"str\")\n"
       "                                                     ^"},
      {"SelectOfString",
       {{"BUILD.cow", "filegroup(name = \"a\", srcs = [\"x\"] + select(\"foo\"))\n"}},
       "p/BUILD.cow:1:44: error: in call to select(), parameter 'x' got value of type 'string', want 'dict'\n"
       "  filegroup(name = \"a\", srcs = [\"x\"] + select(\"foo\"))\n"
       "                                             ^"},
      {"GlobUplevel",
       {{"BUILD.cow", "filegroup(name = \"a\", srcs = glob([\"../x\"]))\n"}},
       "p/BUILD.cow:1:34: error: segment '..' not permitted in '../x'\n"
       "  filegroup(name = \"a\", srcs = glob([\"../x\"]))\n"
       "                                   ^"},
      {"GlobAbsolute",
       {{"BUILD.cow", "filegroup(name = \"a\", srcs = glob([\"/x\", \"a**b\"]))\n"}},
       "p/BUILD.cow:1:34: error: pattern cannot be absolute in '/x'\n"
       "  filegroup(name = \"a\", srcs = glob([\"/x\", \"a**b\"]))\n"
       "                                   ^"},
      {"GlobRecursiveInSegment",
       {{"BUILD.cow", "x = glob([\"a**b\"])\n"}},
       "p/BUILD.cow:1:9: error: recursive wildcard must be its own segment in 'a**b'\n"
       "  x = glob([\"a**b\"])\n"
       "          ^"},
      {"GlobEmpty",
       {{"BUILD.cow", "x = glob([\"*.cc\"])\n"}},
       "p/BUILD.cow:1:9: error: glob pattern '*.cc' didn't match anything; set allow_empty = True if that is meant\n"
       "  x = glob([\"*.cc\"])\n"
       "          ^"},
      {"GlobIntoSubpackage",
       {{"BUILD.cow", "x = glob([\"q/*.cc\"])\n"}, {"q/BUILD.cow", ""}, {"q/a.cc", ""}},
       "p/BUILD.cow:1:9: error: glob pattern 'q/*.cc' didn't match anything: directory 'q' is a package of its own, which "
       "a glob does not enter\n"
       "  x = glob([\"q/*.cc\"])\n"
       "          ^"},
      {"Syntax",
       {{"BUILD.cow", "filegroup(\n    name = \"a\"\n    srcs = [],\n)\n"}},
       "p/BUILD.cow:3:5: error: syntax error at 'srcs': expected ,\n"
       "      srcs = [],\n"
       "      ^"},
      {"DefInBuildFile", {{"BUILD.cow", "def f(): pass\n"}}, "p/BUILD.cow:1:1: error: functions may not be defined in BUILD files; you may move the function to a .cow or .bzl file and load it\n"
       "  def f(): pass\n"
       "  ^"},
      {"IfInBuildFile", {{"BUILD.cow", "if True:\n    x = 1\n"}}, "p/BUILD.cow:1:1: error: if statements are not allowed at the top level; you may move it inside a function or use an if expression (x if condition else y)\n"
       "  if True:\n"
       "  ^"},
      {"ForInBuildFile", {{"BUILD.cow", "for x in [1]:\n    print(x)\n"}}, "p/BUILD.cow:1:1: error: for loops are not allowed at the top level; you may move it inside a function or use a comprehension, [f(x) for x in sequence]\n"
       "  for x in [1]:\n"
       "  ^"},
      {"LambdaInBuildFile", {{"BUILD.cow", "x = lambda: 1\n"}}, "p/BUILD.cow:1:5: error: functions may not be defined in BUILD files; you may move the function to a .cow or .bzl file and load it\n"
       "  x = lambda: 1\n"
       "      ^"},
      {"KwargsInBuildFile", {{"BUILD.cow", "filegroup(**{\"name\": \"a\"})\n"}}, "p/BUILD.cow:1:11: error: **kwargs arguments are not allowed in BUILD files; pass the arguments in explicitly\n"
       "  filegroup(**{\"name\": \"a\"})\n"
       "            ^"},
      {"ArgumentsOfMacro",
       {{"BUILD.cow", "load(\":t.cow\", \"f\")\nf(1, 2, 3)\n"}, {"t.cow", "def f(a, *, b, c = 1): pass\n"}},
       "p/BUILD.cow:2:2: error: f() accepts no more than 1 positional argument but got 3\n"
       "  f(1, 2, 3)\n"
       "   ^"},
      {"FrozenGlobal",
       {{"BUILD.cow", "load(\":t.cow\", \"z\")\nz()\n"},
        {"t.cow", "G = []\ndef z():\n    native.filegroup(name = \"q\")\n    G.append(1)\n"}},
       "Traceback (most recent call last):\n"
       "\tFile \"p/BUILD.cow\", line 2, column 2, in <toplevel>\n"
       "\t\tz()\n"
       "\tFile \"p/t.cow\", line 4, column 13, in z\n"
       "\t\tG.append(1)\n"
       "Error in append: trying to mutate a frozen list value"},
      {"PackageTwice",
       {{"BUILD.cow", "package(default_visibility = [\"//visibility:public\"])\n"
                      "package(default_visibility = [\"//visibility:public\"])\n"}},
       "p/BUILD.cow:2:8: error: 'package' can only be used once per BUILD file\n"
       "  package(default_visibility = [\"//visibility:public\"])\n"
       "         ^"},
      {"ErrorInMacroNamesMacro",
       {{"BUILD.cow", "load(\":t.cow\", \"m\")\nm(name = \"a\")\n"},
        {"t.cow", "def m(name):\n    native.filegroup(name = name, srcs = 1)\n"}},
       "p/BUILD.cow:2:2: error: //p:a: expected value of type 'list(label)' for attribute 'srcs' in 'filegroup' rule, but "
       "got 1 (int)\n"
       "  m(name = \"a\")\n"
       "   ^\n"
       "note: in macro 'm' at p/t.cow:2:21"},
      {"SubpackageBoundary",
       {{"BUILD.cow", "filegroup(name = \"a\", srcs = [\"q/a.cc\"])\n"}, {"q/BUILD.cow", ""}, {"q/a.cc", ""}},
       "p/BUILD.cow:1:10: error: label '//p:q/a.cc' is invalid because 'p/q' is a subpackage; perhaps you meant "
       "'//p/q:a.cc'\n"
       "  filegroup(name = \"a\", srcs = [\"q/a.cc\"])\n"
       "           ^"},
      {"AllErrorsOfAFile",
       {{"BUILD.cow", "filegroup(name = \"a\", srcs = 1)\nfilegroup(name = \"b\", foo = 1)\n"}},
       "p/BUILD.cow:1:10: error: //p:a: expected value of type 'list(label)' for attribute 'srcs' in 'filegroup' rule, "
       "but got 1 (int)\n"
       "  filegroup(name = \"a\", srcs = 1)\n"
       "           ^\n"
       "p/BUILD.cow:2:10: error: //p:b: no such attribute 'foo' in 'filegroup' rule\n"
       "  filegroup(name = \"b\", foo = 1)\n"
       "           ^"},
      {"UnsupportedRuleParameter",
       {{"BUILD.cow", "load(\":t.cow\", \"r\")\n"},
        {"t.cow", "def _i(ctx): pass\nr = rule(implementation = _i, subrules = [_i])\n"}},
       "p/t.cow:2:9: error: rule(): parameter 'subrules' is not supported\n"
       "  r = rule(implementation = _i, subrules = [_i])\n"
       "          ^\n"
       "note: '//p:t.cow' is loaded at p/BUILD.cow:1:6"},
      {"TestRuleName",
       {{"BUILD.cow", "load(\":t.cow\", \"r\")\n"},
        {"t.cow", "def _i(ctx): pass\nr = rule(implementation = _i, test = True)\n"}},
       "p/t.cow:2:9: error: invalid rule name 'r': names of test rules end with '_test', others must not\n"
       "  r = rule(implementation = _i, test = True)\n"
       "          ^\n"
       "note: '//p:t.cow' is loaded at p/BUILD.cow:1:6"},
      {"ValueNotAllowed",
       {{"BUILD.cow", "load(\":t.cow\", \"r\")\nr(name = \"a\", mode = \"slow\")\n"},
        {"t.cow", "def _i(ctx): pass\nr = rule(implementation = _i, attrs = {\"mode\": attr.string(values = [\"a\", \"b\"])})\n"}},
       "p/BUILD.cow:2:2: error: //p:a: invalid value in 'mode' attribute: has to be one of 'a', 'b' instead of 'slow'\n"
       "  r(name = \"a\", mode = \"slow\")\n"
       "   ^"},
      {"RuleCalledInModule",
       {{"BUILD.cow", "load(\":t.cow\", \"x\")\n"}, {"t.cow", "x = native.filegroup(name = \"a\")\n"}},
       "p/t.cow:1:21: error: filegroup() declares a target: it can only be called while a BUILD file is loaded\n"
       "  x = native.filegroup(name = \"a\")\n"
       "                      ^\n"
       "note: '//p:t.cow' is loaded at p/BUILD.cow:1:6"},
  };
  return kCases;
}

class LoadErrorTest : public testing::TestWithParam<ErrorCase> {};

TEST_P(LoadErrorTest, IsTold) {
  WorkspaceFixture fixture;
  for (const auto& [path, text] : GetParam().files) fixture.Write("p/" + path, text);
  EXPECT_EQ(fixture.ErrorOf("//p"), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(Mistakes, LoadErrorTest, testing::ValuesIn(Cases()),
                         [](const testing::TestParamInfo<ErrorCase>& row) { return row.param.name; });

TEST(LoadErrorTest, NoSuchPackageSuggestsTheOneThatIsMeant) {
  WorkspaceFixture fixture;
  fixture.Write("packages/repeater/BUILD.cow", "");
  fixture.Write("docs/a.txt", "");
  EXPECT_EQ(fixture.ErrorOf("//package/repeater"),
            "no such package 'package/repeater': directory 'package/repeater' does not exist (did you mean "
            "'//packages/repeater'?)");
  EXPECT_EQ(fixture.ErrorOf("//repeater"),
            "no such package 'repeater': directory 'repeater' does not exist (did you mean '//packages/repeater'?)");
  EXPECT_EQ(fixture.ErrorOf("//docs"), "no such package 'docs': there is no BUILD.cow in directory 'docs'");
}

TEST(LoadErrorTest, NoSuchTargetSuggestsTheOneThatIsMeant) {
  WorkspaceFixture fixture;
  fixture.Write("a/BUILD.cow", "filegroup(name = \"bb\")\n");
  fixture.Write("a/x.txt", "");
  EXPECT_EQ(fixture.Shown(fixture.TargetOf("//a:other").status()),
            "no such target '//a:other': target 'other' not declared in package 'a' defined by a/BUILD.cow");
  EXPECT_EQ(fixture.Shown(fixture.TargetOf("//a:bbb").status()),
            "no such target '//a:bbb': target 'bbb' not declared in package 'a' defined by a/BUILD.cow (did you mean "
            "'bb'?)");
  EXPECT_EQ(fixture.Shown(fixture.TargetOf("//a:x.txt").status()),
            "no such target '//a:x.txt': target 'x.txt' not declared in package 'a' defined by a/BUILD.cow; a source file "
            "of this name exists, perhaps add exports_files([\"x.txt\"]) there");
}

TEST(LoadErrorTest, UnknownRepositoryIsNamed) {
  WorkspaceFixture fixture;
  fixture.Write("WORKSPACE.cow", "local_repository(name = \"other\", path = \"other\")\n");
  EXPECT_EQ(fixture.ErrorOf("@othr//x"),
            "no such repository '@othr': it is not declared in WORKSPACE.cow (did you mean 'other'?)");
}

}  // namespace
}  // namespace cow::loading
