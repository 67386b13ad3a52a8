#include "engine/store/tree_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engine/store/staged_mtime.h"
#include "engine/store/testing_cache.h"
#include "engine/store/tree_encoding.h"

namespace cow::store {
namespace {

class TreeStoreTest : public testing::Test {
 protected:
  HostTree SmallHostTree() {
    HostTree tree{.name = "@host//:tree"};
    tree.entries = {
        {.kind = HostTreeEntry::Kind::kSymlink, .path = "bin", .target = "usr/bin"},
        {.kind = HostTreeEntry::Kind::kDirectory, .path = "usr"},
        {.kind = HostTreeEntry::Kind::kDirectory, .path = "usr/bin"},
        {.kind = HostTreeEntry::Kind::kFile, .path = "usr/bin/tool", .source_path = dir_.Write("tool", "#!"),
         .digest = Digest::Of("#!"), .executable = true},
        {.kind = HostTreeEntry::Kind::kDirectory, .path = "usr/empty"},
    };
    tree.digest = HostTree::ComputeDigest(tree.entries);
    return tree;
  }

  Digest PutTree(const std::vector<TreeEntry>& entries) { return *store_->cas->Put(*EncodeTree(entries)); }

  TestingDir dir_;
  std::unique_ptr<LocalStore> store_ = OpenTestingStore(dir_);
};

TEST_F(TreeStoreTest, LaysOutAHostTree) {
  HostTree tree = SmallHostTree();
  std::string root = *store_->trees->MaterializeHostTree(tree);
  EXPECT_EQ(root, dir_.path() + "/cache/trees/" + tree.digest.hex());
  EXPECT_EQ(*ReadFile(root + "/bin/tool"), "#!");
  EXPECT_EQ(*ReadLink(root + "/bin"), "usr/bin");
  FileInfo tool = *LstatFile(root + "/usr/bin/tool");
  EXPECT_EQ(tool.mode, 0555u);
  EXPECT_EQ(tool.mtime_ns, StagedMtime("usr/bin/tool", Digest::Of("#!")) * 1'000'000'000);
  EXPECT_EQ(LstatFile(root + "/usr/empty")->mode, 0555u);
  EXPECT_EQ(LstatFile(root)->mode, 0555u);
}

TEST_F(TreeStoreTest, LaysOutATreeOnce) {
  HostTree tree = SmallHostTree();
  std::string root = *store_->trees->MaterializeHostTree(tree);
  uint64_t inode = LstatFile(root)->inode;
  ASSERT_TRUE(RemoveFile(tree.entries[3].source_path).ok());
  EXPECT_EQ(*store_->trees->MaterializeHostTree(tree), root);
  EXPECT_EQ(LstatFile(root)->inode, inode);
}

TEST_F(TreeStoreTest, RefusesAHostFileThatChanged) {
  HostTree tree = SmallHostTree();
  dir_.Write("tool", "other");
  absl::Status status = store_->trees->MaterializeHostTree(tree).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_NE(std::string(status.message()).find("changed during the build"), std::string::npos) << status;
  EXPECT_FALSE(FileExists(dir_.path() + "/cache/trees/" + tree.digest.hex()));
}

TEST_F(TreeStoreTest, NeverWritesThroughASymlinkOfTheTree) {
  HostTree tree{.name = "evil"};
  std::string outside = dir_.path() + "/outside";
  ASSERT_TRUE(MakeDirectories(outside).ok());
  tree.entries = {{.kind = HostTreeEntry::Kind::kSymlink, .path = "a", .target = outside},
                  {.kind = HostTreeEntry::Kind::kFile, .path = "a/f", .source_path = dir_.Write("f", "x"),
                   .digest = Digest::Of("x")}};
  tree.digest = HostTree::ComputeDigest(tree.entries);
  EXPECT_FALSE(store_->trees->MaterializeHostTree(tree).ok());
  EXPECT_TRUE(ListDirectory(outside)->empty());
}

TEST_F(TreeStoreTest, LaysOutATreeArtifactAsCopies) {
  Digest file = *store_->cas->Put("content");
  Digest tree = PutTree({{.kind = TreeEntry::Kind::kFile, .path = "a/one", .digest = file},
                         {.kind = TreeEntry::Kind::kFile, .path = "a/two", .digest = file, .executable = true},
                         {.kind = TreeEntry::Kind::kSymlink, .path = "l", .target = "a/one"},
                         {.kind = TreeEntry::Kind::kEmptyDirectory, .path = "none"}});
  std::string root = *store_->trees->MaterializeTree(tree);
  FileInfo one = *LstatFile(root + "/a/one");
  FileInfo two = *LstatFile(root + "/a/two");
  EXPECT_EQ(one.mode, 0444u);
  EXPECT_EQ(two.mode, 0555u);
  EXPECT_NE(one.inode, two.inode);
  EXPECT_NE(one.mtime_ns, two.mtime_ns);
  EXPECT_NE(one.inode, LstatFile(*store_->cas->PathOf(file))->inode);
  EXPECT_EQ(*ReadFile(root + "/l"), "content");
  EXPECT_TRUE(ListDirectory(root + "/none")->empty());
}

TEST_F(TreeStoreTest, MissesATreeWhoseFilesAreGone) {
  Digest tree = PutTree({{.kind = TreeEntry::Kind::kFile, .path = "a", .digest = Digest::Of("never stored")}});
  EXPECT_TRUE(IsMiss(store_->trees->MaterializeTree(tree).status()));
  EXPECT_TRUE(IsMiss(store_->trees->MaterializeTree(Digest::Of("no tree")).status()));
}

TEST_F(TreeStoreTest, LaysATreeOutAgainAfterAPowerCut) {
  HostTree tree = SmallHostTree();
  std::string root = *store_->trees->MaterializeHostTree(tree);
  std::string tool = root + "/usr/bin/tool";
  ASSERT_EQ(chmod(tool.c_str(), 0755), 0);
  ASSERT_EQ(truncate(tool.c_str(), 0), 0);
  store_.reset();
  store_ = OpenTestingStore(dir_, "boot-b");
  EXPECT_EQ(*ReadFile(*store_->trees->MaterializeHostTree(tree) + "/usr/bin/tool"), "#!");
}

TEST_F(TreeStoreTest, ManyProcessesWantTheSameTree) {
  HostTree tree = SmallHostTree();
  store_.reset();
  std::vector<pid_t> children;
  for (int p = 0; p < 3; ++p) {
    children.push_back(StartProcess([&] {
      auto store = OpenTestingStore(dir_);
      absl::StatusOr<std::string> root = store->trees->MaterializeHostTree(tree);
      if (!root.ok() || ReadFile(*root + "/usr/bin/tool").value_or("") != "#!") _exit(1);
      store.reset();
    }));
  }
  for (pid_t pid : children) EXPECT_EQ(WaitForProcess(pid), 0);
}

TEST(StagedMtimeTest, DiffersByPathAndByContentWithinItsRange) {
  int64_t time = StagedMtime("a", Digest::Of("x"));
  EXPECT_EQ(time, StagedMtime("a", Digest::Of("x")));
  EXPECT_NE(time, StagedMtime("b", Digest::Of("x")));
  EXPECT_NE(time, StagedMtime("a", Digest::Of("y")));
  EXPECT_GE(time, 315'532'800);
  EXPECT_LT(time, 315'532'800 + (int64_t{1} << 29));
}

}  // namespace
}  // namespace cow::store
