#include "rules/pack/deb/deb_reader.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/deb/usrmerge.h"
#include "rules/pack/testing/archives.h"
#include "rules/pack/testing/temp_folder.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;

// The tree of a .deb with these data entries, or the error.
absl::StatusOr<FileTree> TreeOf(const EntryList& entries, DebTreeOptions options) {
  TempFolder temp;
  std::string file = temp.Write("sample.deb", MakeDeb(MakeTar(TarFormat::kGnu, entries)));
  absl::StatusOr<DebPackage> package = ReadDeb(file);
  if (!package.ok()) return package.status();
  FileTree tree;
  absl::Status status = AddDebToTree(*package, options, tree);
  if (status.ok()) status = tree.AddParents(DefaultParentMode);
  if (!status.ok()) return status;
  return tree;
}

DebTreeOptions ForDisk() { return {.merge_usr = true, .relative_links = true, .plain_modes = true}; }

std::string ErrorOf(const EntryList& entries) {
  absl::StatusOr<FileTree> tree = TreeOf(entries, ForDisk());
  return tree.ok() ? "" : std::string(tree.status().message());
}

TEST(DebReaderTest, ReadsEveryCompression) {
  TempFolder temp;
  std::string data = MakeTar(TarFormat::kGnu, {{TestFile("./a"), "x"}});
  const std::pair<Compression, std::string_view> forms[] = {
      {Compression::kNone, ""}, {Compression::kGzip, ".gz"}, {Compression::kXz, ".xz"}, {Compression::kZstd, ".zst"}};
  for (const auto& [compression, suffix] : forms) {
    absl::StatusOr<DebPackage> package = ReadDeb(temp.Write("a.deb", MakeDeb(data, compression, suffix)));
    ASSERT_TRUE(package.ok()) << package.status();
    EXPECT_EQ(package->name(), "sample");
    ASSERT_EQ(package->entries.size(), 1u);
  }
}

TEST(DebReaderTest, MovesDirectoriesBelowUsrAndMendsLinks) {
  absl::StatusOr<FileTree> tree =
      TreeOf({{TestFile("./lib/x86_64-linux-gnu/ld.so"), "elf"},
              {TestLink(TarType::kSymlink, "./lib64/ld.so.2", "/lib/x86_64-linux-gnu/ld.so"), ""},
              {TestLink(TarType::kSymlink, "./usr/lib/x86_64-linux-gnu/libc.so", "../../../lib/x86_64-linux-gnu/libc.so.6"), ""},
              {TestLink(TarType::kSymlink, "./bin/sh", "dash"), ""},
              {TestFile("./usr/bin/which"), ""},
              {TestLink(TarType::kSymlink, "./bin/which", "/usr/bin/which"), ""},
              {TestLink(TarType::kSymlink, "./usr/bin/awk", "/etc/alternatives/awk"), ""}},
             ForDisk());
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->Find("usr/lib64/ld.so.2")->link_target, "../lib/x86_64-linux-gnu/ld.so");
  EXPECT_EQ(tree->Find("usr/lib/x86_64-linux-gnu/libc.so")->link_target, "libc.so.6");
  EXPECT_EQ(tree->Find("usr/bin/sh")->link_target, "dash");
  EXPECT_EQ(tree->Find("usr/bin/which")->kind, NodeKind::kFile) << "a link to its own new place is dropped";
  EXPECT_EQ(tree->Find("usr/bin/awk")->link_target, "../../etc/alternatives/awk") << "dangling links stay";
  EXPECT_EQ(tree->Find("lib"), nullptr);
}

TEST(DebReaderTest, KeepsAbsoluteLinksForLayers) {
  absl::StatusOr<FileTree> tree =
      TreeOf({{TestLink(TarType::kSymlink, "./usr/bin/awk", "/etc/alternatives/awk"), ""}}, {});
  ASSERT_TRUE(tree.ok());
  EXPECT_EQ(tree->Find("usr/bin/awk")->link_target, "/etc/alternatives/awk");
}

