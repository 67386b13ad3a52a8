// ctx.actions: what each function declares, and what it refuses.
#include <algorithm>

#include "engine/analysis/analysis_fixture.h"

namespace cow::analysis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

class ActionsTest : public AnalysisTest {
 protected:
  void SetUp() override {
    AnalysisTest::SetUp();
    Write("a/in.txt", "");
    Write("a/tool.sh", "");
  }
  void Load(std::string_view body, std::string_view rule_arguments = "") {
    Write("a/defs.cow",
          "def _impl(ctx):\n    out = ctx.actions.declare_file(\"out\")\n    src = ctx.file.src\n" +
              std::string(body) +
              "\n    return [DefaultInfo(files = depset([out]))]\n"
              "r = rule(implementation = _impl, attrs = {\"src\": attr.label(allow_single_file = "
              "True, "
              "default = \":in.txt\")}" +
              std::string(rule_arguments) + ")\n");
    Write("a/BUILD.cow",
          "load(\":defs.cow\", \"r\")\nr(name = \"t\")\nexports_files([\"in.txt\"])\n");
  }
  Action Only(std::string_view body, std::string_view rule_arguments = "") {
    Load(body, rule_arguments);
    plan_ = Plan({"//a:t"});
    EXPECT_EQ(plan_.actions.size(), 1u);
    return plan_.actions.empty() ? Action() : plan_.actions[0];
  }
  std::string Fail(std::string_view body) {
    Load(body);
    return Error({"//a:t"});
  }
  BuildPlan plan_;
};

TEST_F(ActionsTest, RunKeepsEveryParameter) {
  Action action = Only(R"(
    unused = ctx.actions.declare_file("unused")
    ctx.actions.run(outputs = [out, unused], inputs = depset([src]), executable = src, arguments = ["x"],
        mnemonic = "Compile", progress_message = "Compiling %{input} to %{output} of %{label}", env = {"A": "b"},
        execution_requirements = {"no-cache": "1"}, unused_inputs_list = unused, timeout = 7))");
  EXPECT_EQ(action.kind, Action::Kind::kRun);
  EXPECT_EQ(action.mnemonic, "Compile");
  EXPECT_EQ(action.progress_message, "Compiling a/in.txt to a/out of //a:t");
  EXPECT_EQ(action.owner.ToString(), "//a:t");
  EXPECT_EQ(action.configuration, "linux_test-fastbuild");
  EXPECT_THAT(action.env, ElementsAre(Pair("A", "b")));
  EXPECT_THAT(action.execution_requirements, ElementsAre(Pair("no-cache", "1")));
  EXPECT_EQ(action.timeout_seconds, 7);
  EXPECT_EQ(plan_.artifact(action.unused_inputs_list).short_path(), "a/unused");
  EXPECT_THAT(Paths(plan_, action.inputs.ToList()), ElementsAre("a/in.txt"));
  EXPECT_THAT(Words(plan_, action), ElementsAre("a/in.txt", "x"));
  EXPECT_TRUE(action.host_tree.valid());  // a script of the workspace: the shell's
}

TEST_F(ActionsTest, RunShellTakesShellAndTreeFromTheToolchain) {
  Action action =
      Only(R"(    ctx.actions.run_shell(outputs = [out], command = "echo $1", arguments = ["x"]))",
           ", toolchains = [\"@cow//sh:toolchain_type\"]");
  EXPECT_THAT(Words(plan_, action), ElementsAre("/bin/bash", "-c", "echo $1", "", "x"));
  ASSERT_TRUE(action.host_tree.valid());
  EXPECT_EQ(plan_.host_trees[action.host_tree.value()]->name, "@cow//sh:tree");
}

