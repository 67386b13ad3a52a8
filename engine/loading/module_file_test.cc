// MODULE.bazel: what is read, what is ignored, and how its names reach WORKSPACE.cow.
#include "engine/loading/module_file.h"

#include "engine/loading/workspace_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::loading {
namespace {

using testing::HasSubstr;

absl::StatusOr<ModuleFile> Parse(std::string text) {
  return ParseModuleFile(std::make_shared<const SourceFile>("MODULE.bazel", std::move(text)));
}

TEST(ModuleFileTest, ReadsNamesAndIgnoresTheRest) {
  absl::StatusOr<ModuleFile> file = Parse(R"(
module(name = "mine", version = "1.0", compatibility_level = 1, repo_name = "com_mine")
bazel_dep(name = "abseil-cpp", version = "2024", repo_name = "com_google_absl")
bazel_dep(name = "re2", version = "2024", dev_dependency = True)
bazel_dep(name = "unnamed", version = "1", repo_name = None)
local_path_override(module_name = "re2", path = "third/re2")
archive_override(module_name = "abseil-cpp", urls = ["https://h/a.zip"])
python = use_extension("@rules_python//python:x.bzl", "python", dev_dependency = True)
python.toolchain(python_version = "3.11")
use_repo(python, "p", q = "r")
register_toolchains("//t:all", dev_dependency = True)
deb = use_repo_rule("//:x.bzl", "deb")
deb(name = "y")
)");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->name, "mine");
  EXPECT_EQ(file->repo_name, "com_mine");
  ASSERT_EQ(file->dependencies.size(), 2u);
  EXPECT_EQ(file->dependencies[0].repo_name, "com_google_absl");
  EXPECT_EQ(file->dependencies[0].location.line, 3);
  EXPECT_EQ(file->dependencies[1].local_path, "third/re2");
}

TEST(ModuleFileTest, ErrorsHaveAPlace) {
  EXPECT_THAT(std::string(Parse("bazel_dep(nam = \"x\")\n").status().message()), HasSubstr("MODULE.bazel:1:10: error: "));
  EXPECT_THAT(std::string(Parse("bazel_dep(name = \"x\")\nbazel_dep(name = \"x\")\n").status().message()),
              HasSubstr("the repository name 'x' is already taken by the bazel_dep at MODULE.bazel:1:10"));
  EXPECT_THAT(std::string(Parse("load(\"//:x.bzl\", \"y\")\n").status().message()), HasSubstr("load statements may not be used"));
  EXPECT_THAT(std::string(Parse("include(\"//:y.MODULE.bazel\")\n").status().message()), HasSubstr("include() is not supported"));
}

TEST(ModuleFileTest, RenamesLabelsOfTheMainRepositoryOnly) {
  WorkspaceFixture fixture;
  fixture.Write("WORKSPACE.cow", "local_repository(name = \"abseil-cpp\", path = \"third/a\")\n");
  fixture.Write("MODULE.bazel",
                "module(name = \"mine\")\nbazel_dep(name = \"abseil-cpp\", repo_name = \"com_google_absl\")\n"
                "bazel_dep(name = \"re2\")\nlocal_path_override(module_name = \"re2\", path = \"third/re2\")\n"
                "bazel_dep(name = \"zlib\")\n");
  fixture.Write("BUILD.cow", "filegroup(name = \"x\", srcs = [\"@com_google_absl//:a\", \"@mine//:y\", \"@re2//:r\"])\n");
  fixture.Write("third/a/BUILD.cow", "filegroup(name = \"a\", srcs = [\"@com_google_absl//:b\"])\n");
  fixture.Write("third/re2/BUILD.cow", "filegroup(name = \"r\")\n");
  absl::StatusOr<const Target*> target = fixture.TargetOf("//:x");
  ASSERT_TRUE(target.ok()) << target.status();
  std::vector<Label> srcs = (*target)->LabelListAttr("srcs");
  EXPECT_EQ(srcs[0].ToString(), "@abseil-cpp//:a");
  EXPECT_EQ(srcs[1].ToString(), "//:y");
  EXPECT_TRUE(fixture.TargetOf("@re2//:r").ok());
  EXPECT_EQ((*fixture.TargetOf("@abseil-cpp//:a"))->LabelListAttr("srcs")[0].ToString(), "@com_google_absl//:b");
  EXPECT_EQ(std::string(fixture.TargetOf("@zlib//:z").status().message()),
            "module dependency 'zlib' (MODULE.bazel:5) is not mapped: declare a repository named "
            "'zlib' in WORKSPACE.cow");
}

TEST(ModuleFileTest, ARepositoryMayMapItsOwnNames) {
  WorkspaceFixture fixture;
  fixture.Write("WORKSPACE.cow",
                "local_repository(name = \"a\", path = \"third/a\", repo_mapping = {\"@com_b\": \"@b\"})\n"
                "local_repository(name = \"b\", path = \"third/b\")\n");
  fixture.Write("third/a/BUILD.cow", "filegroup(name = \"a\", srcs = [\"@com_b//:b\"])\n");
  EXPECT_EQ((*fixture.TargetOf("@a//:a"))->LabelListAttr("srcs")[0].ToString(), "@b//:b");
  fixture.Write("WORKSPACE.cow", "local_repository(name = \"a\", path = \"third/a\", repo_mapping = {\"b\": \"@b\"})\n");
  EXPECT_THAT(fixture.Shown(fixture.Open()), HasSubstr("repo_mapping must map '@name' to '@name', got \"b\": \"@b\""));
}

TEST(ModuleFileTest, AloneItMakesNoWorkspace) {
  WorkspaceFixture fixture;
  fixture.WriteBelow("alone", "MODULE.bazel", "");
  std::string text(FindWorkspaceRoot(fixture.top() + "/alone").status().message());
  EXPECT_THAT(text, HasSubstr("has a MODULE.bazel: write a WORKSPACE.cow beside it"));
}

}  // namespace
}  // namespace cow::loading