TEST(DebReaderTest, HardLinksBecomeCopies) {
  absl::StatusOr<FileTree> tree = TreeOf(
      {{TestFile("./usr/bin/perl", 0755), "elf"}, {TestLink(TarType::kHardLink, "./usr/bin/perl5", "./usr/bin/perl"), ""}},
      ForDisk());
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(*ReadContent(*tree->Find("usr/bin/perl5")->content), "elf");
  EXPECT_EQ(tree->Find("usr/bin/perl5")->mode, 0755u);
}

TEST(DebReaderTest, RefusesMaliciousEntries) {
  EXPECT_THAT(ErrorOf({{TestFile("../evil"), ""}}), HasSubstr("'..' is not allowed"));
  EXPECT_THAT(ErrorOf({{TestFile("./a/../../evil"), ""}}), HasSubstr("'..' is not allowed"));
  EXPECT_THAT(ErrorOf({{TestFile("/etc/passwd"), ""}}), HasSubstr("absolute"));
  EXPECT_THAT(ErrorOf({{TestLink(TarType::kHardLink, "./h", "/etc/shadow"), ""}}), HasSubstr("absolute"));
  EXPECT_THAT(ErrorOf({{TestLink(TarType::kHardLink, "./h", "../x"), ""}}), HasSubstr("'..'"));
  EXPECT_THAT(ErrorOf({{TestLink(TarType::kHardLink, "./h", "./later"), ""}}), HasSubstr("no earlier file"));
  EXPECT_THAT(ErrorOf({{TestLink(TarType::kSymlink, "./s", "../../etc"), ""}}), HasSubstr("climbs above the root"));
  EXPECT_THAT(ErrorOf({{TestLink(TarType::kSymlink, "./s", "/tmp"), ""}, {TestFile("./s/x"), ""}}),
              HasSubstr("lies below 's'"));
  EXPECT_THAT(ErrorOf({{TestFile("./a"), "1"}, {TestFile("./a"), "2"}}), HasSubstr("twice"));
}

TEST(DebReaderTest, SetuidFollowsThePolicy) {
  EntryList entries = {{TestFile("./usr/bin/su", 04755), "elf"}};
  DebTreeOptions options;
  EXPECT_THAT(std::string(TreeOf(entries, options).status().message()), HasSubstr("mode 4755"));
  options.setuid = SetuidPolicy::kKeep;
  EXPECT_EQ(TreeOf(entries, options)->Find("usr/bin/su")->mode, 04755u);
  options.setuid = SetuidPolicy::kDrop;
  EXPECT_EQ(TreeOf(entries, options)->Find("usr/bin/su")->mode, 0755u);
}

TEST(DebReaderTest, RefusesForeignAndDamagedFiles) {
  TempFolder temp;
  EXPECT_THAT(std::string(ReadDeb(temp.Write("a", "no archive")).status().message()), HasSubstr("wrong magic number"));
  std::string deb = MakeDeb(MakeTar(TarFormat::kGnu, {{TestFile("./a"), "x"}}));
  EXPECT_FALSE(ReadDeb(temp.Write("b", deb.substr(0, deb.size() - 600))).ok());
}

TEST(ArTest, PadsOddMembersAndReadsThemBack) {
  StringSink out;
  ASSERT_TRUE(BeginAr(out).ok());
  ASSERT_TRUE(AddArMember(out, "odd", 7, "abc").ok());
  ASSERT_TRUE(AddArMember(out, "even", 7, "abcd").ok());
  EXPECT_EQ(out.bytes(),
            "!<arch>\n"
            "odd             7           0     0     100644  3         `\nabc\n"
            "even            7           0     0     100644  4         `\nabcd");
  std::vector<ArMember> members = *ReadAr(out.bytes());
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(members[0].data, "abc");
  EXPECT_EQ(members[1].name, "even");
}

TEST(UsrmergeTest, RelativeTargetsLeadBack) {
  EXPECT_EQ(RelativeTarget("a/b/c", "a/d"), "../d");
  EXPECT_EQ(RelativeTarget("c", "x/y"), "x/y");
  EXPECT_EQ(RelativeTarget("a/b", "a"), ".");
  EXPECT_EQ(RelativeTarget("a/b", ""), "..");
  EXPECT_EQ(MergeUsr("lib32/x"), "usr/lib32/x");
  EXPECT_EQ(MergeUsr("libexec/x"), "libexec/x");
}

}  // namespace
}  // namespace cow::pack
