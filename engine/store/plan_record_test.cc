#include "engine/store/plan_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace cow::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Label At(std::string_view text) { return *Label::Parse(text, {}); }

ActionOutput Value(std::string_view bytes) { return {.digest = Digest::Of(bytes)}; }

// Two sources become two objects, both an archive; the second has a test of two runs.
class PlanRecordTest : public ::testing::Test {
 public:
  PlanRecordTest() {
    plan_.host_trees.push_back(std::make_shared<const HostTree>(HostTree{.name = "@cc//:tree"}));
    HostTree tree{.name = "@cc//:other",
                  .entries = {{.kind = HostTreeEntry::Kind::kDirectory, .path = "usr"},
                              {.path = "usr/cc", .source_path = "/usr/cc", .digest = Digest::Of("cc"), .executable = true},
                              {.kind = HostTreeEntry::Kind::kSymlink, .path = "usr/gcc", .target = "cc"}},
                  .absent = {"/usr/local/cc"}};
    tree.digest = HostTree::ComputeDigest(tree.entries);
    plan_.host_trees.push_back(std::make_shared<const HostTree>(tree));
    header_ = Source("a.h");
    first_ = Source("a.c");
    second_ = Source("b.c");
    const Depset<ArtifactId> headers({header_}, {});
    first_object_ = Make("a.o", Depset<ArtifactId>({first_}, {headers}));
    second_object_ = Make("b.o", Depset<ArtifactId>({second_}, {headers}));
    archive_ = Make("a.a", Depset<ArtifactId>({first_object_, second_object_}, {}));
    for (int shard = 0; shard < 2; ++shard) {
      const ArtifactId log = Make(absl::StrCat("log", shard), Depset<ArtifactId>({second_object_}, {}));
      plan_.tests.push_back({.label = At("//:t"), .action = plan_.artifact(log).generating_action, .log = log});
    }
    plan_.targets.push_back({.label = At("//:a"), .configuration = "c", .outputs = {archive_}});
    plan_.targets.push_back({.label = At("//:o"),
                             .configuration = "c",
                             .outputs = {first_object_},
                             .executable = first_object_,
                             .runfiles = {header_},
                             .run_args = {"x", ""},
                             .run_env = {{"N", "v"}, {"E", ""}}});
    for (uint32_t i = 0; i < plan_.actions.size(); ++i) order_.push_back(ActionId(i));
    for (const Artifact& artifact : plan_.artifacts) values_.push_back(Value(artifact.exec_path));
  }

  PlanPart PartOf(const std::vector<ArtifactId>& changed, const absl::flat_hash_set<std::string>& rewritten = {}) {
    absl::StatusOr<std::string> bytes = EncodePlan(plan_, order_);
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    absl::StatusOr<PlanPart> part = PlanRecord::Open(*bytes)->PartOf(
        changed, rewritten, *PlanValues::Open(PlanValues::Encode(values_, 1)));
    EXPECT_TRUE(part.ok()) << part.status();
    return *std::move(part);
  }

  static std::vector<std::string> Outputs(const PlanPart& part) {
    std::vector<std::string> paths;
    for (const Action& action : part.plan.actions) paths.push_back(part.plan.artifact(action.outputs[0]).exec_path);
    return paths;
  }

  static std::vector<std::string> Known(const PlanPart& part) {
    std::vector<std::string> paths;
    for (const KnownArtifact& known : part.plan.known) {
      paths.push_back(part.plan.artifact(known.id).exec_path);
      EXPECT_EQ(known.value.digest, Digest::Of(paths.back()));
    }
    return paths;
  }

  ArtifactId Add(Artifact artifact) {
    plan_.artifacts.push_back(std::move(artifact));
    return ArtifactId(static_cast<uint32_t>(plan_.artifacts.size() - 1));
  }

  ArtifactId Source(const std::string& path) {
    return Add({.exec_path = path, .source_path = "/w/" + path, .owner = At("//:" + path)});
  }

