#include "engine/model/runfiles_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cow {
namespace {

using testing::ElementsAre;

class RunfilesTreeTest : public testing::Test {
 protected:
  ArtifactId Add(std::string exec_path, std::string root = "") {
    Artifact artifact;
    artifact.kind = root.empty() ? Artifact::Kind::kSource : Artifact::Kind::kFile;
    artifact.exec_path = std::move(exec_path);
    artifact.root = std::move(root);
    artifacts_.push_back(std::move(artifact));
    return ArtifactId(static_cast<uint32_t>(artifacts_.size() - 1));
  }

  std::vector<std::string> Places(std::vector<ArtifactId> files, std::vector<RunfilesEntry> symlinks = {}) {
    RunfilesTree tree{.path = "p.runfiles", .workspace = "_main", .files = Depset<ArtifactId>(std::move(files), {})};
    tree.symlinks = std::move(symlinks);
    collisions_.clear();
    std::vector<std::string> places;
    for (const RunfilesEntry& entry : EntriesOf(tree, artifacts_, &collisions_)) {
      places.push_back(entry.path + (entry.artifact.valid() ? "=" + artifacts_[entry.artifact.value()].exec_path : ""));
    }
    return places;
  }

  std::vector<Artifact> artifacts_;
  std::vector<RunfilesCollision> collisions_;
};

TEST_F(RunfilesTreeTest, FilesStandBelowTheNameOfTheirRepository) {
  EXPECT_THAT(Places({Add("a/x"), Add("out/bin/a/y", "out/bin"), Add("external/r/a/z"),
                      Add("out/bin/external/r/w", "out/bin")}),
              ElementsAre("_main/a/x=a/x", "_main/a/y=out/bin/a/y", "r/a/z=external/r/a/z", "r/w=out/bin/external/r/w"));
  EXPECT_TRUE(collisions_.empty());
}

TEST_F(RunfilesTreeTest, TheDirectoryOfTheMainRepositoryIsNeverMissing) {
  EXPECT_THAT(Places({}), ElementsAre("_main/.runfile"));
  EXPECT_THAT(Places({Add("external/r/z")}), ElementsAre("_main/.runfile", "r/z=external/r/z"));
}

TEST_F(RunfilesTreeTest, SourcesComeBeforeWhatWasMadeAndDirectoriesBeforeWhatIsInThem) {
  ArtifactId made = Add("out/bin/a/x", "out/bin");
  EXPECT_THAT(Places({made, Add("a/x"), Add("a/x/y"), Add("a/x.z")}),
              ElementsAre("_main/a/x=a/x", "_main/a/x.z=a/x.z"));
  ASSERT_EQ(collisions_.size(), 2u);
  EXPECT_EQ(collisions_[0].dropped.artifact, made);
  EXPECT_EQ(collisions_[1].dropped.path, "_main/a/x/y");
}

TEST_F(RunfilesTreeTest, OneFileTwiceInOnePlaceIsNoCollision) {
  ArtifactId x = Add("a/x");
  EXPECT_THAT(Places({x}, {{"_main/a/x", x}, {"top", x}}), ElementsAre("_main/a/x=a/x", "top=a/x"));
  EXPECT_TRUE(collisions_.empty());
  Places({x}, {{"_main/a/x", Add("b")}});
  EXPECT_EQ(collisions_.size(), 1u);
}

TEST_F(RunfilesTreeTest, ManifestTellsNamesWithBlanksFromPaths) {
  std::vector<RunfilesEntry> entries = {
      {"_main/.runfile", {}}, {"_main/a", ArtifactId(0)}, {"_main/b c\\d\ne", ArtifactId(1)}};
  EXPECT_EQ(ManifestText(entries, "/x y"),
            "_main/.runfile \n"
            "_main/a /x y/_main/a\n"
            " _main/b\\sc\\bd\\ne /x y/_main/b c\\bd\\ne\n");
}

}  // namespace
}  // namespace cow
