// Functions of ctx and ctx.actions that rules written for Bazel use.
#include "engine/analysis/analysis_fixture.h"

namespace cow::analysis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class BuildApiTest : public AnalysisTest {
 protected:
  // A rule `r` with this function body, and a target //:x of it.
  void Rule(std::string_view body, std::string_view attrs = "", std::string_view build = "r(name = \"x\")",
            std::string_view before = "") {
    Write("defs.bzl", absl::StrCat(before, "def _impl(ctx):\n", body, "\nr = rule(implementation = _impl, attrs = {",
                                   attrs, "})\n"));
    Write("BUILD.cow", absl::StrCat("load(\":defs.bzl\", \"r\")\n", build, "\n"));
  }
};

TEST_F(BuildApiTest, TemplateDictsAreJoinedWhenTheFileIsWanted) {
  Rule(R"(    out = ctx.actions.declare_file("o")
    d = ctx.actions.template_dict()
    d.add("A", "1")
    d.add_joined("B", depset(["x", "y", "x"]), join_with = ",", map_each = _upper, uniquify = True)
    ctx.actions.expand_template(template = ctx.file.src, output = out, substitutions = {"C": "3"}, computed_substitutions = d)
    return [DefaultInfo(files = depset([out]))])",
       "\"src\": attr.label(allow_single_file = True)", "r(name = \"x\", src = \"t.txt\")",
       "def _upper(word):\n    return word.upper()\n");
  Write("t.txt", "");
  BuildPlan plan = Plan({"//:x"});
  const Action* action = Find(plan, "TemplateExpand");
  ASSERT_NE(action, nullptr);
  EXPECT_THAT(action->substitutions, ElementsAre(std::pair<std::string, std::string>("C", "3"),
                                                 std::pair<std::string, std::string>("A", "1"),
                                                 std::pair<std::string, std::string>("B", "X,Y")));
}

TEST_F(BuildApiTest, OutputGroupsAreRecordAndDictionary) {
  Rule(R"(    out = ctx.actions.declare_file("o")
    ctx.actions.write(out, "")
    for dep in ctx.attr.deps:
        info = dep[OutputGroupInfo]
        print(info["b"].to_list() == info.b.to_list(), "a" in info, "c" in info, [g for g in info], dir(info))
        print(getattr(info, "c", "none"), hasattr(info, "a"), type(info))
    return [OutputGroupInfo(b = [out], a = depset())])",
       "\"deps\": attr.label_list()", "r(name = \"y\")\nr(name = \"x\", deps = [\":y\"])");
  Plan({"//:x"});
  ASSERT_EQ(printed_.size(), 2u);
  EXPECT_THAT(printed_[0], HasSubstr("True True False [\"a\", \"b\"] [\"a\", \"b\"]"));
  EXPECT_THAT(printed_[1], HasSubstr("none True OutputGroupInfo"));
}

TEST_F(BuildApiTest, AnOutputGroupThatIsNotThereIsAnError) {
  Rule("    return [OutputGroupInfo(a = OutputGroupInfo(a = [])[\"z\"])]");
  EXPECT_THAT(Error({"//:x"}), HasSubstr("output group z not present"));
}

TEST_F(BuildApiTest, FlagsPerLineAreOneArgumentEach) {
  Rule(R"(    out = ctx.actions.declare_file("o")
    args = ctx.actions.args()
    args.set_param_file_format("flag_per_line")
    args.add("--one", "1")
    args.add("word")
    args.add_all("--list", ["a", "b"])
    ctx.actions.write(out, args)
    return [DefaultInfo(files = depset([out]))])");
  BuildPlan plan = Plan({"//:x"});
  EXPECT_THAT(Words(plan, *Find(plan, "FileWrite")), ElementsAre("--one=1", "word", "--list=a b"));
}

TEST_F(BuildApiTest, RulesOfOthersHaveAShellWithoutSayingSo) {
  Rule(R"(    out = ctx.actions.declare_file("o")
    ctx.actions.run_shell(outputs = [out], command = "echo $1", arguments = ["w"])
    return [DefaultInfo(files = depset([out]))])");
  BuildPlan plan = Plan({"//:x"});
  const Action* action = Find(plan, "Action");
  ASSERT_NE(action, nullptr);
  EXPECT_THAT(Words(plan, *action), ElementsAre("/bin/bash", "-c", "echo $1", "", "w"));
  EXPECT_TRUE(action->host_tree.valid());
}

TEST_F(BuildApiTest, CommandsMayBeLists) {
  Rule(R"(    out = ctx.actions.declare_file("o")
    ctx.actions.run_shell(outputs = [out], command = ["/bin/cp", "a"], arguments = ["b"])
    return [DefaultInfo(files = depset([out]))])");
  BuildPlan plan = Plan({"//:x"});
  EXPECT_THAT(Words(plan, *Find(plan, "Action")), ElementsAre("/bin/cp", "a", "b"));
}

