#include "rules/pack/tree/file_tree.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/testing/archives.h"
#include "rules/pack/testing/temp_folder.h"
#include "rules/pack/tree/tar_content.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;

Node Text(std::string text, std::string origin = "one") {
  return FileNode(BytesContent(std::move(text)), 0644, std::move(origin));
}

TEST(FileTreeTest, MergesIdenticalDuplicates) {
  FileTree tree;
  ASSERT_TRUE(tree.Add("a/b", Text("x")).ok());
  EXPECT_TRUE(tree.Add("./a/b", Text("x", "two")).ok());
  EXPECT_TRUE(tree.Add("/a/b", Text("x", "three")).ok());
  EXPECT_EQ(tree.nodes().size(), 1u);
}

TEST(FileTreeTest, DifferingDuplicatesNameBothOrigins) {
  FileTree tree;
  ASSERT_TRUE(tree.Add("a", Text("x", "one.deb")).ok());
  absl::Status status = tree.Add("a", Text("yy", "two.deb"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("file 0644 0:0 of 1 bytes from one.deb"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("file 0644 0:0 of 2 bytes from two.deb"));
}

TEST(FileTreeTest, ImpliedDirectoriesGiveWay) {
  FileTree tree;
  Node implied = DirectoryNode(0755, "tree");
  implied.implied = true;
  ASSERT_TRUE(tree.Add("tmp", implied).ok());
  ASSERT_TRUE(tree.Add("tmp", DirectoryNode(01777, "flag")).ok());
  ASSERT_TRUE(tree.Add("tmp", implied).ok());
  EXPECT_EQ(tree.Find("tmp")->mode, 01777u);
  EXPECT_FALSE(tree.Add("tmp", DirectoryNode(0700, "other flag")).ok());
}

TEST(FileTreeTest, AddsEveryParentOnce) {
  FileTree tree;
  ASSERT_TRUE(tree.Add("a/b/c", Text("")).ok());
  ASSERT_TRUE(tree.Add("a/b/d", Text("")).ok());
  ASSERT_TRUE(tree.AddParents(DefaultParentMode).ok());
  std::string order;
  for (const auto& [path, node] : tree.nodes()) order += path + ";";
  EXPECT_EQ(order, "a;a/b;a/b/c;a/b/d;");
}

TEST(FileTreeTest, RejectsEntryBelowSymlinkOrFile) {
  FileTree tree;
  ASSERT_TRUE(tree.Add("lib", SymlinkNode("usr/lib", "links")).ok());
  ASSERT_TRUE(tree.Add("lib/x", Text("", "app")).ok());
  EXPECT_THAT(std::string(tree.AddParents(DefaultParentMode).message()),
              HasSubstr("'lib/x' from app lies below 'lib', a symlink to 'usr/lib'"));
}

TEST(FileTreeTest, ReadsDirectoriesSortedWithLinksAndModes) {
  TempFolder temp;
  temp.Write("in/z", "1");
  temp.Write("in/sub/run.sh", "2", 0755);
  ASSERT_TRUE(MakeSymlink("sub/run.sh", temp / "in/link").ok());
  FileTree tree;
  ASSERT_TRUE(tree.AddDirectory("opt", temp / "in", ExcludeFilter({"opt/z"})).ok());
  EXPECT_EQ(tree.Find("opt/z"), nullptr);
  EXPECT_EQ(tree.Find("opt/sub/run.sh")->mode, 0755u);
  EXPECT_EQ(tree.Find("opt/link")->link_target, "sub/run.sh");
}

TEST(FileTreeTest, WritesItselfToDisk) {
  TempFolder temp;
  FileTree tree;
  ASSERT_TRUE(tree.Add("a/run", FileNode(BytesContent("x"), 0755, "t")).ok());
  ASSERT_TRUE(tree.Add("a/link", SymlinkNode("run", "t")).ok());
  ASSERT_TRUE(tree.AddParents(DefaultParentMode).ok());
  ASSERT_TRUE(WriteTreeToDisk(tree, temp / "out").ok());
  EXPECT_EQ(temp.Read("out/a/link"), "x");
  EXPECT_EQ(LstatFile(temp / "out/a/run")->mode, 0755u);
  EXPECT_FALSE(WriteTreeToDisk(tree, temp / "out").ok()) << "a filled directory must be refused";
}

TEST(TarContentTest, KnowsItsSizeWithoutWriting) {
  FileTree tree;
  ASSERT_TRUE(tree.Add("a/" + std::string(200, 'n'), Text(std::string(700, 'x'))).ok());
  ASSERT_TRUE(tree.AddParents(DefaultParentMode).ok());
  ContentPtr tar = *TarContent(tree, {});
  EXPECT_EQ(static_cast<int64_t>(ReadContent(*tar)->size()), tar->size());
}

struct GlobCase {
  std::string_view pattern, path;
  bool want;
};

TEST(GlobTest, StarsStayWithinOnePart) {
  const GlobCase cases[] = {{"usr/share/doc/*", "usr/share/doc/a", true},
                            {"usr/share/doc/*", "usr/share/doc/a/b", false},
                            {"*.crt", "x.crt", true},
                            {"a?c", "abc", true},
                            {"a?c", "a/c", false},
                            {"", "", true},
                            {"a", "ab", false}};
  for (const GlobCase& c : cases) EXPECT_EQ(GlobMatches(c.pattern, c.path), c.want) << c.pattern << " " << c.path;
  EXPECT_TRUE(ExcludeFilter({"usr/share/doc/*"})("usr/share/doc/a/b")) << "a match takes what is below it";
}

}  // namespace
}  // namespace cow::pack
