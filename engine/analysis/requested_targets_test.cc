// What comes of the requested labels: output groups, aliases, errors, skipped targets, tests.
#include "engine/analysis/analyzer_fixture.h"

namespace cow::analysis {
namespace {

using RequestedTargetsTest = AnalyzerTest;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(RequestedTargetsTest, OutputGroupsReplaceOrAdd) {
  Build("a", R"(lib(name = "x"))");
  request_.output_groups = {"extra"};
  BuildPlan plan = Plan({"//a:x"});
  EXPECT_THAT(Paths(plan, plan.targets[0].outputs), ElementsAre(Bin() + "a/x.extra"));
  request_.output_groups = {"+extra"};
  plan = Plan({"//a:x"});
  EXPECT_THAT(Paths(plan, plan.targets[0].outputs),
              ElementsAre(Bin() + "a/x.out", Bin() + "a/x.extra"));
}

TEST_F(RequestedTargetsTest, AliasesAreTheTargetTheyNameUnderTheirOwnLabel) {
  Build("a", R"(alias(name = "al", actual = ":x"))"
             "\n"
             R"(lib(name = "x"))"
             "\n"
             R"(lib(name = "u", deps = [":al"]))");
  BuildPlan plan = Plan({"//a:al", "//a:u"});
  EXPECT_EQ(plan.targets[0].label.ToString(), "//a:al");
  EXPECT_THAT(Paths(plan, plan.targets[0].outputs), ElementsAre(Bin() + "a/x.out"));
  EXPECT_EQ(plan.actions.size(), 2u);
}

TEST_F(RequestedTargetsTest, KeepGoingPlansTheRestAndReportsEachErrorOnce) {
  Build("a", R"(
lib(name = "good")
bad(name = "bad")
nothing(name = "n1", deps = [":bad"])
nothing(name = "n2", deps = [":bad"])
)");
  request_.keep_going = true;
  absl::StatusOr<AnalysisResult> result = Run({"//a:n1", "//a:good", "//a:n2"});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->plan.targets.size(), 1u);
  EXPECT_EQ(result->errors.size(), 1u);
  EXPECT_EQ(result->failed.size(), 2u);
}

TEST_F(RequestedTargetsTest, IncompatibleTargetsAreSkippedWithTheirDependents) {
  Build("a", R"(
lib(name = "x", target_compatible_with = ["@cow//platforms:aarch64"])
lib(name = "y", deps = [":x"])
)");
  absl::StatusOr<AnalysisResult> result = Run({"//a:x", "//a:y"});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_THAT(result->plan.targets, IsEmpty());
  ASSERT_EQ(result->skipped.size(), 2u);
  EXPECT_THAT(result->skipped[0].reason, HasSubstr("lacks @cow//platforms:aarch64"));
  EXPECT_THAT(result->skipped[1].reason, HasSubstr("depends on //a:x"));
}

TEST_F(RequestedTargetsTest, TestsBecomeActionsWithRunfilesTreeAndEnvironment) {
  Build(
      "a",
      R"-(my_test(name = "my_test", data = ["d.txt"], args = ["$(location d.txt)", "'two words'"], size = "small"))-");
  Write("a/d.txt", "");
  request_.run_tests = true;
  BuildPlan plan = Plan({"//a:my_test"});
  ASSERT_EQ(plan.tests.size(), 1u);
  const Action& action = plan.action(plan.tests[0].action);
  const std::string runfiles = Bin() + "a/my_test.runfiles";
  const std::string workspace = action.env.at("TEST_WORKSPACE");
  EXPECT_THAT(Words(plan, action),
              ElementsAre("/build/" + runfiles + "/" + workspace + "/a/my_test", "a/d.txt", "two words"));
  EXPECT_TRUE(action.inputs_in_runfiles);
  EXPECT_THAT(Paths(plan, action.inputs.ToList()), testing::UnorderedElementsAre(Bin() + "a/my_test", "a/d.txt"));
  ASSERT_EQ(action.runfiles.size(), 1u);
  EXPECT_EQ(action.runfiles[0]->path, runfiles);
  EXPECT_THAT(Paths(plan, action.runfiles[0]->files.ToList()),
              testing::UnorderedElementsAre(Bin() + "a/my_test", "a/d.txt"));
  EXPECT_EQ(action.working_directory, runfiles + "/" + workspace);
  EXPECT_EQ(action.env.at("TEST_SRCDIR"), "/build/" + runfiles);
  EXPECT_EQ(action.env.at("MY"), "env");
  EXPECT_EQ(action.env.at("TEST_TARGET"), "//a:my_test");
  EXPECT_EQ(action.timeout_seconds, 60);
  ASSERT_TRUE(action.host_tree.valid());
  EXPECT_EQ(action.captured_output, plan.tests[0].log);
  EXPECT_EQ(plan.artifact(plan.tests[0].log).exec_path,
            "cow-out/linux_test-fastbuild/testlogs/a/my_test/test.log");
  EXPECT_EQ(plan.artifact(plan.tests[0].log).generating_action, plan.tests[0].action);
}

TEST_F(RequestedTargetsTest, SuitesStandForTheirTests) {
  Build("a", R"(
my_test(name = "a_test")
my_test(name = "b_test")
my_test(name = "m_test", tags = ["manual"])
test_suite(name = "one", tests = [":b_test"])
test_suite(name = "all_of_them")
)");
  request_.run_tests = true;
  EXPECT_EQ(Plan({"//a:one"}).tests.size(), 1u);
  EXPECT_EQ(Plan({"//a:all_of_them", "//a:one"}).tests.size(), 2u);
}

TEST_F(RequestedTargetsTest, SuitesTakeTestsByTheirTags) {
  Build("a", R"(
my_test(name = "fast_test", tags = ["fast", "net"], size = "small")
my_test(name = "net_test", tags = ["net"])
my_test(name = "plain_test")
test_suite(name = "net", tags = ["net"])
test_suite(name = "offline", tags = ["-net"])
test_suite(name = "small_net", tags = ["+net", "small"], tests = [":fast_test", ":net_test"])
)");
  request_.run_tests = true;
  auto names = [this](const std::string& suite) {
    std::vector<std::string> found;
    for (const TestSpec& test : Plan({suite}).tests) found.push_back(test.label.name());
    return found;
  };
  EXPECT_THAT(names("//a:net"), ElementsAre("fast_test", "net_test"));
  EXPECT_THAT(names("//a:offline"), ElementsAre("plain_test"));
  EXPECT_THAT(names("//a:small_net"), ElementsAre("fast_test"));
}

TEST_F(RequestedTargetsTest, DeprecatedTargetsAreWarnedOfFromOtherPackages) {
  Build("a", R"(lib(name = "x", deps = ["//b:y", ":z"]))"
             "\n"
             R"(lib(name = "z", deprecation = "of this package"))");
  Build("b", R"(lib(name = "y", deprecation = "use z", visibility = ["//visibility:public"]))");
  Plan({"//a:x"});
  EXPECT_THAT(printed_, ElementsAre("WARNING: a/BUILD.cow:2:4: in lib rule //a:x: target '//a:x' depends on deprecated "
                                    "target '//b:y': use z"));
}

TEST_F(RequestedTargetsTest, ProgramsTellTheirRunfiles) {
  Build("a", R"(my_test(name = "my_test", data = ["d.txt"]))");
  Write("a/d.txt", "");
  BuildPlan plan = Plan({"//a:my_test"});
  EXPECT_EQ(plan.artifact(plan.targets[0].executable).short_path(), "a/my_test");
  EXPECT_THAT(Paths(plan, plan.targets[0].runfiles), ElementsAre("a/d.txt"));
  EXPECT_THAT(plan.tests, IsEmpty());
}

}  // namespace
}  // namespace cow::analysis