TEST_F(BuildApiTest, ParentsRunBySuper) {
  Write("defs.bzl", R"(
Info = provider(fields = ["words"])
def _base(ctx):
    return [Info(words = [ctx.attr.word])]
base = rule(implementation = _base, attrs = {"word": attr.string()}, extendable = True)
def _child(ctx):
    [info] = ctx.super()
    print(info.words + [ctx.attr.more])
    return [info]
child = rule(implementation = _child, attrs = {"more": attr.string()}, parent = base)
)");
  Write("BUILD.cow", "load(\":defs.bzl\", \"base\", \"child\")\nchild(name = \"c\", word = \"w\", more = \"m\")\n");
  Plan({"//:c"});
  ASSERT_EQ(printed_.size(), 1u);
  EXPECT_THAT(printed_[0], HasSubstr("[\"w\", \"m\"]"));
}

TEST_F(BuildApiTest, DictsOfLabelsShowTargets) {
  Rule(R"(    print({k: v.label.name for k, v in ctx.attr.by_name.items()}, {k: [t.label.name for t in v] for k, v in ctx.attr.lists.items()})
    return [])",
       "\"by_name\": attr.string_keyed_label_dict(), \"lists\": attr.label_list_dict()",
       "r(name = \"x\", by_name = {\"a\": \":y\"}, lists = {\"b\": [\":y\", \":z\"]})\nr(name = \"y\")\nr(name = \"z\")");
  Plan({"//:x"});
  EXPECT_THAT(printed_[2], HasSubstr("{\"a\": \"y\"} {\"b\": [\"y\", \"z\"]}"));
}

TEST_F(BuildApiTest, DefaultsComputedFromSelectsAreResolved) {
  Rule("    print(ctx.attr._t.label.name)\n    return []",
       "\"kind\": attr.string(), \"_t\": attr.label(default = _default)",
       "r(name = \"x\", kind = select({\"//conditions:default\": \"y\"}))\nalias(name = \"t_y\", actual = \":t\")\n"
       "platform(name = \"t\")",
       "def _default(kind):\n    return Label(\"//:t_\" + kind)\n");
  Plan({"//:x"});
  ASSERT_EQ(printed_.size(), 1u);
  EXPECT_THAT(printed_[0], HasSubstr(": t"));
}

TEST_F(BuildApiTest, WordsAndCommandsAreTakenApart) {
  Rule(R"bzl(    print(ctx.tokenize("a 'b c'"))
    print(ctx.resolve_command(command = "$(location :y)", expand_locations = True, tools = ctx.attr.tools)[1])
    print(ctx.resolve_tools(tools = ctx.attr.tools)[0].to_list())
    print(ctx.package_relative_label(":z"))
    return [])bzl",
       "\"tools\": attr.label_list(allow_files = True)", "r(name = \"x\", tools = [\"y\"])");
  Write("y", "");
  Plan({"//:x"});
  ASSERT_EQ(printed_.size(), 4u);
  EXPECT_THAT(printed_[0], HasSubstr("[\"a\", \"b c\"]"));
  EXPECT_THAT(printed_[1], HasSubstr("[\"/bin/bash\", \"-c\", \"y\"]"));
  EXPECT_THAT(printed_[2], HasSubstr("[<source file y>]"));
  EXPECT_THAT(printed_[3], HasSubstr("//:z"));
}

struct ApiErrorCase {
  std::string name;
  std::string body;
  std::string error;
};

class BuildApiErrorTest : public BuildApiTest, public testing::WithParamInterface<ApiErrorCase> {};

TEST_P(BuildApiErrorTest, IsToldByName) {
  Rule(absl::StrCat("    out = ctx.actions.declare_file(\"o\")\n    ", GetParam().body, "\n    return []"));
  EXPECT_THAT(Error({"//:x"}), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    All, BuildApiErrorTest,
    testing::Values(
        ApiErrorCase{"VersionFile", "ctx.version_file", "ctx.version_file is not supported"},
        ApiErrorCase{"InfoFile", "ctx.info_file", "ctx.info_file is not supported"},
        ApiErrorCase{"CreatedActions", "ctx.created_actions()", "ctx.created_actions() is not supported"},
        ApiErrorCase{"MapDirectory", "ctx.actions.map_directory()", "ctx.actions.map_directory is not supported"},
        ApiErrorCase{"Rule", "ctx.rule", "'rule' is only defined for aspects"},
        ApiErrorCase{"Super", "ctx.super()", "can't use ctx.super() in the function of rule 'r', which has no parent"},
        ApiErrorCase{"ResourceSet", "ctx.actions.run_shell(outputs = [out], command = \"\", resource_set = 3)",
                     "'resource_set' must be a function, got 'int'"},
        ApiErrorCase{"UnusedInputs",
                     "ctx.actions.run_shell(outputs = [out], command = \"\", unused_inputs_list = "
                     "ctx.actions.declare_file(\"u\"))",
                     "'unused_inputs_list' u is not among the outputs of the action"},
        ApiErrorCase{"ParamFormat", "ctx.actions.args().set_param_file_format(\"x\")", "\"flag_per_line\", got \"x\""}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace cow::analysis
