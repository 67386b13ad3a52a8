#include "engine/loading/host_tree.h"

#include <sys/stat.h>

#include <string>
#include <vector>

#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::loading {
namespace {

using testing::ElementsAre;

// A machine whose /bin is a link to usr/bin.
class HostTreeTest : public testing::Test {
 protected:
  HostTreeTest() : root_(*MakeTempDirectory("/tmp/cow-host-tree-test-")) {
    Add("usr/bin/gcc-12", "gcc", 0755);
    Add("usr/lib/gcc/12/cc1", "cc1", 0755);
    Add("usr/lib/gcc/12/include/stddef.h", "h", 0644);
    Add("etc/ld.so.conf", "conf", 0644);
    Link("usr/bin", "bin");
    Link("gcc-12", "usr/bin/gcc");
    Link("/usr/lib/gcc/12", "usr/lib/current");
  }
  ~HostTreeTest() override { (void)RemoveTree(root_); }

  void Add(const std::string& path, std::string_view text, uint32_t mode) {
    std::string full = JoinPath(root_, path);
    COW_CHECK(MakeDirectories(std::string(PathDirname(full))).ok());
    COW_CHECK(WriteFile(full, text, mode).ok());
  }
  void Link(const std::string& target, const std::string& path) {
    COW_CHECK(MakeSymlink(target, JoinPath(root_, path)).ok());
  }

  absl::StatusOr<HostTreePtr> Load(std::string_view manifest) {
    return LoadHostTree("@h//:t", manifest, [](const std::string& path) -> absl::StatusOr<Digest> {
      COW_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
      return Digest::Of(bytes);
    }, {.root = root_, .threads = 2});
  }

  // "d usr", "f usr/bin/gcc-12", "l bin -> usr/bin".
  std::vector<std::string> Lines(std::string_view manifest) {
    absl::StatusOr<HostTreePtr> tree = Load(manifest);
    if (!tree.ok()) return {std::string(tree.status().message())};
    std::vector<std::string> lines;
    for (const HostTreeEntry& entry : (*tree)->entries) {
      switch (entry.kind) {
        case HostTreeEntry::Kind::kDirectory: lines.push_back("d " + entry.path); break;
        case HostTreeEntry::Kind::kFile: lines.push_back((entry.executable ? "x " : "f ") + entry.path); break;
        case HostTreeEntry::Kind::kSymlink: lines.push_back("l " + entry.path + " -> " + entry.target); break;
      }
    }
    return lines;
  }

  std::string root_;
};

TEST_F(HostTreeTest, AddsParentsAndKeepsLinks) {
  EXPECT_THAT(Lines("/usr/bin/gcc\n\n# comment\n/usr/bin/gcc-12\n"),
              ElementsAre("d usr", "d usr/bin", "l usr/bin/gcc -> gcc-12", "x usr/bin/gcc-12"));
}

TEST_F(HostTreeTest, TakesPathsThroughLinkedTopDirectoriesAsWhatTheyAre) {
  EXPECT_THAT(Lines("/bin/gcc-12\n"), ElementsAre("l bin -> usr/bin", "d usr", "d usr/bin", "x usr/bin/gcc-12"));
  EXPECT_THAT(Lines("/bin\n"), ElementsAre("l bin -> usr/bin"));
}

TEST_F(HostTreeTest, FollowsAbsoluteLinksOnTheWay) {
  EXPECT_THAT(Lines("/usr/lib/current/cc1\n"),
              ElementsAre("d usr", "d usr/lib", "l usr/lib/current -> /usr/lib/gcc/12", "d usr/lib/gcc", "d usr/lib/gcc/12",
                          "x usr/lib/gcc/12/cc1"));
}

TEST_F(HostTreeTest, TwoStarsTakeEverythingBelow) {
  EXPECT_THAT(Lines("/usr/lib/gcc/**\n"),
              ElementsAre("d usr", "d usr/lib", "d usr/lib/gcc", "d usr/lib/gcc/12", "x usr/lib/gcc/12/cc1",
                          "d usr/lib/gcc/12/include", "f usr/lib/gcc/12/include/stddef.h"));
  EXPECT_THAT(Lines("/usr/lib\n"), ElementsAre("d usr", "d usr/lib"));
}

TEST_F(HostTreeTest, OnlyMarkedLinesMayBeAbsent) {
  EXPECT_THAT(Lines("?/usr/bin/none\n?/none/x\n/etc/ld.so.conf\n"), ElementsAre("d etc", "f etc/ld.so.conf"));
  EXPECT_THAT(Lines("/etc/ld.so.conf\n/usr/bin/none\n"),
              ElementsAre("host tree '@h//:t', line 2 of its manifest: '/usr/bin/none' does not exist"));
  EXPECT_THAT(Lines("usr/bin\n"),
              ElementsAre("host tree '@h//:t', line 1 of its manifest: 'usr/bin' is not an absolute path"));
}

TEST_F(HostTreeTest, DigestFollowsContentAndNotTheOrderOfLines) {
  Digest before = (*Load("/usr/bin/gcc-12\n/etc/ld.so.conf\n"))->digest;
  EXPECT_EQ((*Load("/etc/ld.so.conf\n/usr/bin/gcc-12\n"))->digest, before);
  Add("etc/ld.so.conf", "other", 0644);
  EXPECT_NE((*Load("/etc/ld.so.conf\n/usr/bin/gcc-12\n"))->digest, before);
}

}  // namespace
}  // namespace cow::loading
