// Aspects: where they go, what they see, what they give, when they run twice and when not.
#include "engine/analysis/analysis_fixture.h"

namespace cow::analysis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// Rules that hang together by `deps`, and an aspect that goes along them and writes one file per target.
constexpr char kDefs[] = R"bzl(
LibInfo = provider(fields = ["name"])
NamesInfo = provider(fields = ["names"])

def _lib(ctx):
    return [LibInfo(name = ctx.label.name)]
lib = rule(implementation = _lib, attrs = {
    "deps": attr.label_list(allow_files = True),
    "other": attr.label_list(),
    "style": attr.string(values = ["plain", "loud"], default = "plain"),
})

def _names(target, ctx):
    print("names on %s (%s)" % (ctx.label.name, ctx.rule.kind))
    below = [d[NamesInfo].names for d in ctx.rule.attr.deps if NamesInfo in d]
    out = ctx.actions.declare_file(ctx.label.name + ".names")
    names = depset([target[LibInfo].name], transitive = below, order = "postorder")
    ctx.actions.write(out, "\n".join(names.to_list()))
    return [NamesInfo(names = names), OutputGroupInfo(names = depset([out]))]
names = aspect(implementation = _names, attr_aspects = ["deps"], required_providers = [LibInfo], provides = [NamesInfo])

def _top(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    all = depset(transitive = [d[NamesInfo].names for d in ctx.attr.deps], order = "postorder")
    ctx.actions.write(out, " ".join(all.to_list()))
    return [DefaultInfo(files = depset([out]))]
top = rule(implementation = _top, attrs = {"deps": attr.label_list(aspects = [names])})
)bzl";

class AspectsTest : public AnalysisTest {
 protected:
  void Defs(std::string_view more = "") { Write("defs.bzl", absl::StrCat(kDefs, more)); }
  void Build(std::string_view load, std::string_view text) {
    Write("BUILD.cow", absl::StrCat("load(\":defs.bzl\", ", load, ")\n", text));
  }
  int Printed(std::string_view text) const {
    int count = 0;
    for (const std::string& line : printed_) count += line.find(text) != std::string::npos;
    return count;
  }
};

constexpr char kDiamond[] = R"(
top(name = "top", deps = [":a"])
lib(name = "a", deps = [":b", ":c"])
lib(name = "b", deps = [":d"])
lib(name = "c", deps = [":d"], other = [":e"])
lib(name = "d")
lib(name = "e")
)";

TEST_F(AspectsTest, RunOncePerTargetAlongTheirAttributes) {
  Defs();
  Build("\"lib\", \"top\"", kDiamond);
  BuildPlan plan = Plan({"//:top"});
  const Action* write = Find(plan, "FileWrite");
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->content, "d b c a");
  EXPECT_EQ(Printed("names on d (lib)"), 1);
  EXPECT_EQ(Printed("names on e"), 0);  // `other` is no attribute they go along
}

TEST_F(AspectsTest, RulesSeeTheirProvidersOnlyWhereTheyAskedForThem) {
  Defs(R"(
def _plain(ctx):
    print("has names: %s" % (NamesInfo in ctx.attr.deps[0]))
    return []
plain = rule(implementation = _plain, attrs = {"deps": attr.label_list()})
)");
  Build("\"lib\", \"plain\", \"top\"", "plain(name = \"p\", deps = [\":a\"])\nlib(name = \"a\")\ntop(name = \"top\", deps = [\":a\"])\n");
  Plan({"//:top", "//:p"});
  EXPECT_EQ(Printed("has names: False"), 1);
}

TEST_F(AspectsTest, FollowAliasesAndLeaveFilesAndForeignRulesAlone) {
  Defs(R"(
def _other(ctx):
    return []
other = rule(implementation = _other, attrs = {"deps": attr.label_list()})
)");
  Write("x.txt", "");
  Build("\"lib\", \"other\", \"top\"",
        "top(name = \"top\", deps = [\":al\"])\nalias(name = \"al\", actual = \":a\")\n"
        "lib(name = \"a\", deps = [\"x.txt\", \":o\"])\nother(name = \"o\", deps = [\":b\"])\nlib(name = \"b\")\n");
  Plan({"//:top"});
  EXPECT_EQ(Printed("names on a"), 1);
  EXPECT_EQ(Printed("names on o"), 0);  // it lacks the required provider
  EXPECT_EQ(Printed("names on b"), 0);  // and nothing goes on behind it
}

