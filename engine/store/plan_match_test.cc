#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "engine/store/plan_record.h"

namespace cow::store {
namespace {

using testing::ElementsAre;

Label At(std::string_view text) { return *Label::Parse(text, {}); }

// A tool and two sources; each source becomes an object, both objects an archive. Whoever makes two of them with other
// `padding` gets other ids for the same things.
class Sample {
 public:
  explicit Sample(int padding = 0) : padding_(padding) {
    for (int i = 0; i < padding; ++i) {
      plan.artifacts.push_back({.exec_path = absl::StrCat("unused", i)});
      plan.host_trees.push_back(std::make_shared<const HostTree>(HostTree{.name = absl::StrCat("@unused//:", i)}));
    }
    plan.host_trees.push_back(std::make_shared<const HostTree>(HostTree{.name = "@cc//:tree"}));
    tool = Add({.exec_path = "tool", .source_path = "/w/tool", .owner = At("//:tool")});
    header = Add({.exec_path = "a.h", .source_path = "/w/a.h", .owner = At("//:a.h")});
    const Depset<ArtifactId> shared({header}, {Depset<ArtifactId>({tool}, {})});
    for (const char* name : {"a", "b"}) {
      const ArtifactId source = Add({.exec_path = absl::StrCat(name, ".c"), .source_path = absl::StrCat("/w/", name)});
      Action action = Compile(source, name);
      action.inputs = Depset<ArtifactId>({source}, {shared});
      objects.push_back(Make(absl::StrCat(name, ".o"), std::move(action)));
    }
    Make("ab.a", {.mnemonic = "Archive", .inputs = Depset<ArtifactId>(objects, {})});
  }

  Action& first() { return plan.actions[0]; }

  BuildPlan plan;
  ArtifactId tool, header;
  std::vector<ArtifactId> objects;

 private:
  ArtifactId Add(Artifact artifact) {
    plan.artifacts.push_back(std::move(artifact));
    return ArtifactId(static_cast<uint32_t>(plan.artifacts.size() - 1));
  }

  Action Compile(ArtifactId source, const std::string& name) {
    const Depset<ArgValue> flags({ArgValue("-O2"), ArgValue(header)}, {Depset<ArgValue>({ArgValue("-g")}, {})});
    auto tree = std::make_shared<const RunfilesTree>(RunfilesTree{.path = "tool.runfiles",
                                                                  .workspace = "_main",
                                                                  .files = Depset<ArtifactId>({tool}, {}),
                                                                  .symlinks = {{"_main/x", header}}});
    return {.kind = Action::Kind::kRun,
            .owner = At("//:" + name),
            .configuration = "fast",
            .mnemonic = "Compile",
            .arguments = {{.items = {ArgValue("cc"), ArgValue(source), ArgExpansion{.values = flags}}}},
            .runfiles = {std::move(tree)},
            .env = {{"A", "a"}},
            .host_tree = HostTreeId(static_cast<uint32_t>(padding_)),
            .root_tree = tool};
  }

  ArtifactId Make(const std::string& name, Action action) {
    const ActionId id(static_cast<uint32_t>(plan.actions.size()));
    const ArtifactId output =
        Add({.kind = Artifact::Kind::kFile, .exec_path = "out/" + name, .root = "out", .generating_action = id});
    action.outputs = {output};
    plan.actions.push_back(std::move(action));
    return output;
  }

