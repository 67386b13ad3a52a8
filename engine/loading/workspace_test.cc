// Workspaces, repositories, target patterns.
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/loading/repository_inputs.h"
#include "engine/loading/target_pattern_resolver.h"
#include "engine/loading/workspace_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::loading {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Resolve(WorkspaceFixture& fixture, const std::vector<std::string>& patterns,
                                 PatternOptions options = {}) {
  absl::StatusOr<ResolvedPatterns> resolved = ResolvePatterns(patterns, options, fixture.loader());
  if (!resolved.ok()) return {fixture.Shown(resolved.status())};
  std::vector<std::string> labels;
  for (const Label& label : resolved->labels) labels.push_back(label.ToString());
  return labels;
}

TEST(WorkspaceTest, RootIsFoundUpwards) {
  WorkspaceFixture fixture;
  fixture.Write("a/b/c.txt", "");
  EXPECT_EQ(*FindWorkspaceRoot(fixture.root() + "/a/b"), fixture.root());
  EXPECT_TRUE(absl::IsNotFound(FindWorkspaceRoot(fixture.top()).status()));
}

TEST(WorkspaceTest, OwnNameIsTheMainRepository) {
  WorkspaceFixture fixture;
  fixture.Write("WORKSPACE.cow", "workspace(name = \"mine\")\nregister_toolchains(\"//t:all\")\n");
  fixture.WriteRules("workspace.cow", "register_toolchains(\"//cc:host\")\n");
  ASSERT_TRUE(fixture.Open().ok());
  EXPECT_EQ(fixture.workspace().ParseLabel("@mine//a:b", PackageId())->ToString(), "//a:b");
  ASSERT_EQ(fixture.workspace().toolchains().size(), 2u);
  EXPECT_EQ(fixture.workspace().toolchains()[0].pattern, "//t:all");
  EXPECT_EQ(fixture.workspace().toolchains()[1].base.repo(), "cow");
}

TEST(WorkspaceTest, ErrorsHaveAPlace) {
  WorkspaceFixture fixture;
  fixture.Write("WORKSPACE.cow", "local_repository(name = \"x\", path = \"x\")\nlocal_repository(name = \"x\", path = \"y\")\n");
  EXPECT_EQ(fixture.Open().message(),
            "WORKSPACE.cow:2:17: error: repository '@x' is already declared at WORKSPACE.cow:1:17\n"
            "  local_repository(name = \"x\", path = \"y\")\n"
            "                  ^");
}

TEST(WorkspaceTest, LocalRepositoryHasItsOwnLabels) {
  WorkspaceFixture fixture;
  fixture.Write("WORKSPACE.cow", "local_repository(name = \"o\", path = \"third/o\")\n");
  fixture.Write("third/o/WORKSPACE.cow", "");
  fixture.Write("third/o/p/BUILD.cow", "filegroup(name = \"x\", srcs = [\"//q:y\", \"@//m:z\"])\n");
  absl::StatusOr<const Target*> target = fixture.TargetOf("@o//p:x");
  ASSERT_TRUE(target.ok()) << target.status();
  std::vector<Label> srcs = (*target)->LabelListAttr("srcs");
  EXPECT_EQ(srcs[0].ToString(), "@o//q:y");
  EXPECT_EQ(srcs[1].ToString(), "//m:z");
  EXPECT_EQ((*target)->location().ToString(), "third/o/p/BUILD.cow:1:10");
}

TEST(WorkspaceTest, LoadMayNameARepositoryDeclaredAboveIt) {
  WorkspaceFixture fixture;
  fixture.Write("WORKSPACE.cow",
                "local_repository(name = \"o\", path = \"third/o\")\n"
                "load(\n    \"@o//:defs.cow\",\n    \"more\",\n)\n"
                "where = \"third/\"\n"
                "load(\"@o//:defs.cow\", \"nothing\")\n"
                "more(where)\nnothing()\n");
  fixture.Write("third/o/BUILD.cow", "");
  fixture.Write("third/o/defs.cow",
                "def more(path):\n    if not native.existing_rule(\"p\"):\n"
                "        native.local_repository(name = \"p\", path = path + \"p\")\n"
                "def nothing():\n    pass\n");
  fixture.Write("third/p/BUILD.cow", "filegroup(name = \"x\")\n");
  absl::Status status = fixture.Open();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(fixture.TargetOf("@p//:x").ok());
  fixture.Write("WORKSPACE.cow", "x = 1\nload(\"@q//:defs.cow\", \"more\")\nmore(\"\")\n");
  EXPECT_EQ(fixture.Shown(fixture.Open()),
            "WORKSPACE.cow:2:6: error: cannot load '@q//:defs.cow': no such repository '@q': it is not declared in "
            "WORKSPACE.cow\n"
            "  load(\"@q//:defs.cow\", \"more\")\n"
            "       ^");
}