TEST_F(ActionsTest, ProgramRunsInTheRootOfItsRuntimeInfo) {
  Write("b/in.txt", "");
  Write("b/defs.cow", R"(
def _program(ctx):
    root = ctx.actions.declare_directory("root")
    program = ctx.actions.declare_file("program")
    ctx.actions.run(outputs = [root, program], executable = ctx.file.src)
    return [DefaultInfo(files = depset([program]), executable = program),
            RuntimeInfo(root = root, command = ["/bin/emulator", "-x"])]

program = rule(implementation = _program, executable = True, attrs = {"src": attr.label(allow_single_file = True)})

def _user(ctx):
    out = ctx.actions.declare_file("out")
    ctx.actions.run(outputs = [out], executable = ctx.executable.tool, arguments = ["word"], mnemonic = "Use")
    return [DefaultInfo(files = depset([out]))]

user = rule(implementation = _user, attrs = {"tool": attr.label(executable = True, cfg = "target")})
)");
  Write("b/BUILD.cow", R"(
load(":defs.cow", "program", "user")
program(name = "p", src = "in.txt")
user(name = "u", tool = ":p")
)");
  plan_ = Plan({"//b:u"});
  const auto use = std::find_if(plan_.actions.begin(), plan_.actions.end(),
                                [](const Action& action) { return action.mnemonic == "Use"; });
  ASSERT_NE(use, plan_.actions.end());
  EXPECT_FALSE(use->host_tree.valid());
  ASSERT_TRUE(use->root_tree.valid());
  EXPECT_EQ(plan_.artifact(use->root_tree).short_path(), "b/root");
  EXPECT_THAT(Paths(plan_, use->inputs.ToList()), testing::UnorderedElementsAre(testing::EndsWith("bin/b/root"), testing::EndsWith("bin/b/program")));
  EXPECT_THAT(Words(plan_, *use), ElementsAre("/bin/emulator", "-x", testing::EndsWith("bin/b/program"), "word"));
}

TEST_F(ActionsTest, RootOfARuntimeIsADirectory) {
  EXPECT_THAT(Fail("    RuntimeInfo(root = src)\n"), HasSubstr("'root' is 'a/in.txt', want a directory"));
}

TEST_F(ActionsTest, RunShellWithoutShellSaysWhatToAdd) {
  WriteRule("workspace.cow", "");
  EXPECT_THAT(Fail(R"(    ctx.actions.run_shell(outputs = [out], command = "true"))"),
              HasSubstr("add toolchains = [\"@cow//sh:toolchain_type\"] to the rule"));
}

TEST_F(ActionsTest, AbsoluteExecutableNeedsAHostTree) {
  WriteRule("workspace.cow", "");
  EXPECT_THAT(Fail(R"(    ctx.actions.run(outputs = [out], executable = "/usr/bin/gcc"))"),
              HasSubstr("add host_tree = ..., a HostTreeInfo"));
}

TEST_F(ActionsTest, WriteTakesTextOrArgs) {
  Action action = Only(R"(    ctx.actions.write(out, "text\n", is_executable = True))");
  EXPECT_EQ(action.kind, Action::Kind::kWrite);
  EXPECT_EQ(action.content, "text\n");
  EXPECT_TRUE(action.executable);
  action = Only(R"(    ctx.actions.write(out, ctx.actions.args().add_all(["a", "b"])))");
  EXPECT_THAT(Words(plan_, action), ElementsAre("a", "b"));
}

TEST_F(ActionsTest, SymlinkIsAnAlias) {
  Action action = Only(R"(    ctx.actions.symlink(output = out, target_file = src))");
  EXPECT_EQ(action.kind, Action::Kind::kSymlink);
  EXPECT_THAT(Paths(plan_, action.inputs.ToList()), ElementsAre("a/in.txt"));
}

TEST_F(ActionsTest, UnresolvedSymlinkHasATargetPath) {
  Action action = Only(R"(
    ctx.actions.write(out, "")
    out = ctx.actions.declare_symlink("link")
    ctx.actions.symlink(output = out, target_path = "../x"))");
  EXPECT_EQ(action.kind, Action::Kind::kUnresolvedSymlink);
  EXPECT_EQ(action.content, "../x");
  EXPECT_THAT(Fail(R"(    ctx.actions.symlink(output = out, target_path = "../x"))"),
              HasSubstr("declare_symlink()"));
}

