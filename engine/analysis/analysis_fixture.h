// AnalysisTest: a temporary workspace with a small @cow, for tests of this folder.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/analysis/analyzer.h"
#include "engine/analysis/builtin_providers.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/loading/package_loader.h"
#include "engine/loading/workspace.h"

namespace cow::analysis {

class AnalysisTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = *MakeTempDirectory("/tmp/cow_analysis_test_");
    WriteRules();
    Write("WORKSPACE.cow", "");
  }
  void TearDown() override { EXPECT_TRUE(RemoveTree(root_).ok()); }

  // A file of the workspace.
  void Write(std::string_view path, std::string_view text) { WriteBelow("ws", path, text); }
  // A file of @cow.
  void WriteRule(std::string_view path, std::string_view text) { WriteBelow("rules", path, text); }

  absl::StatusOr<AnalysisResult> Run(const std::vector<std::string>& labels) {
    loading::WorkspaceOptions options;
    options.root = root_ + "/ws";
    options.cache_dir = root_ + "/cache";
    options.builtin_rules_dir = root_ + "/rules";
    options.programs_dir = root_ + "/programs";
    options.environment = AnalysisEnvironment();
    absl::StatusOr<std::unique_ptr<loading::Workspace>> workspace =
        loading::Workspace::Load(std::move(options));
    if (!workspace.ok()) return workspace.status();
    loading::PackageLoader loader(**workspace, 1);
    request_.labels.clear();
    for (const std::string& label : labels) request_.labels.push_back(*Label::Parse(label, {}));
    request_.on_print = [this](std::string_view text) { printed_.emplace_back(text); };
    return Analyze(request_, loader);
  }

  // The plan, which must come out.
  BuildPlan Plan(const std::vector<std::string>& labels) {
    absl::StatusOr<AnalysisResult> result = Run(labels);
    if (!result.ok()) {
      ADD_FAILURE() << result.status().message();
      return {};
    }
    return std::move(result->plan);
  }
  // The message, which must come.
  std::string Error(const std::vector<std::string>& labels) {
    absl::StatusOr<AnalysisResult> result = Run(labels);
    EXPECT_FALSE(result.ok()) << "no error";
    return result.ok() ? "" : std::string(result.status().message());
  }

  static const Action* Find(const BuildPlan& plan, std::string_view mnemonic) {
    for (const Action& action : plan.actions) {
      if (action.mnemonic == mnemonic) return &action;
    }
    ADD_FAILURE() << "no action " << mnemonic;
    return nullptr;
  }
  static std::string Text(const BuildPlan& plan, const ArgValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return plan.artifact(std::get<ArtifactId>(value)).exec_path;
  }
  // Command line words; expansions that are left for execution print as [flag: a b].
  static std::vector<std::string> Words(const BuildPlan& plan, const Action& action) {
    std::vector<std::string> words;
    for (const ArgList& list : action.arguments) {
      for (const ArgItem& item : list.items) {
        if (const auto* value = std::get_if<ArgValue>(&item)) {
          words.push_back(Text(plan, *value));
          continue;
        }
        const auto& expansion = *std::get<Boxed<ArgExpansion>>(item);
        std::string text = "[" + expansion.flag + ":";
        for (const ArgValue& value : expansion.values.ToList()) text += " " + Text(plan, value);
        words.push_back(text + "]");
      }
    }
    return words;
  }
  template <typename Ids>
  static std::vector<std::string> Paths(const BuildPlan& plan, const Ids& ids) {
    std::vector<std::string> paths;
    for (ArtifactId id : ids) paths.push_back(plan.artifact(id).exec_path);
    return paths;
  }
  std::string Bin() const { return "cow-out/linux_test-fastbuild/bin/"; }

  std::string root_;
  AnalysisRequest request_;
  std::vector<std::string> printed_;

 private:
  void WriteBelow(std::string_view top, std::string_view path, std::string_view text) {
    std::string full = JoinPath(JoinPath(root_, top), path);
    ASSERT_TRUE(MakeDirectories(std::string(PathDirname(full))).ok());
    ASSERT_TRUE(WriteFile(full, text).ok());
  }

  void WriteRules() {
    request_.options.Set("host_platform", "@cow//platforms:linux_test");
    WriteRule("WORKSPACE.cow", "");
    WriteRule("workspace.cow", "register_toolchains(\"@cow//sh:shell\")\n");
    WriteRule("BUILD.cow", "");
    WriteRule("prelude.cow", "");
    WriteRule("workspace_prelude.cow", "");
    WriteRule("platforms/BUILD.cow", R"(package(default_visibility = ["//visibility:public"])
constraint_setting(name = "cpu")
constraint_value(name = "x86_64", constraint_setting = ":cpu")
constraint_value(name = "aarch64", constraint_setting = ":cpu")
constraint_setting(name = "os")
constraint_value(name = "linux", constraint_setting = ":os")
platform(name = "linux_test", constraint_values = [":x86_64", ":linux"])
platform(name = "linux_other", constraint_values = [":aarch64", ":linux"])
)");
    WriteRule("sh/shell.cow", R"(def _impl(ctx):
    return [platform_common.ToolchainInfo(path = "/bin/bash", host_tree = ctx.attr.tree[HostTreeInfo])]
shell = rule(implementation = _impl, attrs = {"tree": attr.label(providers = [HostTreeInfo])})
)");
    WriteRule("sh/BUILD.cow", R"(load(":shell.cow", "shell")
package(default_visibility = ["//visibility:public"])
toolchain_type(name = "toolchain_type")
host_tree(name = "tree", manifest = "tree.manifest")
shell(name = "impl", tree = ":tree")
toolchain(name = "shell", toolchain = ":impl", toolchain_type = ":toolchain_type")
)");
    WriteRule("sh/tree.manifest", "/etc/hostname\n");
  }
};

}  // namespace cow::analysis