constexpr std::string_view kRepositoryRule = R"cow(
def _impl(ctx):
    text = ctx.read(ctx.attr.src) + ctx.os.name
    ctx.watch("%s/watched")
    ctx.file("BUILD.cow", "filegroup(name = %%r)" %% text)
    ctx.report_progress("working")

def _lock(ctx):
    result = ctx.execute(["sh", "-c", "printf locked; exit 3"])
    return result.stdout + str(result.return_code) + ctx.attr.name

made = repository_rule(
    implementation = _impl,
    lock = _lock,
    attrs = {"src": attr.label(), "lock_file": attr.label()},
    environ = ["COW_TEST_VARIABLE"],
)
)cow";

std::string WithTop(std::string_view text, const std::string& top) {
  std::string result(text);
  result.replace(result.find("%s"), 2, top);
  for (size_t at = result.find("%%"); at != std::string::npos; at = result.find("%%")) result.erase(at, 1);
  return result;
}

struct MadeRepository {
  MadeRepository() {
    fixture.Write("BUILD.cow", "");
    fixture.Write("r.cow", WithTop(kRepositoryRule, fixture.top()));
    fixture.Write("name.txt", "one_");
    fixture.WriteBelow("", "watched", "1");
    fixture.Write("WORKSPACE.cow",
                  "load(\"//:r.cow\", \"made\")\nmade(name = \"m\", src = \"//:name.txt\", lock_file = \"//:m.lock\")\n");
    fixture.options.on_progress = [this](std::string_view repository, std::string_view) {
      EXPECT_EQ(std::string(repository), "m");
      ++runs;
    };
  }
  // Reads the workspace anew, as the next command does.
  std::string TargetName() {
    EXPECT_TRUE(fixture.Open().ok());
    absl::StatusOr<PackagePtr> package = fixture.Load("@m//");
    if (!package.ok()) return fixture.Shown(package.status());
    for (const auto& [name, target] : (*package)->targets()) {
      if (target.is_rule()) return name;
    }
    return "";
  }
  WorkspaceFixture fixture;
  int runs = 0;
};

TEST(RepositoryRuleTest, RunsOnlyWhenSomethingItLookedAtChanged) {
  MadeRepository made;
  ASSERT_TRUE(made.fixture.Open().ok()) << made.fixture.Open();
  EXPECT_EQ(made.runs, 0);
  EXPECT_EQ(made.TargetName(), "one_linux");
  EXPECT_EQ(made.runs, 1);
  EXPECT_EQ(made.TargetName(), "one_linux");
  EXPECT_EQ(made.runs, 1);
  made.fixture.Write("name.txt", "two_");
  EXPECT_EQ(made.TargetName(), "two_linux");
  EXPECT_EQ(made.runs, 2);
  made.fixture.WriteBelow("", "watched", "2");
  EXPECT_EQ(made.TargetName(), "two_linux");
  EXPECT_EQ(made.runs, 3);
  setenv("COW_TEST_VARIABLE", "x", 1);
  EXPECT_EQ(made.TargetName(), "two_linux");
  EXPECT_EQ(made.runs, 4);
  unsetenv("COW_TEST_VARIABLE");
}

TEST(RepositoryRuleTest, FailureShowsTracebackAndDeclaration) {
  MadeRepository made;
  made.fixture.Write("name.txt", "x");
  made.fixture.Write("r.cow", "def _i(ctx):\n    fail(\"no compiler\")\nmade = repository_rule(implementation = _i, "
                              "attrs = {\"src\": attr.label(), \"lock_file\": attr.label()})\n");
  std::string error = made.TargetName();
  EXPECT_THAT(error, HasSubstr("no compiler"));
  EXPECT_THAT(error, HasSubstr("note: while making repository '@m' declared at WORKSPACE.cow:2:5"));
}

TEST(RepositoryRuleTest, LockWritesTheFileOnlyIfItDiffers) {
  MadeRepository made;
  ASSERT_TRUE(made.fixture.Open().ok());
  absl::StatusOr<std::vector<LockedRepository>> locked = made.fixture.workspace().LockRepositories({}, false);
  ASSERT_TRUE(locked.ok()) << locked.status();
  ASSERT_EQ(locked->size(), 1u);
  EXPECT_TRUE((*locked)[0].changed);
  EXPECT_FALSE(FileExists(made.fixture.root() + "/m.lock"));
  locked = made.fixture.workspace().LockRepositories({"m"}, true);
  ASSERT_TRUE(locked.ok()) << locked.status();
  EXPECT_EQ(*ReadFile((*locked)[0].path), "locked3m");
  EXPECT_FALSE((*made.fixture.workspace().LockRepositories({}, true))[0].changed);
}

