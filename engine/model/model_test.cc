#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/depset.h"
#include "engine/model/host_tree.h"
#include "engine/model/label.h"
#include "engine/model/target_pattern.h"

namespace cow {
namespace {

using testing::ElementsAre;

PackageId Package(std::string_view path) { return *PackageId::Create("", path); }

struct LabelCase {
  const char* text;
  const char* want;  // canonical form, or the error
};

class LabelParseTest : public testing::TestWithParam<LabelCase> {};

TEST_P(LabelParseTest, ReadsLabelsRelativeToAPackage) {
  absl::StatusOr<Label> label = Label::Parse(GetParam().text, Package("a/b"));
  EXPECT_EQ(label.ok() ? label->ToString() : std::string(label.status().message()), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Labels, LabelParseTest,
    testing::Values(LabelCase{":x", "//a/b:x"}, LabelCase{"x", "//a/b:x"}, LabelCase{"d/x.c", "//a/b:d/x.c"},
                    LabelCase{"//c/d", "//c/d:d"}, LabelCase{"//c:d", "//c:d"}, LabelCase{"//:d", "//:d"},
                    LabelCase{"@r//p:t", "@r//p:t"}, LabelCase{"@r", "@r//:r"}, LabelCase{"@@r//p", "@r//p:p"},
                    LabelCase{"//foo:bar:baz",
                              "invalid label '//foo:bar:baz': invalid target name 'bar:baz': target names may not contain ':'"},
                    LabelCase{"//", "invalid label '//': empty target name"},
                    LabelCase{"a:b", "invalid label 'a:b': absolute label must begin with '@' or '//'"},
                    LabelCase{"//a:../x", "invalid label '//a:../x': invalid target name: path '../x' must not contain '..'"}));

TEST(LabelTest, ExecPathOfExternalRepositoryIsUnderExternal) {
  EXPECT_EQ(Label::Parse("@r//p:f.h", PackageId())->ExecPath(), "external/r/p/f.h");
  EXPECT_EQ(Label::Parse("//:f.h", PackageId())->ExecPath(), "f.h");
}

TEST(TargetPatternTest, ReadsEveryForm) {
  PackageId base = Package("a");
  EXPECT_EQ(TargetPattern::Parse("//...", base)->package.ToString(), "//");
  EXPECT_EQ(TargetPattern::Parse("//x/...", base)->package.ToString(), "//x");
  EXPECT_EQ(TargetPattern::Parse("...", base)->package.ToString(), "//a");
  EXPECT_EQ(TargetPattern::Parse("x/...", base)->package.ToString(), "//a/x");
  EXPECT_EQ(TargetPattern::Parse("@r//...", base)->package.ToString(), "@r//");
  EXPECT_EQ(TargetPattern::Parse(":all", base)->kind, TargetPattern::Kind::kPackage);
  EXPECT_EQ(TargetPattern::Parse("//x:*", base)->kind, TargetPattern::Kind::kPackageAndFiles);
  EXPECT_TRUE(TargetPattern::Parse("-//x:y", base)->negative);
  EXPECT_EQ(TargetPattern::Parse("//x:y", base)->label.ToString(), "//x:y");
  EXPECT_FALSE(TargetPattern::Parse("//x/...:y", base).ok());
}

Depset<std::string> Diamond(DepsetOrder order) {
  Depset<std::string> d({"D"}, {}, order);
  Depset<std::string> b({"B"}, {d}, order);
  Depset<std::string> c({"C"}, {d}, order);
  return Depset<std::string>({"A"}, {b, c}, order);
}

TEST(DepsetTest, OrdersAreBazels) {
  EXPECT_THAT(Diamond(DepsetOrder::kDefault).ToList(), ElementsAre("D", "B", "C", "A"));
  EXPECT_THAT(Diamond(DepsetOrder::kPostorder).ToList(), ElementsAre("D", "B", "C", "A"));
  EXPECT_THAT(Diamond(DepsetOrder::kPreorder).ToList(), ElementsAre("A", "B", "D", "C"));
  EXPECT_THAT(Diamond(DepsetOrder::kTopological).ToList(), ElementsAre("A", "B", "C", "D"));
}

TEST(DepsetTest, TransitiveComesFirstAndDuplicatesOnce) {
  Depset<int> set({1, 2, 1, 3}, {Depset<int>({3, 4}, {})});
  EXPECT_THAT(set.ToList(), ElementsAre(3, 4, 1, 2));
}

TEST(DepsetTest, DepthCostsNoStack) {
  Depset<int> set({0}, {});
  for (int i = 1; i < 300000; ++i) set = Depset<int>({i}, {set});
  EXPECT_EQ(set.ToList().size(), 300000u);
}

TEST(HostTreeTest, DigestSeesExecutableBitAndTargetButNotSourcePath) {
  HostTreeEntry file{.path = "usr/bin/x", .source_path = "/usr/bin/x", .digest = Digest::Of("x")};
  Digest base = HostTree::ComputeDigest({file});
  HostTreeEntry moved = file;
  moved.source_path = "/elsewhere";
  EXPECT_EQ(HostTree::ComputeDigest({moved}), base);
  HostTreeEntry executable = file;
  executable.executable = true;
  EXPECT_NE(HostTree::ComputeDigest({executable}), base);
}

}  // namespace
}  // namespace cow