  const int padding_;
};

PlanRecord Record(const BuildPlan& plan) {
  std::vector<ActionId> order;
  for (uint32_t i = 0; i < plan.actions.size(); ++i) order.push_back(ActionId(i));
  absl::StatusOr<std::string> bytes = EncodePlan(plan, order);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return *PlanRecord::Open(*bytes);
}

PlanMatch Match(const BuildPlan& recorded, const BuildPlan& plan) { return Record(recorded).Match(plan); }

TEST(PlanMatchTest, IdsDoNotMatter) {
  const Sample recorded;
  const Sample plan(7);
  const PlanMatch match = Match(recorded.plan, plan.plan);
  EXPECT_THAT(match.actions, ElementsAre(true, true, true));
  EXPECT_EQ(match.artifacts[plan.tool.value()], recorded.tool);
  EXPECT_EQ(match.artifacts[plan.objects[1].value()], recorded.objects[1]);
  EXPECT_FALSE(match.artifacts[0].valid());
  EXPECT_THAT(Match(plan.plan, recorded.plan).actions, ElementsAre(true, true, true));
}

TEST(PlanMatchTest, AnyDifferenceOfAnActionIsSeen) {
  const Sample recorded;
  const std::vector<std::pair<std::string, std::function<void(Sample&)>>> changes = {
      {"kind", [](Sample& s) { s.first().kind = Action::Kind::kWrite; }},
      {"owner", [](Sample& s) { s.first().owner = At("//:other"); }},
      {"configuration", [](Sample& s) { s.first().configuration = "dbg"; }},
      {"mnemonic", [](Sample& s) { s.first().mnemonic = "Other"; }},
      {"progress_message", [](Sample& s) { s.first().progress_message = "x"; }},
      {"argument", [](Sample& s) { s.first().arguments[0].items[0] = ArgValue("c++"); }},
      {"argument file", [](Sample& s) { s.first().arguments[0].items[1] = ArgValue(s.header); }},
      {"argument set", [](Sample& s) {
         s.first().arguments[0].items[2] = ArgExpansion{.values = Depset<ArgValue>({ArgValue("-O2")}, {})};
       }},
      {"argument order", [](Sample& s) {
         const Depset<ArgValue> flags({ArgValue("-O2"), ArgValue(s.header)}, {Depset<ArgValue>({ArgValue("-g")}, {})},
                                      DepsetOrder::kTopological);
         s.first().arguments[0].items[2] = ArgExpansion{.values = flags};
       }},
      {"inputs", [](Sample& s) { s.first().inputs = Depset<ArtifactId>({s.tool}, {s.first().inputs}); }},
      {"no inputs", [](Sample& s) { s.first().inputs = Depset<ArtifactId>(); }},
      {"runfiles", [](Sample& s) { s.first().runfiles.clear(); }},
      {"link of runfiles", [](Sample& s) {
         RunfilesTree tree = *s.first().runfiles[0];
         tree.symlinks[0].artifact = s.tool;
         s.first().runfiles[0] = std::make_shared<const RunfilesTree>(tree);
       }},
      {"file of runfiles", [](Sample& s) {
         RunfilesTree tree = *s.first().runfiles[0];
         tree.files = Depset<ArtifactId>({s.header}, {});
         s.first().runfiles[0] = std::make_shared<const RunfilesTree>(tree);
       }},
      {"inputs_in_runfiles", [](Sample& s) { s.first().inputs_in_runfiles = true; }},
      {"outputs", [](Sample& s) { s.first().outputs.push_back(s.objects[1]); }},
      {"working_directory", [](Sample& s) { s.first().working_directory = "d"; }},
      {"env", [](Sample& s) { s.first().env["A"] = "b"; }},
      {"no host_tree", [](Sample& s) { s.first().host_tree = HostTreeId(); }},
      {"host_tree", [](Sample& s) {
         s.plan.host_trees.push_back(std::make_shared<const HostTree>(HostTree{.name = "@cc//:other"}));
         s.first().host_tree = HostTreeId(static_cast<uint32_t>(s.plan.host_trees.size() - 1));
       }},
      {"root_tree", [](Sample& s) { s.first().root_tree = s.header; }},
      {"execution_requirements", [](Sample& s) { s.first().execution_requirements["no-cache"] = ""; }},
      {"exec_properties", [](Sample& s) { s.first().exec_properties["pool"] = "big"; }},
      {"max_attempts", [](Sample& s) { s.first().max_attempts = 2; }},
      {"timeout_seconds", [](Sample& s) { s.first().timeout_seconds = 1; }},
      {"unused_inputs_list", [](Sample& s) { s.first().unused_inputs_list = s.objects[0]; }},
      {"captured_output", [](Sample& s) { s.first().captured_output = s.objects[0]; }},
      {"content", [](Sample& s) { s.first().content = "x"; }},
      {"executable", [](Sample& s) { s.first().executable = true; }},
      {"substitutions", [](Sample& s) { s.first().substitutions.emplace_back("a", "b"); }},
      {"fetch", [](Sample& s) {
         s.first().kind = Action::Kind::kFetch;
         s.first().fetch.url = "apt:x";
       }},
      {"kind of an input", [](Sample& s) { s.plan.artifacts[s.objects[0].value()].kind = Artifact::Kind::kTree; }},
  };
  for (const auto& [name, change] : changes) {
    Sample plan(3);
    change(plan);
    const PlanMatch match = Match(recorded.plan, plan.plan);
    EXPECT_FALSE(match.actions[0]) << name;
    EXPECT_TRUE(match.actions[1]) << name;
  }
}

TEST(PlanMatchTest, WhatAnActionReadsElsewhereIsAnotherThing) {
  const Sample recorded;
  Sample plan;
  plan.plan.artifacts[plan.header.value()].source_path = "/elsewhere/a.h";
  const PlanMatch match = Match(recorded.plan, plan.plan);
  EXPECT_FALSE(match.artifacts[plan.header.value()].valid());
  EXPECT_THAT(match.actions, ElementsAre(false, false, true));
}

TEST(PlanMatchTest, ActionsThatWereNotDoneAreNotKnown) {
  const Sample sample;
  const std::string bytes = *EncodePlan(sample.plan, {ActionId(1)});
  EXPECT_THAT(PlanRecord::Open(bytes)->Match(sample.plan).actions, ElementsAre(false, true, false));
}

bool All(const Label&) { return true; }

// With targets for the archive and the first object.
BuildPlan WithTargets() {
  BuildPlan plan = Sample().plan;
  auto output = [&](size_t action) { return plan.actions[action].outputs[0]; };
  plan.targets = {{.label = At("//:ab"), .outputs = {output(2)}}, {.label = At("//:a"), .outputs = {output(0)}}};
  return plan;
}

TEST(PlanJoinTest, WhatIsAddedToNothingIsThePlan) {
  BuildPlan plan = WithTargets();
  plan.tests = {{.label = At("//:test"), .action = ActionId(1), .log = plan.actions[1].outputs[0]}};
  BuildPlan copy;
  ASSERT_TRUE(Record(plan).AddTo(All, &copy).ok());
  EXPECT_EQ(copy.artifacts.size(), plan.artifacts.size());
  EXPECT_EQ(copy.host_trees.size(), 1u);
  EXPECT_THAT(Match(plan, copy).actions, ElementsAre(true, true, true));
  EXPECT_THAT(Match(copy, plan).actions, ElementsAre(true, true, true));
  ASSERT_EQ(copy.targets.size(), 2u);
  EXPECT_EQ(copy.artifact(copy.targets[0].outputs[0]).exec_path, "out/ab.a");
  ASSERT_EQ(copy.tests.size(), 1u);
  EXPECT_EQ(copy.action(copy.tests[0].action).outputs[0], copy.tests[0].log);
}

TEST(PlanJoinTest, OnlyWhatIsWantedIsAdded) {
  BuildPlan copy;
  ASSERT_TRUE(Record(WithTargets()).AddTo([](const Label& label) { return label == At("//:a"); }, &copy).ok());
  ASSERT_EQ(copy.actions.size(), 1u);
  EXPECT_EQ(copy.artifact(copy.actions[0].outputs[0]).exec_path, "out/a.o");
  EXPECT_EQ(copy.artifact(copy.actions[0].outputs[0]).generating_action, ActionId(0));
  EXPECT_EQ(copy.targets.size(), 1u);
  EXPECT_TRUE(copy.tests.empty());
}

TEST(PlanJoinTest, WhatIsThereIsNotAddedAgain) {
  const BuildPlan plan = WithTargets();
  BuildPlan joined = Sample(2).plan;
  ASSERT_TRUE(Record(plan).AddTo(All, &joined).ok());
  EXPECT_EQ(joined.actions.size(), 3u);
  EXPECT_EQ(joined.artifacts.size(), plan.artifacts.size() + 2);
  EXPECT_EQ(joined.host_trees.size(), 3u);
  EXPECT_EQ(joined.targets[0].outputs[0], joined.actions[2].outputs[0]);
}

TEST(PlanJoinTest, WhatIsMadeInAnotherWayDoesNotGoTogether) {
  Sample plan;
  plan.first().env["A"] = "b";
  EXPECT_EQ(Record(WithTargets()).AddTo(All, &plan.plan).code(), absl::StatusCode::kAborted);
}

TEST(PlanJoinTest, WhatNobodyNeedsMayBeMadeInAnotherWay) {
  Sample plan;
  plan.first().env["A"] = "b";
  BuildPlan recorded = WithTargets();
  recorded.targets.clear();
  EXPECT_TRUE(Record(recorded).AddTo(All, &plan.plan).ok());
}

TEST(PlanJoinTest, AnotherThingOfTheSameNameDoesNotGoTogether) {
  Sample plan;
  plan.plan.artifacts[plan.header.value()].source_path = "/elsewhere/a.h";
  EXPECT_EQ(Record(WithTargets()).AddTo(All, &plan.plan).code(), absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace cow::store