TEST(RepositoryInputsTest, SurviveWriting) {
  std::vector<RepositoryInput> inputs = {{RepositoryInput::Kind::kFile, "/a\tb", "x"},
                                         {RepositoryInput::Kind::kVariable, "V", "=a\nb"},
                                         {RepositoryInput::Kind::kProgram, "gcc", ""}};
  EXPECT_EQ(*ParseInputs(FormatInputs(inputs)), inputs);
  EXPECT_FALSE(ParseInputs("what\tis\tthis\n").ok());
}

struct PatternFixture {
  PatternFixture() {
    fixture.Write("BUILD.cow", "filegroup(name = \"top\")\n");
    fixture.Write("a/BUILD.cow",
                  "filegroup(name = \"a\", srcs = [\"f.txt\"])\nfilegroup(name = \"m\", tags = [\"manual\"])\n"
                  "check_test(name = \"x_test\")\n");
    fixture.Write("a/f.txt", "");
    fixture.Write("a/b/BUILD.cow", "filegroup(name = \"b\")\n");
    fixture.Write("cow-out/BUILD.cow", "filegroup(name = \"no\")\n");
    fixture.Write("nested/WORKSPACE.cow", "");
    fixture.Write("nested/BUILD.cow", "filegroup(name = \"no\")\n");
  }
  WorkspaceFixture fixture;
};

TEST(TargetPatternTest, WildcardsLeaveOutManualTargetsAndOtherWorkspaces) {
  PatternFixture p;
  EXPECT_THAT(Resolve(p.fixture, {"//..."}), ElementsAre("//:top", "//a:a", "//a:x_test", "//a/b:b"));
  EXPECT_THAT(Resolve(p.fixture, {"//a:all"}), ElementsAre("//a:a", "//a:x_test"));
  EXPECT_THAT(Resolve(p.fixture, {"//a:m"}), ElementsAre("//a:m"));
  EXPECT_THAT(Resolve(p.fixture, {"//a:*"}), ElementsAre("//a:BUILD.cow", "//a:a", "//a:f.txt", "//a:x_test"));
  EXPECT_THAT(Resolve(p.fixture, {"//a"}), ElementsAre("//a:a"));
}

TEST(TargetPatternTest, NegativePatternsTakeAwayWhatStandsBefore) {
  PatternFixture p;
  EXPECT_THAT(Resolve(p.fixture, {"//a/...", "-//a/b/..."}), ElementsAre("//a:a", "//a:x_test"));
  EXPECT_THAT(Resolve(p.fixture, {"//a/...", "-//a:all", "//a:a"}), ElementsAre("//a/b:b", "//a:a"));
}

TEST(TargetPatternTest, RelativePatternsStartAtThePackageOfTheUser) {
  PatternFixture p;
  PatternOptions options{.base = PackageOfDirectory(p.fixture.root() + "/a", p.fixture.workspace())};
  EXPECT_THAT(Resolve(p.fixture, {":a", "-b:all", ":x_test"}, options), ElementsAre("//a:a", "//a:x_test"));
}

TEST(TargetPatternTest, TestsOnly) {
  PatternFixture p;
  EXPECT_THAT(Resolve(p.fixture, {"//..."}, {.tests_only = true}), ElementsAre("//a:x_test"));
}

TEST(TargetPatternTest, ErrorsSuggest) {
  PatternFixture p;
  EXPECT_THAT(Resolve(p.fixture, {"//a/c:b"}),
              ElementsAre("no such package 'a/c': directory 'a/c' does not exist (did you mean '//a/b'?)"));
  EXPECT_THAT(Resolve(p.fixture, {"//zzz/..."}),
              ElementsAre("no packages match '//zzz/...': no such package 'zzz': directory 'zzz' does not exist"));
}

TEST(TargetPatternTest, KeepGoingListsBrokenPackages) {
  PatternFixture p;
  p.fixture.Write("bad/BUILD.cow", "x = y\n");
  absl::StatusOr<ResolvedPatterns> resolved =
      ResolvePatterns({"//..."}, {.keep_going = true}, p.fixture.loader());
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->labels.size(), 4u);
  ASSERT_EQ(resolved->errors.size(), 1u);
  EXPECT_THAT(Resolve(p.fixture, {"//..."}),
              ElementsAre("bad/BUILD.cow:1:5: error: name 'y' is not defined (did you mean 'x'?)\n  x = y\n      ^"));
}

}  // namespace
}  // namespace cow::loading