TEST_F(AspectsTest, GiveOutputGroupsFromTheCommandLine) {
  Defs();
  Build("\"lib\"", "lib(name = \"a\", deps = [\":b\"])\nlib(name = \"b\")\n");
  request_.aspects = {"//:defs.bzl%names"};
  request_.output_groups = {"names"};
  BuildPlan plan = Plan({"//:a"});
  ASSERT_EQ(plan.targets.size(), 1u);
  EXPECT_THAT(Paths(plan, plan.targets[0].outputs), ElementsAre(Bin() + "a.names"));
}

TEST_F(AspectsTest, FromTheCommandLineMustExist) {
  Defs();
  Build("\"lib\"", "lib(name = \"a\")\n");
  request_.aspects = {"//:defs.bzl%lib"};
  EXPECT_THAT(Error({"//:a"}), HasSubstr("--aspects: 'lib' is not an aspect of file '//:defs.bzl'"));
  request_.aspects = {"//:defs.bzl"};
  EXPECT_THAT(Error({"//:a"}), HasSubstr("is not of the form //pkg:file.bzl%name"));
}

TEST_F(AspectsTest, TakeParametersFromTheRuleThatAttachesThem) {
  Defs(R"(
def _styled(target, ctx):
    print("%s is %s" % (ctx.label.name, ctx.attr.style))
    return []
styled = aspect(implementation = _styled, attr_aspects = ["deps"], attrs = {"style": attr.string(values = ["plain", "loud"])})
def _user(ctx):
    return []
user = rule(implementation = _user, attrs = {
    "deps": attr.label_list(aspects = [styled]),
    "style": attr.string(values = ["plain", "loud"], default = "plain"),
})
)");
  Build("\"lib\", \"user\"",
        "user(name = \"u\", deps = [\":a\"], style = \"loud\")\nuser(name = \"v\", deps = [\":a\"])\n"
        "user(name = \"w\", deps = [\":a\"])\nlib(name = \"a\", deps = [\":b\"])\nlib(name = \"b\", style = \"plain\")\n");
  Plan({"//:u", "//:v", "//:w"});
  EXPECT_EQ(Printed("a is loud"), 1);
  EXPECT_EQ(Printed("b is loud"), 1);
  EXPECT_EQ(Printed("a is plain"), 1);
}

TEST_F(AspectsTest, SeeThoseTheyRequireAndRunAfterThem) {
  Defs(R"(
CountInfo = provider(fields = ["n"])
def _count(target, ctx):
    return [CountInfo(n = len(target[NamesInfo].names.to_list()) + sum([d[CountInfo].n for d in ctx.rule.attr.deps]))]
def sum(numbers):
    total = 0
    for n in numbers:
        total += n
    return total
count = aspect(implementation = _count, attr_aspects = ["deps"], requires = [names])
seen = aspect(implementation = _count, attr_aspects = ["deps"], required_aspect_providers = [NamesInfo])
def _sum(ctx):
    print("count %d" % ctx.attr.deps[0][CountInfo].n)
    return []
by_requires = rule(implementation = _sum, attrs = {"deps": attr.label_list(aspects = [count])})
by_providers = rule(implementation = _sum, attrs = {"deps": attr.label_list(aspects = [names, seen])})
)");
  Build("\"lib\", \"by_requires\", \"by_providers\"",
        "by_requires(name = \"r\", deps = [\":a\"])\nby_providers(name = \"p\", deps = [\":a\"])\n"
        "lib(name = \"a\", deps = [\":b\"])\nlib(name = \"b\")\n");
  Plan({"//:r", "//:p"});
  EXPECT_EQ(Printed("count 3"), 2);  // a: 2 names, b: 1
}

