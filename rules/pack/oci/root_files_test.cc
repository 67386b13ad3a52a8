#include "rules/pack/oci/root_files.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::pack {
namespace {

std::string TextAt(FileTree& tree, std::string_view path) {
  Node* node = tree.Find(path);
  return node == nullptr ? "(missing)" : *ReadContent(*node->content);
}

TEST(RootFilesTest, UsersComeSortedWithGroupsAndHomes) {
  FileTree tree;
  std::vector<RootUser> users = StandardUsers();
  users.push_back(*ParseRootUser("app:1000:2000:/srv/app:/bin/sh"));
  ASSERT_TRUE(AddUsers(users, {*ParseRootGroup("staff:2000")}, tree).ok());
  EXPECT_EQ(TextAt(tree, "etc/passwd"),
            "root:x:0:0:root:/root:/bin/sh\n"
            "app:x:1000:2000:app:/srv/app:/bin/sh\n"
            "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
            "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n");
  EXPECT_EQ(TextAt(tree, "etc/group"), "root:x:0:\nstaff:x:2000:\nnonroot:x:65532:\nnogroup:x:65534:\n");
  EXPECT_EQ(tree.Find("srv/app")->mode, 0700u);
  EXPECT_EQ(tree.Find("srv/app")->uid, 1000);
  EXPECT_EQ(tree.Find("nonexistent"), nullptr);
}

TEST(RootFilesTest, RejectsMalformedUsersAndGroups) {
  for (const char* bad : {"app", "app:x:1:/", "app:1:1:home", ":1:1:/"}) EXPECT_FALSE(ParseRootUser(bad).ok()) << bad;
  for (const char* bad : {"g", "g:x", ":1"}) EXPECT_FALSE(ParseRootGroup(bad).ok()) << bad;
}

TEST(RootFilesTest, CaBundleJoinsCertificatesInOrder) {
  FileTree tree;
  EXPECT_FALSE(AddCaBundle(tree).ok());
  ASSERT_TRUE(tree.Add("usr/share/ca-certificates/m/b.crt", FileNode(BytesContent("B"), 0644, "t")).ok());
  ASSERT_TRUE(tree.Add("usr/share/ca-certificates/m/a.crt", FileNode(BytesContent("A\n"), 0644, "t")).ok());
  ASSERT_TRUE(tree.Add("usr/share/ca-certificates/m/readme", FileNode(BytesContent("R"), 0644, "t")).ok());
  ASSERT_TRUE(AddCaBundle(tree).ok());
  EXPECT_EQ(TextAt(tree, "etc/ssl/certs/ca-certificates.crt"), "A\nB\n");
}

TEST(RootFilesTest, TmpIsWritableForAll) {
  FileTree tree;
  ASSERT_TRUE(AddStandardDirectories(tree).ok());
  EXPECT_EQ(tree.Find("tmp")->mode, 01777u);
  EXPECT_EQ(tree.Find("var/tmp")->mode, 01777u);
}

}  // namespace
}  // namespace cow::pack