TEST_F(ActionsTest, ExpandTemplateKeepsTheOrderOfSubstitutions) {
  Action action = Only(R"(
    ctx.actions.expand_template(template = src, output = out, substitutions = {"%b": "1", "%a": "2"}))");
  EXPECT_EQ(action.kind, Action::Kind::kExpandTemplate);
  EXPECT_THAT(action.substitutions, ElementsAre(Pair("%b", "1"), Pair("%a", "2")));
}

TEST_F(ActionsTest, FetchKnowsItsBytes) {
  Action action = Only("    ctx.actions.fetch(output = out, url = \"https://x/y\", sha256 = \"" +
                       Digest::Of("abc").hex() + "\", size = 3)");
  EXPECT_EQ(action.kind, Action::Kind::kFetch);
  EXPECT_EQ(action.fetch.url, "https://x/y");
  EXPECT_EQ(action.fetch.digest, Digest::Of("abc"));
  EXPECT_THAT(Fail(R"(    ctx.actions.fetch(output = out, url = "u", sha256 = "12", size = 3))"),
              HasSubstr("'sha256'"));
}

TEST_F(ActionsTest, OutputWithoutActionIsAnError) {
  EXPECT_THAT(Fail("    pass"), HasSubstr("the following files have no generating action:\na/out"));
}

TEST_F(ActionsTest, TwoActionsForOneOutputAreAnError) {
  EXPECT_THAT(Fail("    ctx.actions.write(out, \"\")\n    ctx.actions.write(out, \"x\")"),
              HasSubstr("file 'a/out' is generated by two actions of '//a:t'"));
}

TEST_F(ActionsTest, OutputsMustLieBelowThePackage) {
  EXPECT_THAT(Fail(R"(    ctx.actions.declare_file("../b"))"),
              HasSubstr("is not below the package directory 'a'"));
  EXPECT_THAT(Fail(R"(    ctx.actions.declare_file("/b"))"),
              HasSubstr("is not below the package directory 'a'"));
}

TEST_F(ActionsTest, SourceFilesCannotBeOutputs) {
  EXPECT_THAT(Fail(R"(    ctx.actions.write(src, ""))"),
              HasSubstr("the source file 'a/in.txt' cannot be an output"));
}

TEST_F(ActionsTest, WrongExecutableIsRefusedInBazelsWords) {
  EXPECT_THAT(Fail(R"(    ctx.actions.run(outputs = [out], executable = 3))"),
              HasSubstr("parameter 'executable' got value of type 'int', want 'File, string, or "
                        "FilesToRunProvider'"));
}

TEST_F(ActionsTest, ToolsBringTheirRunfiles) {
  Write("b/defs.cow", R"(
def _tool(ctx):
    exe = ctx.actions.declare_file("exe")
    ctx.actions.write(exe, "", is_executable = True)
    return [DefaultInfo(executable = exe, runfiles = ctx.runfiles(ctx.files.data))]
tool = rule(implementation = _tool, attrs = {"data": attr.label_list(allow_files = True)}, executable = True)
def _user(ctx):
    out = ctx.actions.declare_file("user.out")
    ctx.actions.run(outputs = [out], executable = ctx.executable.tool)
    return [DefaultInfo(files = depset([out]))]
user = rule(implementation = _user, attrs = {"tool": attr.label(executable = True, cfg = "exec")})
)");
  Write("b/BUILD.cow", R"(load(":defs.cow", "tool", "user")
tool(name = "tool", data = ["data.txt"])
user(name = "user", tool = ":tool")
)");
  Write("b/data.txt", "");
  BuildPlan plan = Plan({"//b:user"});
  const Action* action = Find(plan, "Action");
  EXPECT_THAT(Paths(plan, action->inputs.ToList()),
              UnorderedElementsAre("cow-out/linux_test-opt-exec/bin/b/exe", "b/data.txt"));
}

}  // namespace
}  // namespace cow::analysis
