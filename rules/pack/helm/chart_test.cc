#include "rules/pack/helm/chart.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/testing/archives.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kChart = "apiVersion: v2\nname: api\nversion: \"1.2.3\"\n";

FileTree Chart(std::string_view chart_yaml, std::initializer_list<std::pair<std::string_view, std::string_view>> more = {}) {
  FileTree tree;
  EXPECT_TRUE(tree.Add("Chart.yaml", FileNode(BytesContent(std::string(chart_yaml)), 0644, "Chart.yaml")).ok());
  for (const auto& [path, text] : more) {
    EXPECT_TRUE(tree.Add(path, FileNode(BytesContent(std::string(text)), 0644, std::string(path))).ok());
  }
  return tree;
}

std::string ErrorOf(FileTree tree) {
  absl::StatusOr<ChartInfo> info = CheckChart(tree);
  return info.ok() ? "" : std::string(info.status().message());
}

TEST(ChartTest, PacksFilesBelowTheChartNameMetadataFirst) {
  FileTree tree = Chart(kChart, {{"templates/a.yaml", "x"}, {".helmignore", "# no\n*.bak\ndocs/\n"}, {"a.bak", ""},
                                 {"docs/x.md", ""}, {"templates/.hidden", ""}, {"values.yaml", ""}});
  absl::StatusOr<ChartInfo> info = CheckChart(tree);
  ASSERT_TRUE(info.ok()) << info.status();
  std::string tgz = *PackChart(tree, *info, 0);
  EXPECT_EQ(Manifest(*ReadTar(Decompressed(tgz))),
            "0644 0:0 42 api/Chart.yaml\n"
            "0644 0:0 17 api/.helmignore\n"
            "0644 0:0 1 api/templates/a.yaml\n"
            "0644 0:0 0 api/values.yaml\n");
  absl::StatusOr<ChartInfo> packed = InspectChart(tgz);
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->name + " " + packed->version, "api 1.2.3");
}

TEST(ChartTest, RejectsBadMetadata) {
  EXPECT_THAT(ErrorOf(FileTree()), HasSubstr("Chart.yaml is missing"));
  EXPECT_THAT(ErrorOf(Chart("name: a\nversion: 1.2.3\n")), HasSubstr("apiVersion is ''"));
  EXPECT_THAT(ErrorOf(Chart("apiVersion: v2\nname: a/b\nversion: 1.2.3\n")), HasSubstr("name is 'a/b'"));
  EXPECT_THAT(ErrorOf(Chart("apiVersion: v2\nname: a\nversion: '1.2'\n")), HasSubstr("version is '1.2'"));
  EXPECT_THAT(ErrorOf(Chart(std::string(kChart) + "type: lib\n")), HasSubstr("type is 'lib'"));
  EXPECT_THAT(ErrorOf(Chart(std::string(kChart) + "appVersion: 12e4567\n")),
              HasSubstr("Chart.yaml:4: appVersion 12e4567 reads as a number, put it in quotes"));
}

TEST(ChartTest, DeclaredDependenciesMustBeVendored) {
  std::string text = std::string(kChart) + "dependencies:\n- name: redis\n  version: 1\n";
  EXPECT_THAT(ErrorOf(Chart(text)), HasSubstr("dependency 'redis' is not in charts/"));
  EXPECT_EQ(ErrorOf(Chart(text, {{"charts/redis/Chart.yaml", ""}})), "");
  EXPECT_EQ(ErrorOf(Chart(text, {{"charts/redis-1.0.0.tgz", ""}})), "");
}

TEST(ChartTest, RefusesWhatHelmWouldNotRead) {
  FileTree linked = Chart(kChart);
  ASSERT_TRUE(linked.Add("values.yaml", SymlinkNode("../x", "t")).ok());
  EXPECT_THAT(ErrorOf(linked), HasSubstr("may not hold symlinks"));
  EXPECT_THAT(ErrorOf(Chart(kChart, {{"big", std::string((5 << 20) + 1, 'x')}})), HasSubstr("Helm reads files up to"));
  EXPECT_FALSE(InspectChart("no gzip").ok());
}

TEST(SemanticVersionTest, TakesThreeNumbersAndOptionalParts) {
  for (std::string_view good : {"1.2.3", "0.0.0", "1.2.3-rc.1", "1.2.3+b", "1.2.3-a+b"}) EXPECT_TRUE(IsSemanticVersion(good)) << good;
  for (std::string_view bad : {"", "1", "1.2", "v1.2.3", "1.02.3", "1.2.3-", "1.2.x", "1.2.3.4"}) EXPECT_FALSE(IsSemanticVersion(bad)) << bad;
}

}  // namespace
}  // namespace cow::pack
