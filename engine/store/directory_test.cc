#include "engine/store/directory.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/store/directory_builder.h"
#include "engine/store/tree_encoding.h"
#include "engine/store/wire.h"

namespace cow::store {
namespace {

Directory GoldenV1() { return {.files = {{.name = "a.txt", .digest = Digest::Of("hello\n")}}}; }

TEST(DirectoryTest, EmptyDirectoryIsTheEmptyString) {
  EXPECT_EQ(*EncodeDirectory({}), "");
  EXPECT_EQ(*DecodeDirectory(""), Directory());
}

TEST(DirectoryTest, EncodesOneFileAsRemoteExecutionDoes) {
  std::string bytes = *EncodeDirectory(GoldenV1());
  EXPECT_EQ(bytes.size(), 79u);
  EXPECT_EQ(Digest::Of(bytes).hex(), "eb8d6f9545e418ae849cc6319cf0d810d7dd4e01e0eb5d603817eeb64b87b9f3");
}

TEST(DirectoryTest, EncodesAllKindsAsRemoteExecutionDoes) {
  Directory directory{.files = {{.name = "empty", .digest = Digest(), .executable = true}},
                      .directories = {{"sub", Digest::Of(*EncodeDirectory(GoldenV1()))}},
                      .symlinks = {{"l", "sub/a.txt"}}};
  std::string bytes = *EncodeDirectory(directory);
  EXPECT_EQ(bytes.size(), 172u);
  EXPECT_EQ(Digest::Of(bytes).hex(), "7566e7e3bf018b60464b24d3ff5e8cf5cb27aeba77615ff2b1b37fe3df474e4c");
  EXPECT_EQ(*DecodeDirectory(bytes), directory);
}

TEST(DirectoryTest, SortsByBytesWhateverTheOrderGiven) {
  Directory one{.files = {{.name = "b"}, {.name = "a"}, {.name = "\xc3\xa4"}, {.name = "Z"}}};
  Directory two{.files = {{.name = "\xc3\xa4"}, {.name = "Z"}, {.name = "a"}, {.name = "b"}}};
  EXPECT_EQ(*EncodeDirectory(one), *EncodeDirectory(two));
}

TEST(DirectoryTest, RefusesNamesThatAreNoFileNames) {
  for (const char* name : {"", ".", "..", "a/b", "/"}) {
    EXPECT_FALSE(EncodeDirectory({.files = {{.name = name}}}).ok()) << name;
  }
  EXPECT_FALSE(EncodeDirectory({.files = {{.name = std::string("a\0b", 3)}}}).ok());
  EXPECT_FALSE(EncodeDirectory({.symlinks = {{"a", ""}}}).ok());
}

TEST(DirectoryTest, RefusesOneNameForTwoThings) {
  EXPECT_FALSE(EncodeDirectory({.files = {{.name = "a"}}, .symlinks = {{"a", "b"}}}).ok());
}

TEST(DirectoryTest, RejectsEveryBytesThatAreNotCanonical) {
  std::string file_a = WireWriter().Bytes(1, "a").DigestMessage(2, Digest()).Take();
  std::string file_b = WireWriter().Bytes(1, "b").DigestMessage(2, Digest()).Take();
  std::string unsorted = WireWriter().Message(1, file_b).Message(1, file_a).Take();
  std::string twice = WireWriter().Message(1, file_a).Message(1, file_a).Take();
  std::string not_true = WireWriter().Message(1, file_a + std::string("\x20\x02", 2)).Take();
  std::string explicit_false = WireWriter().Message(1, file_a + std::string("\x20\x00", 2)).Take();
  std::string name_after_digest =
      WireWriter().Message(1, WireWriter().DigestMessage(2, Digest()).Take() + WireWriter().Bytes(1, "a").Take()).Take();
  std::string no_digest = WireWriter().Message(1, WireWriter().Bytes(1, "a").Take()).Take();
  std::string unknown = WireWriter().Message(1, file_a).Bytes(5, "x").Take();
  std::string good = WireWriter().Message(1, file_a).Take();
  std::string long_length = good.substr(0, 1) + static_cast<char>(good[1] | 0x80) + std::string(1, '\0') + good.substr(2);
  ASSERT_TRUE(DecodeDirectory(good).ok());
  for (const std::string& bytes : {unsorted, twice, not_true, explicit_false, name_after_digest, no_digest, unknown,
                                   long_length, good + "x", good.substr(0, good.size() - 1)}) {
    EXPECT_FALSE(DecodeDirectory(bytes).ok());
  }
}

TEST(DirectoryBuilderTest, BuildsParentsBeforeChildren) {
  DirectoryBuilder builder;
  builder.AddFile("sub/a.txt", Digest::Of("hello\n"), false);
  builder.AddFile("empty", Digest(), true);
  builder.AddSymlink("l", "sub/a.txt");
  DirectoryTree tree = *builder.Build();
  EXPECT_EQ(tree.root.hex(), "7566e7e3bf018b60464b24d3ff5e8cf5cb27aeba77615ff2b1b37fe3df474e4c");
  ASSERT_EQ(tree.directories.size(), 2u);
  EXPECT_EQ(tree.directories[0].digest, tree.root);
  EXPECT_EQ(tree.directories[1].bytes, *EncodeDirectory(GoldenV1()));
}

TEST(DirectoryBuilderTest, KeepsWhatLiesBelowADirectoryTogether) {
  // "a.b" sorts between "a" and "a/x".
  DirectoryBuilder builder;
  builder.AddFile("a/x", Digest(), false);
  builder.AddFile("a.b", Digest(), false);
  builder.AddDirectory("a");
  builder.AddFile("a-", Digest(), false);
  builder.AddFile("a/y/z", Digest(), false);
  DirectoryTree tree = *builder.Build();
  Directory root = *DecodeDirectory(tree.directories[0].bytes);
  EXPECT_EQ(root.files.size(), 2u);
  EXPECT_EQ(root.directories.size(), 1u);
}

TEST(DirectoryBuilderTest, TakesAWholeSubtreeByDigest) {
  DirectoryBuilder builder;
  builder.AddDirectoryDigest("sub", Digest::Of(*EncodeDirectory(GoldenV1())));
  builder.AddFile("empty", Digest(), true);
  builder.AddSymlink("l", "sub/a.txt");
  DirectoryTree tree = *builder.Build();
  EXPECT_EQ(tree.root.hex(), "7566e7e3bf018b60464b24d3ff5e8cf5cb27aeba77615ff2b1b37fe3df474e4c");
  EXPECT_EQ(tree.directories.size(), 1u);
}

TEST(DirectoryBuilderTest, RefusesConflictsAndBadPaths) {
  auto fails = [](const std::vector<std::string>& files) {
    DirectoryBuilder builder;
    for (const std::string& file : files) builder.AddFile(file, Digest(), false);
    return !builder.Build().ok();
  };
  EXPECT_FALSE(fails({"a", "b/c"}));
  EXPECT_TRUE(fails({"a", "a"}));
  EXPECT_TRUE(fails({"a", "a/b"}));
  EXPECT_TRUE(fails({"a/b/c", "a/b"}));
  EXPECT_TRUE(fails({"../a"}));
  EXPECT_TRUE(fails({"/a"}));
  EXPECT_TRUE(fails({"a//b"}));
  EXPECT_TRUE(fails({""}));
}

TEST(DirectoryBuilderTest, StandsDeepTrees) {
  std::string path;
  for (int i = 0; i < 20000; ++i) path += "d/";
  DirectoryBuilder builder;
  builder.AddFile(path + "f", Digest(), false);
  EXPECT_EQ(builder.Build()->directories.size(), 20001u);
}

std::vector<TreeEntry> GoldenTree() {
  return {{.kind = TreeEntry::Kind::kFile, .path = "sub/a.txt", .digest = Digest::Of("hello\n")},
          {.kind = TreeEntry::Kind::kSymlink, .path = "l", .target = "sub/a.txt"},
          {.kind = TreeEntry::Kind::kFile, .path = "empty", .digest = Digest(), .executable = true}};
}

TEST(TreeEncodingTest, EncodesAsRemoteExecutionDoes) {
  std::string bytes = *EncodeTree(GoldenTree());
  EXPECT_EQ(bytes.size(), 256u);
  EXPECT_EQ(Digest::Of(bytes).hex(), "32f313e48405f7e3412d0e4f0402786c2d8dbb68e8538cf5c1e71e39eb34733c");
}

TEST(TreeEncodingTest, DecodesWhatItEncodes) {
  std::vector<TreeEntry> entries = GoldenTree();
  entries.push_back({.kind = TreeEntry::Kind::kEmptyDirectory, .path = "sub/none"});
  entries.push_back({.kind = TreeEntry::Kind::kEmptyDirectory, .path = "other/none"});
  TreeContents contents = *DecodeTree(*EncodeTree(entries));
  std::sort(entries.begin(), entries.end(), [](const TreeEntry& a, const TreeEntry& b) { return a.path < b.path; });
  EXPECT_EQ(contents.entries, entries);
}

TEST(TreeEncodingTest, TellsTheDigestOfTheRootDirectory) {
  EXPECT_EQ(RootDirectoryOf(*EncodeTree(GoldenTree()))->hex(),
            "7566e7e3bf018b60464b24d3ff5e8cf5cb27aeba77615ff2b1b37fe3df474e4c");
  EXPECT_EQ(*RootDirectoryOf(*EncodeTree({})), Digest::Of(""));
  for (const std::string& bytes : {std::string(), std::string("x"), WireWriter().Int(1, 7).Take(),
                                   WireWriter().Message(2, "").Take()}) {
    EXPECT_FALSE(RootDirectoryOf(bytes).ok());
  }
}

TEST(TreeEncodingTest, EncodesTheEmptyTree) {
  std::string bytes = *EncodeTree({});
  EXPECT_TRUE(DecodeTree(bytes)->entries.empty());
}

TEST(TreeEncodingTest, RejectsEveryBytesThatAreNotCanonical) {
  std::string v1 = *EncodeDirectory(GoldenV1());
  std::string root = *EncodeDirectory({.directories = {{"sub", Digest::Of(v1)}}});
  std::string good = WireWriter().Message(1, root).Message(2, v1).Take();
  ASSERT_TRUE(DecodeTree(good).ok());
  std::string no_child = WireWriter().Message(1, root).Take();
  std::string child_twice = good + WireWriter().Message(2, v1).Take();
  std::string stray_child = WireWriter().Message(1, v1).Message(2, root).Take();
  std::string two_roots = WireWriter().Message(1, v1).Message(1, root).Message(2, v1).Take();
  for (const std::string& bytes : {no_child, child_twice, stray_child, two_roots, std::string(), good + "x",
                                   good.substr(0, 20), WireWriter().Int(1, 7).Take()}) {
    EXPECT_FALSE(DecodeTree(bytes).ok());
  }
}

TEST(TreeEncodingTest, RefusesAFewBytesThatStandForTooManyFiles) {
  // Forty levels, each with the level below under two names: 2^40 files.
  std::vector<std::string> levels{*EncodeDirectory(GoldenV1())};
  for (int i = 0; i < 40; ++i) {
    Digest below = Digest::Of(levels.back());
    levels.push_back(*EncodeDirectory({.directories = {{"a", below}, {"b", below}}}));
  }
  WireWriter writer;
  for (size_t i = levels.size(); i-- > 0;) writer.Message(i + 1 == levels.size() ? 1 : 2, levels[i]);
  EXPECT_FALSE(DecodeTree(writer.bytes()).ok());
}

}  // namespace
}  // namespace cow::store