  ArtifactId Make(const std::string& name, Depset<ArtifactId> inputs) {
    const ActionId action(static_cast<uint32_t>(plan_.actions.size()));
    const ArtifactId output = Add({.kind = Artifact::Kind::kFile,
                                   .exec_path = "out/" + name,
                                   .root = "out",
                                   .owner = At("//:" + name),
                                   .generating_action = action});
    const ArtifactId first_input = inputs.ToList().front();
    plan_.actions.push_back({.owner = At("//:" + name),
                             .mnemonic = "Make",
                             .inputs = std::move(inputs),
                             .outputs = {output},
                             .host_tree = HostTreeId(1),
                             .root_tree = first_input});
    return output;
  }

  BuildPlan plan_;
  std::vector<ActionId> order_;
  ArtifactValues values_;
  ArtifactId header_, first_, second_, first_object_, second_object_, archive_;
};

TEST_F(PlanRecordTest, APartHoldsWhatDependsOnTheChange) {
  const PlanPart part = PartOf({first_});
  EXPECT_THAT(Outputs(part), ElementsAre("out/a.o", "out/a.a"));
  EXPECT_THAT(Known(part), UnorderedElementsAre("a.h", "out/b.o"));
  EXPECT_THAT(part.targets, ElementsAre(0, 1));
  EXPECT_THAT(part.plan.tests, IsEmpty());
  ASSERT_EQ(part.plan.host_trees.size(), 1u);
  EXPECT_EQ(part.plan.host_trees[0]->entries, plan_.host_trees[1]->entries);
  EXPECT_EQ(part.plan.host_trees[0]->digest, plan_.host_trees[1]->digest);
  EXPECT_EQ(part.plan.host_trees[0]->absent, plan_.host_trees[1]->absent);
  EXPECT_EQ(part.artifacts[part.plan.actions[0].root_tree.value()], plan_.actions[0].root_tree);
  const RequestedTarget& target = part.plan.targets[1];
  EXPECT_EQ(target.label, At("//:o"));
  EXPECT_EQ(target.configuration, "c");
  EXPECT_EQ(target.executable, target.outputs[0]);
  EXPECT_EQ(part.artifacts[target.runfiles[0].value()], header_);
  EXPECT_THAT(target.run_args, ElementsAre("x", ""));
  EXPECT_EQ(target.run_env, plan_.targets[1].run_env);
}

TEST_F(PlanRecordTest, AllRunsOfATestBelongTogether) {
  const PlanPart part = PartOf({second_});
  EXPECT_THAT(Outputs(part), ElementsAre("out/b.o", "out/a.a", "out/log0", "out/log1"));
  ASSERT_EQ(part.plan.tests.size(), 2u);
  EXPECT_EQ(part.plan.tests[1].action, ActionId(3));
  EXPECT_EQ(part.plan.artifact(part.plan.tests[1].log).exec_path, "out/log1");
}

TEST_F(PlanRecordTest, OutputsAloneNeedNoAction) {
  const PlanPart part = PartOf({}, {"out/a.a"});
  EXPECT_THAT(part.plan.actions, IsEmpty());
  EXPECT_THAT(part.targets, ElementsAre(0));
  EXPECT_THAT(Known(part), ElementsAre("out/a.a"));
  EXPECT_THAT(PartOf({}, {"out/a.o.runfiles"}).targets, ElementsAre(1));
}

