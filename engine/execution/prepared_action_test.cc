#include "engine/execution/prepared_action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "engine/execution/execution_fixture.h"
#include "engine/execution/plan_slice.h"
#include "engine/store/memory_blob_store.h"
#include "engine/store/tree_encoding.h"

namespace cow::execution {
namespace {

using testing::ElementsAre;

// A plan of one action with one source input, whose parts a test changes one by one.
struct Scene {
  Scene() : builder("/ws") {
    source = builder.Source("a.txt");
    output = builder.Run("tool", "out", {source});
    values = {{.digest = Digest::Of("A")}};
    auto tree = std::make_shared<HostTree>();
    tree->digest = Digest::Of("tree");
    builder.plan.host_trees.push_back(tree);
  }
  absl::StatusOr<PreparedAction> Prepare() {
    TreeReader trees(&blobs);
    return execution::Prepare(builder.plan, ActionId(0), PlanSlice::Of(builder.plan, {output}).node(ActionId(0)).inputs,
                              values, trees);
  }
  Action& action() { return builder.plan.actions[0]; }
  Artifact& artifact(ArtifactId id) { return builder.plan.artifacts[id.value()]; }

  PlanBuilder builder;
  ArtifactId source;
  ArtifactId output;
  std::vector<ArtifactValue> values;  // of the inputs
  store::MemoryBlobStore blobs;
};

void AddText(Scene& scene, const std::string& text) { scene.action().arguments[0].items.emplace_back(ArgValue(text)); }

// A tree that holds the source input, by its name or by another one.
RunfilesTreePtr Runfiles(const Scene& scene, const std::string& path, const std::string& link = "") {
  RunfilesTree tree{.path = path, .workspace = "_main"};
  if (link.empty()) tree.files = Depset<ArtifactId>({scene.source}, {});
  if (!link.empty()) tree.symlinks = {{link, scene.source}};
  return std::make_shared<const RunfilesTree>(std::move(tree));
}

using Change = std::pair<const char*, std::function<void(Scene&)>>;

TEST(ActionKeyTest, EveryPartThatMattersChangesTheKey) {
  const std::vector<Change> changes = {
      {"nothing", [](Scene&) {}},
      {"argument", [](Scene& s) { AddText(s, "-g"); }},
      {"empty argument", [](Scene& s) { AddText(s, ""); }},
      {"environment", [](Scene& s) { s.action().env["A"] = "1"; }},
      {"environment, other value", [](Scene& s) { s.action().env["A"] = "2"; }},
      {"date", [](Scene& s) { s.action().env["SOURCE_DATE_EPOCH"] = "0"; }},
      {"host tree", [](Scene& s) { s.action().host_tree = HostTreeId(0); }},
      {"root tree", [](Scene& s) { s.action().root_tree = s.source; }},
      {"timeout", [](Scene& s) { s.action().timeout_seconds = 1; }},
      {"exec property", [](Scene& s) { s.action().exec_properties["pool"] = "a"; }},
      {"exec property, other value", [](Scene& s) { s.action().exec_properties["pool"] = "b"; }},
      {"exec property over the own", [](Scene& s) { s.action().exec_properties["ISA"] = "other"; }},
      {"no-cache", [](Scene& s) { s.action().execution_requirements["no-cache"] = ""; }},
      {"input bytes", [](Scene& s) { s.values[0].digest = Digest::Of("B"); }},
      {"input mode", [](Scene& s) { s.values[0].executable = true; }},
      {"input kind", [](Scene& s) { s.values[0] = {.kind = ArtifactValue::Kind::kSymlink, .target = "x"}; }},
      {"input name", [](Scene& s) { s.artifact(s.source).exec_path = "b.txt"; }},
      {"input removed", [](Scene& s) { s.action().inputs = {}; s.values.clear(); }},
      {"output name", [](Scene& s) { s.artifact(s.output).exec_path += "2"; }},
      {"output kind", [](Scene& s) { s.artifact(s.output).kind = Artifact::Kind::kTree; }},
      {"working directory", [](Scene& s) { s.action().working_directory = "a"; }},
      {"runfiles", [](Scene& s) { s.action().runfiles = {Runfiles(s, "p.runfiles")}; }},
      {"runfiles elsewhere", [](Scene& s) { s.action().runfiles = {Runfiles(s, "q.runfiles")}; }},
      {"runfiles by another name", [](Scene& s) { s.action().runfiles = {Runfiles(s, "p.runfiles", "_main/b")}; }},
      {"runfiles only", [](Scene& s) {
         s.action().inputs_in_runfiles = true;
         s.action().runfiles = {Runfiles(s, "p.runfiles")};
       }},
      {"param file", [](Scene& s) {
         s.action().arguments[0].param_file_flag = "@%s";
         s.action().arguments[0].param_file_always = true;
         s.action().arguments.insert(s.action().arguments.begin(), ArgList{.items = TextArgs({"tool"})});
       }},
  };
  std::map<Digest, std::string> keys;
  for (const auto& [name, change] : changes) {
    Scene scene;
    change(scene);
    absl::StatusOr<PreparedAction> prepared = scene.Prepare();
    ASSERT_TRUE(prepared.ok()) << name << ": " << prepared.status();
    auto [entry, is_new] = keys.emplace(prepared->key, name);
    EXPECT_TRUE(is_new) << name << " has the key of " << entry->second;
  }
}

TEST(ActionKeyTest, WhatDoesNotReachTheProcessDoesNotChangeTheKey) {
  Scene plain;
  Scene other;
  other.action().owner = *Label::Parse("//x:y", {});
  other.action().mnemonic = "Other";
  other.action().progress_message = "Working";
  other.action().configuration = "x";
  other.artifact(other.source).source_path = "/elsewhere/a.txt";
  EXPECT_EQ(plain.Prepare()->key, other.Prepare()->key);
}

TEST(ActionKeyTest, PreimageSurvivesStorageAndYieldsTheKey) {
  Scene scene;
  scene.action().env["A"] = "1";
  PreparedAction prepared = *scene.Prepare();
  const KeyPreimage& preimage = prepared.preimage;
  std::string bytes = EncodePreimage(preimage.action, preimage.command, preimage.directories.front().bytes);
  absl::StatusOr<StoredPreimage> read = DecodePreimage(bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->action, preimage.action);
  EXPECT_EQ(read->command, preimage.command);
  EXPECT_EQ(*store::EncodeDirectory(read->root), preimage.directories.front().bytes);
  EXPECT_EQ(Digest::Of(EncodeAction(read->action)), prepared.key);
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(DecodePreimage(bytes.substr(0, size)).ok());
  EXPECT_FALSE(DecodePreimage(bytes + "x").ok());
  // Messages of different keys do not make one record.
  scene.action().env["A"] = "2";
  CommandMessage other = scene.Prepare()->preimage.command;
  EXPECT_FALSE(DecodePreimage(EncodePreimage(preimage.action, other, preimage.directories.front().bytes)).ok());
}

TEST(ActionKeyTest, ParamFileIsAnInputBesideTheFirstOutput) {
  Scene scene;
  ArgList spilled{.items = TextArgs({"it's"}), .param_file_flag = "--args=%s", .param_file_always = true};
  spilled.items.emplace_back(ArgValue(scene.source));
  scene.action().arguments = {{.items = TextArgs({"tool"})}, spilled};
  PreparedAction prepared = *scene.Prepare();
  EXPECT_THAT(prepared.argv, ElementsAre("tool", "--args=cow-out/cfg/bin/out-0.params"));
  ASSERT_EQ(prepared.written_files.size(), 1u);
  EXPECT_EQ(prepared.written_files[0].bytes, "'it'\\''s'\na.txt\n");
  EXPECT_EQ(prepared.inputs[1].path, "cow-out/cfg/bin/out-0.params");
  EXPECT_EQ(prepared.inputs[1].digest, Digest::Of(prepared.written_files[0].bytes));
}

TEST(ActionKeyTest, RunfilesStandInTheirTreesWithAManifest) {
  Scene scene;
  scene.action().inputs_in_runfiles = true;
  scene.action().runfiles = {Runfiles(scene, "p.runfiles")};
  PreparedAction prepared = *scene.Prepare();
  std::vector<std::string> paths;
  for (const SpawnInput& input : prepared.inputs) paths.push_back(input.path);
  EXPECT_THAT(paths, ElementsAre("p.runfiles/MANIFEST", "p.runfiles/_main/a.txt"));
  ASSERT_EQ(prepared.written_files.size(), 1u);
  EXPECT_EQ(prepared.written_files[0].bytes, "_main/a.txt /build/p.runfiles/_main/a.txt\n");
}

TEST(ActionKeyTest, TreesAreExpandedToTheirFilesInOrder) {
  Scene scene;
  Digest tree = *scene.blobs.Put(*store::EncodeTree({{.path = "z", .digest = Digest::Of("1")},
                                                     {.path = "d/a", .digest = Digest::Of("2")},
                                                     {.kind = store::TreeEntry::Kind::kEmptyDirectory, .path = "e"}}));
  scene.values = {{.kind = ArtifactValue::Kind::kTree, .digest = tree}};
  scene.action().arguments[0].items = TextArgs({"tool"});
  scene.action().arguments[0].items.emplace_back(
      ArgExpansion{.values = Depset<ArgValue>({ArgValue(scene.source)}, {}), .format_each = "-i%s"});
  EXPECT_THAT(scene.Prepare()->argv, ElementsAre("tool", "-ia.txt/d/a", "-ia.txt/z"));
}

TEST(ActionKeyTest, InputInsideATreeInputIsRejected) {
  Scene scene;
  Digest tree = *scene.blobs.Put(*store::EncodeTree({}));
  scene.values = {{.kind = ArtifactValue::Kind::kTree, .digest = tree}, {.digest = Digest::Of("x")}};
  ArtifactId inside = scene.builder.Source("a.txt/inside");
  scene.action().inputs = Depset<ArtifactId>({scene.source, inside}, {});
  EXPECT_TRUE(absl::IsInvalidArgument(scene.Prepare().status())) << scene.Prepare().status();
}

}  // namespace
}  // namespace cow::execution
