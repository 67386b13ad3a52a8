// docs/reference/build-api.md names everything that .bzl files have without load().
#include "engine/analysis/analysis_fixture.h"
#include "engine/loading/environments.h"

namespace cow::analysis {
namespace {

class BuildApiDocsTest : public AnalysisTest {};

TEST_F(BuildApiDocsTest, ListsEveryPredeclaredName) {
  std::string page = *ReadFile(COW_SOURCE_DIR "/docs/reference/build-api.md");
  loading::WorkspaceOptions options;
  options.root = root_ + "/ws";
  options.cache_dir = root_ + "/cache";
  options.builtin_rules_dir = root_ + "/rules";
  options.programs_dir = root_ + "/programs";
  options.environment = AnalysisEnvironment();
  auto workspace = loading::Workspace::Load(std::move(options));
  ASSERT_TRUE(workspace.ok()) << workspace.status();
  std::vector<std::string> missing;
  absl::StatusOr<const starlark::Environment*> module = (*workspace)->environments().Module(true);
  ASSERT_TRUE(module.ok()) << module.status();
  std::vector<std::string> names = (*module)->names();
  absl::StatusOr<const starlark::Environment*> build_file = (*workspace)->environments().BuildFile();
  ASSERT_TRUE(build_file.ok()) << build_file.status();
  names.insert(names.end(), (*build_file)->names().begin(), (*build_file)->names().end());
  for (const std::string& name : names) {
    if (page.find("`" + name + "`") == std::string::npos) missing.push_back(name);
  }
  EXPECT_THAT(missing, testing::IsEmpty());
  EXPECT_GT(names.size(), 40u);
}

}  // namespace
}  // namespace cow::analysis
