#include "rules/pack/deb/control.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/deb/changelog.h"
#include "rules/pack/deb/maintainer_scripts.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ControlParagraphTest, KeepsContinuationLinesAndOrder) {
  std::string text = "Package: a\nDescription: short\n long\n .\n more\n";
  EXPECT_EQ(ControlParagraph::Parse(text)->Render(), text);
  EXPECT_EQ(ControlParagraph::Parse(text)->Get("package"), "a");
}

TEST(ControlParagraphTest, RejectsWhatIsNoField) {
  EXPECT_FALSE(ControlParagraph::Parse(" continued\n").ok());
  EXPECT_FALSE(ControlParagraph::Parse("no colon\n").ok());
  EXPECT_FALSE(ControlParagraph::Parse("A: 1\na: 2\n").ok());
}

TEST(PackageNameTest, FollowsPolicy) {
  for (std::string_view good : {"ab", "libstdc++6", "0ad", "a.b-c"}) EXPECT_TRUE(CheckPackageName(good).ok()) << good;
  for (std::string_view bad : {"a", "", "Abc", "-ab", "a_b", "a/b", "../x"}) EXPECT_FALSE(CheckPackageName(bad).ok()) << bad;
}

TEST(VersionTest, SyntaxFollowsPolicy) {
  for (std::string_view good : {"1", "1:2.3-4", "1.0~rc1+dfsg-2"}) EXPECT_TRUE(CheckVersion(good).ok()) << good;
  for (std::string_view bad : {"", "a1", "x:1", "1_2", "1 2"}) EXPECT_FALSE(CheckVersion(bad).ok()) << bad;
}

struct Order {
  std::string_view a, b;
  int want;
};

TEST(VersionTest, ComparesAsDpkgDoes) {
  const Order cases[] = {{"1.0", "1.0", 0},     {"1.0", "1.1", -1},      {"1.9", "1.10", -1},  {"1.0~rc1", "1.0", -1},
                         {"1.0", "1.0a", -1},   {"1:0.1", "2.0", 1},     {"1.0-1", "1.0-2", -1}, {"1.0", "1.0-1", -1},
                         {"1.0+b", "1.0a", 1},  {"01.0", "1.0", 0},      {"1.0~~", "1.0~", -1}};
  for (const Order& c : cases) {
    int order = CompareVersions(c.a, c.b);
    EXPECT_EQ((order > 0) - (order < 0), c.want) << c.a << " " << c.b;
    int back = CompareVersions(c.b, c.a);
    EXPECT_EQ((back > 0) - (back < 0), -c.want) << c.b << " " << c.a;
  }
}

TEST(ChangelogTest, ReadsTheTopEntry) {
  absl::StatusOr<ChangelogTop> top = ParseChangelogTop(
      "cow (1:2.0-1) bookworm; urgency=low\n\n  * x\n\n -- A <a@b.c>  Wed, 01 Jan 2025 01:00:00 +0100\n"
      "\ncow (1.0-1) bookworm; urgency=low\n");
  ASSERT_TRUE(top.ok()) << top.status();
  EXPECT_EQ(top->package, "cow");
  EXPECT_EQ(top->version, "1:2.0-1");
  EXPECT_EQ(top->time, 1735689600);
}

TEST(ChangelogTest, RejectsBadHeadAndTrailer) {
  EXPECT_FALSE(ParseChangelogTop("").ok());
  EXPECT_FALSE(ParseChangelogTop("cow 1.0\n").ok());
  EXPECT_FALSE(ParseChangelogTop("cow (1) x; urgency=low\n\n -- A <a@b.c> Wed, 01 Jan 2025 01:00:00 +0100\n").ok());
  EXPECT_FALSE(ParseChangelogTop("cow (1) x; urgency=low\n\n -- A <a@b.c>  yesterday\n").ok());
}

TEST(MaintainerScriptsTest, PutsTheGeneratedPartWhereTheScriptAsks) {
  absl::StatusOr<ScriptMap> scripts =
      MaintainerScripts({{"postinst", "#!/bin/sh\nset -e\necho mine\n#DEBHELPER#\nexit 0\n"}}, {"a.service"});
  ASSERT_TRUE(scripts.ok()) << scripts.status();
  EXPECT_THAT((*scripts)["postinst"], HasSubstr("echo mine\ncase"));
  EXPECT_THAT((*scripts)["postinst"], HasSubstr("deb-systemd-invoke start a.service"));
  EXPECT_THAT((*scripts)["postinst"], Not(HasSubstr("#DEBHELPER#")));
  EXPECT_THAT((*scripts)["prerm"], HasSubstr("deb-systemd-invoke stop a.service"));
}

TEST(MaintainerScriptsTest, RefusesAScriptThatWouldLoseTheGeneratedPart) {
  EXPECT_FALSE(MaintainerScripts({{"postinst", "#!/bin/sh\n"}}, {"a.service"}).ok());
  EXPECT_FALSE(MaintainerScripts({{"postinst", "echo\n"}}, {}).ok());
  EXPECT_FALSE(MaintainerScripts({{"install", "#!/bin/sh\n"}}, {}).ok());
  EXPECT_TRUE(MaintainerScripts({}, {})->empty());
}

}  // namespace
}  // namespace cow::pack
