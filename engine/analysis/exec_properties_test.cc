// Properties of execution platforms and targets, as actions get them.
#include "engine/analysis/exec_properties.h"

#include "engine/analysis/analysis_fixture.h"

namespace cow::analysis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class ExecPropertiesTest : public AnalysisTest {
 protected:
  void SetUp() override {
    AnalysisTest::SetUp();
    Write("defs.bzl", R"(
def _impl(ctx):
    one = ctx.actions.declare_file("one")
    two = ctx.actions.declare_file("two")
    ctx.actions.run_shell(outputs = [one], command = "true", mnemonic = "One")
    ctx.actions.run_shell(outputs = [two], command = "true", mnemonic = "Two", exec_group = "link")
    return [DefaultInfo(files = depset([one, two]))]
r = rule(implementation = _impl, exec_groups = {"link": exec_group()})
)");
    Write("p/BUILD.cow", R"(
platform(name = "base", constraint_values = ["@cow//platforms:linux"],
         exec_properties = {"pool": "default", "gone": "x", "link.mem": "1g"})
platform(name = "big", parents = [":base"], exec_properties = {"gone": "", "mem": "8g"})
)");
    Write("WORKSPACE.cow", "register_execution_platforms(\"//p:big\")\n");
  }
  void Target(std::string_view properties) {
    Write("BUILD.cow", absl::StrCat("load(\":defs.bzl\", \"r\")\nr(name = \"x\", exec_properties = {", properties, "})\n"));
  }
};

TEST_F(ExecPropertiesTest, TargetComesOverPlatformAndGroupOverAll) {
  Target(R"("pool": "mine", "link.pool": "link")");
  BuildPlan plan = Plan({"//:x"});
  EXPECT_THAT(Find(plan, "One")->exec_properties, ElementsAre(Pair("mem", "8g"), Pair("pool", "mine")));
  EXPECT_THAT(Find(plan, "Two")->exec_properties, ElementsAre(Pair("mem", "1g"), Pair("pool", "link")));
}

TEST_F(ExecPropertiesTest, UnknownGroupsAreRefused) {
  Target(R"("lnk.pool": "x")");
  EXPECT_THAT(Error({"//:x"}), HasSubstr("tried to set properties for non-existent exec groups: [lnk]"));
}

TEST_F(ExecPropertiesTest, NamesOfCowAreRefused) {
  Target(R"("cow-host-tree": "x")");
  EXPECT_THAT(Error({"//:x"}), HasSubstr("'cow-host-tree' begins with 'cow-', which is for cow itself"));
}

}  // namespace
}  // namespace cow::analysis