TEST_F(AspectsTest, HaveAttributesAndToolsOfTheirOwn) {
  Defs(R"(
def _tool(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(out, "", is_executable = True)
    return [DefaultInfo(executable = out)]
tool = rule(implementation = _tool, executable = True)
def _check(target, ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".checked")
    ctx.actions.run(outputs = [out], executable = ctx.executable._tool, mnemonic = "Check")
    return [OutputGroupInfo(checked = depset([out]))]
check = aspect(implementation = _check, attrs = {"_tool": attr.label(default = "//:tool", executable = True, cfg = "exec")})
)");
  Build("\"lib\", \"tool\"", "tool(name = \"tool\")\nlib(name = \"a\")\n");
  request_.aspects = {"//:defs.bzl%check"};
  request_.output_groups = {"checked"};
  BuildPlan plan = Plan({"//:a"});
  const Action* check = Find(plan, "Check");
  ASSERT_NE(check, nullptr);
  EXPECT_THAT(Words(plan, *check)[0], HasSubstr("-exec"));
}

TEST_F(AspectsTest, MayApplyToWhatMakesAFile) {
  Defs(R"(
def _file(ctx):
    ctx.actions.write(ctx.outputs.out, "")
    return [LibInfo(name = "f")]
file = rule(implementation = _file, attrs = {"out": attr.output()})
def _mark(target, ctx):
    print("mark on " + ctx.label.name)
    return []
mark = aspect(implementation = _mark, apply_to_generating_rules = True)
def _use(ctx):
    return []
use = rule(implementation = _use, attrs = {"src": attr.label(allow_files = True, aspects = [mark, names])})
)");
  Build("\"file\", \"use\"", "use(name = \"u\", src = \"o.txt\")\nfile(name = \"f\", out = \"o.txt\")\n");
  Plan({"//:u"});
  EXPECT_EQ(Printed("mark on f"), 1);
  EXPECT_EQ(Printed("names on f"), 0);
}

struct AspectErrorCase {
  std::string name;
  std::string body;  // of the aspect's function
  std::string attrs;
  std::string error;
};

class AspectErrorTest : public AspectsTest, public testing::WithParamInterface<AspectErrorCase> {};

TEST_P(AspectErrorTest, IsToldAtTheTargetItRunsOn) {
  Defs(absl::StrCat("def _wrong(target, ctx):\n    ", GetParam().body, "\nwrong = aspect(implementation = _wrong",
                    GetParam().attrs, ")\n", R"(
def _use(ctx):
    return []
use = rule(implementation = _use, attrs = {"deps": attr.label_list(aspects = [wrong])})
)"));
  Build("\"lib\", \"use\"", "use(name = \"u\", deps = [\":a\"])\nlib(name = \"a\")\n");
  EXPECT_THAT(Error({"//:u"}), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, AspectErrorTest,
    testing::Values(
        AspectErrorCase{"Twice", "return [LibInfo(name = \"x\")]", "",
                        "provider 'LibInfo' provided twice for //:a: by aspect //:defs.bzl%wrong and by the target itself"},
        AspectErrorCase{"Fails", "fail(\"no\")", "", "BUILD.cow:3:4: error: in //:defs.bzl%wrong aspect on lib rule //:a:"},
        AspectErrorCase{"DefaultInfo", "return [DefaultInfo()]", "", "an aspect cannot return DefaultInfo"},
        AspectErrorCase{"Promise", "return []", ", provides = [NamesInfo]",
                        "the aspect advertises the 'NamesInfo' provider, but this provider was not among those returned"},
        AspectErrorCase{"Repr", "fail(str(target))", "", "<target //:a, keys:[LibInfo, DefaultInfo]>"},
        AspectErrorCase{"Outputs", "return [ctx.outputs]", "", "'outputs' is not defined for aspects"},
        AspectErrorCase{"NoAction", "return [OutputGroupInfo(x = [ctx.actions.declare_file(\"n\")])]", "",
                        "the following files have no generating action:\nn"},
        AspectErrorCase{"Parameter", "return []", ", attrs = {\"level\": attr.int(mandatory = True)}",
                        "requires rule to specify attribute 'level' with type int"}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace cow::analysis