TEST_F(PlanRecordTest, EverythingAboutAnActionIsKept) {
  const ArtifactId link = Add({.kind = Artifact::Kind::kSymlink, .exec_path = "link"});
  values_.push_back(ActionOutput{.kind = ActionOutput::Kind::kSymlink, .target = "there"});
  const ArtifactId output = Make("full", Depset<ArtifactId>({first_, link}, {}, DepsetOrder::kPreorder));
  const ArtifactId list = Add({.kind = Artifact::Kind::kFile, .exec_path = "out/list"});
  values_.resize(plan_.artifacts.size());
  ArgExpansion all{.values = Depset<ArgValue>({ArgValue("a"), ArgValue(first_)}, {Depset<ArgValue>({ArgValue("b")}, {})},
                                              DepsetOrder::kTopological),
                   .flag = "-f",
                   .format_each = "%s",
                   .before_each = "",
                   .join_with = ",",
                   .format_joined = "[%s]",
                   .terminate_with = "",
                   .omit_if_empty = false,
                   .uniquify = true,
                   .expand_directories = false};
  Action& action = plan_.actions.back();
  action.configuration = "fast";
  action.progress_message = "Making";
  action.arguments = {{.items = {ArgValue("cc"), ArgValue(""), ArgValue(first_), all},
                       .param_file_flag = "@%s",
                       .param_file_always = true,
                       .param_file_format = ArgList::ParamFileFormat::kMultiline},
                      {.items = {ArgExpansion()}}};
  action.env = {{"A", ""}, {"B", "b"}};
  action.execution_requirements = {{"no-cache", ""}};
  action.exec_properties = {{"pool", "big"}};
  action.max_attempts = 3;
  action.timeout_seconds = 60;
  action.outputs.push_back(list);
  action.unused_inputs_list = list;
  action.captured_output = output;
  action.content = "text";
  action.executable = true;
  action.substitutions = {{"x", "y"}, {"", ""}};
  const auto tree = std::make_shared<const RunfilesTree>(RunfilesTree{.path = "p.runfiles",
                                                                      .workspace = "_main",
                                                                      .files = Depset<ArtifactId>({link, first_}, {}),
                                                                      .symlinks = {{"_main/x", first_}, {"y", link}}});
  action.runfiles = {tree};
  action.inputs_in_runfiles = true;
  action.working_directory = "p.runfiles/_main";
  order_.push_back(ActionId(static_cast<uint32_t>(plan_.actions.size() - 1)));
  plan_.targets.push_back({.label = At("//:full"), .outputs = {output}, .runfiles_tree = tree});

  const PlanPart part = PartOf({first_});
  const Action& read = part.plan.actions.back();
  auto original = [&](ArtifactId id) { return part.artifacts[id.value()]; };
  EXPECT_EQ(read.owner, action.owner);
  EXPECT_EQ(read.configuration, "fast");
  EXPECT_EQ(read.mnemonic, "Make");
  EXPECT_EQ(read.progress_message, "Making");
  ASSERT_EQ(read.arguments.size(), 2u);
  const ArgList& arguments = read.arguments[0];
  EXPECT_EQ(arguments.param_file_flag, "@%s");
  EXPECT_TRUE(arguments.param_file_always);
  EXPECT_EQ(arguments.param_file_format, ArgList::ParamFileFormat::kMultiline);
  ASSERT_EQ(arguments.items.size(), 4u);
  EXPECT_EQ(std::get<ArgValue>(arguments.items[0]), ArgValue("cc"));
  EXPECT_EQ(std::get<ArgValue>(arguments.items[1]), ArgValue(""));
  EXPECT_EQ(original(std::get<ArtifactId>(std::get<ArgValue>(arguments.items[2]))), first_);
  const ArgExpansion& expansion = *std::get<Boxed<ArgExpansion>>(arguments.items[3]);
  EXPECT_EQ(expansion.values.order(), DepsetOrder::kTopological);
  EXPECT_EQ(expansion.values.ToList().size(), 3u);
  EXPECT_EQ(expansion.values.ToList()[0], ArgValue("a"));
  EXPECT_EQ(expansion.values.ToList()[2], ArgValue("b"));
  EXPECT_EQ(expansion.flag, "-f");
  EXPECT_EQ(expansion.format_each, "%s");
  EXPECT_EQ(expansion.before_each, "");
  EXPECT_EQ(expansion.join_with, ",");
  EXPECT_EQ(expansion.format_joined, "[%s]");
  EXPECT_EQ(expansion.terminate_with, "");
  EXPECT_FALSE(expansion.omit_if_empty);
  EXPECT_TRUE(expansion.uniquify);
  EXPECT_FALSE(expansion.expand_directories);
  const ArgExpansion& plain = *std::get<Boxed<ArgExpansion>>(read.arguments[1].items[0]);
  EXPECT_TRUE(plain.omit_if_empty);
  EXPECT_TRUE(plain.expand_directories);
  EXPECT_FALSE(plain.before_each.has_value());
  EXPECT_FALSE(read.arguments[1].param_file_flag.has_value());
  EXPECT_EQ(read.env, action.env);
  EXPECT_EQ(read.execution_requirements, action.execution_requirements);
  EXPECT_EQ(read.exec_properties, action.exec_properties);
  EXPECT_EQ(read.max_attempts, 3);
  EXPECT_EQ(read.timeout_seconds, 60);
  EXPECT_EQ(original(read.unused_inputs_list), list);
  EXPECT_EQ(original(read.captured_output), output);
  EXPECT_EQ(read.content, "text");
  EXPECT_TRUE(read.executable);
  EXPECT_EQ(read.substitutions, action.substitutions);
  EXPECT_TRUE(read.inputs_in_runfiles);
  EXPECT_EQ(read.working_directory, "p.runfiles/_main");
  ASSERT_EQ(read.runfiles.size(), 1u);
  for (const RunfilesTreePtr& known : {read.runfiles[0], part.plan.targets.back().runfiles_tree}) {
    ASSERT_NE(known, nullptr);
    EXPECT_EQ(known->path, "p.runfiles");
    EXPECT_EQ(known->workspace, "_main");
    const std::vector<ArtifactId> files = known->files.ToList();
    ASSERT_EQ(files.size(), 2u);
    EXPECT_EQ(original(files[0]), link);
    EXPECT_EQ(original(files[1]), first_);
    ASSERT_EQ(known->symlinks.size(), 2u);
    EXPECT_EQ(known->symlinks[0].path, "_main/x");
    EXPECT_EQ(original(known->symlinks[0].artifact), first_);
    EXPECT_EQ(original(known->symlinks[1].artifact), link);
  }
  EXPECT_EQ(read.inputs.order(), DepsetOrder::kPreorder);
  for (const KnownArtifact& known : part.plan.known) {
    if (original(known.id) == link) {
      EXPECT_EQ(known.value, *values_[link.value()]);
    }
  }
}

TEST(PlanValuesTest, EachSymlinkHasItsTarget) {
  const auto link = [](std::string target) {
    return ActionOutput{.kind = ActionOutput::Kind::kSymlink, .target = std::move(target)};
  };
  const ArtifactValues values = {link("a"), std::nullopt, Value("file"), link(""), link("c")};
  const PlanValues read = *PlanValues::Open(PlanValues::Encode(values, 5));
  EXPECT_EQ(read.Decode(), values);
  EXPECT_EQ(read.generation(), 5);
}

TEST_F(PlanRecordTest, TellsWhoMakesAPath) {
  const PlanRecord record = *PlanRecord::Open(*EncodePlan(plan_, order_));
  EXPECT_EQ(record.OwnerOf("out/a.o"), "//:a.o");
  EXPECT_EQ(record.OwnerOf("a.c"), "");
  EXPECT_EQ(record.OwnerOf("out/none"), "");
  EXPECT_EQ(record.processes(), 5);
  EXPECT_EQ(record.artifact_count(), plan_.artifacts.size());
}

TEST_F(PlanRecordTest, OtherBytesAreRefused) {
  EXPECT_FALSE(PlanRecord::Open("").ok());
  EXPECT_FALSE(PlanRecord::Open(std::string(100, 'x')).ok());
  EXPECT_FALSE(PlanValues::Open("").ok());
  EXPECT_FALSE(PlanValues::Open(std::string(100, 'x')).ok());
  const PlanRecord record = *PlanRecord::Open(*EncodePlan(plan_, order_));
  EXPECT_FALSE(record.PartOf({}, {}, *PlanValues::Open(PlanValues::Encode({}, 0))).ok());
}

}  // namespace
}  // namespace cow::store
