// WorkspaceFixture: a temporary workspace for tests, with small built-in rules beside it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/package_loader.h"
#include "engine/loading/workspace.h"

namespace cow::loading {

inline constexpr std::string_view kFixtureRules = R"(
def _nothing(ctx):
    return []

filegroup = rule(
    implementation = _nothing,
    attrs = {
        "srcs": attr.label_list(allow_files = True),
        "data": attr.label_list(allow_files = True),
        "path": attr.string(),
    },
)

genrule = rule(
    implementation = _nothing,
    attrs = {
        "srcs": attr.label_list(allow_files = True),
        "outs": attr.output_list(mandatory = True),
        "cmd": attr.string(),
    },
)

check_test = rule(implementation = _nothing, test = True)
)";

// The directory goes away with the object.
class WorkspaceFixture {
 public:
  WorkspaceFixture() : top_(*MakeTempDirectory("/tmp/cow-loading-test-")) {
    Write("WORKSPACE.cow", "");
    WriteRules("BUILD.cow", "");
    WriteRules("defs.cow", kFixtureRules);
    WriteRules("prelude.cow",
               "load(\"@cow//:defs.cow\", _c = \"check_test\", _f = \"filegroup\", _g = \"genrule\")\n"
               "check_test = _c\nfilegroup = _f\ngenrule = _g\n");
    WriteRules("workspace.cow", "");
    WriteRules("workspace_prelude.cow", "");
    COW_CHECK(MakeDirectories(top_ + "/bin").ok());
    options.root = root();
    options.cache_dir = top_ + "/cache";
    options.builtin_rules_dir = top_ + "/rules";
    options.programs_dir = top_ + "/bin";
  }
  ~WorkspaceFixture() {
    loader_.reset();
    workspace_.reset();
    (void)RemoveTree(top_);
  }
  WorkspaceFixture(const WorkspaceFixture&) = delete;
  WorkspaceFixture& operator=(const WorkspaceFixture&) = delete;

  const std::string& top() const { return top_; }
  std::string root() const { return top_ + "/ws"; }

  void Write(std::string_view path, std::string_view text) { WriteBelow("ws", path, text); }
  void WriteRules(std::string_view path, std::string_view text) { WriteBelow("rules", path, text); }
  // Below the temporary directory.
  void WriteBelow(std::string_view folder, std::string_view path, std::string_view text) {
    std::string full = JoinPath(JoinPath(top_, folder), path);
    COW_CHECK(MakeDirectories(std::string(PathDirname(full))).ok());
    COW_CHECK(WriteFile(full, text).ok());
  }

  // Reads the workspace, again if it was read before.
  absl::Status Open() {
    loader_.reset();
    workspace_.reset();
    COW_ASSIGN_OR_RETURN(workspace_, Workspace::Load(options));
    loader_ = std::make_unique<PackageLoader>(*workspace_, 2);
    return absl::OkStatus();
  }
  PackageLoader& loader() {
    if (loader_ == nullptr) {
      absl::Status status = Open();
      if (!status.ok()) std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
      COW_CHECK(status.ok());
    }
    return *loader_;
  }
  Workspace& workspace() { return loader().workspace(); }

  static Label ParsedLabel(std::string_view text) { return *Label::Parse(text, PackageId()); }
  absl::StatusOr<PackagePtr> Load(std::string_view package) {
    return loader().Load(ParsedLabel(std::string(package) + ":x").package());
  }
  absl::StatusOr<const Target*> TargetOf(std::string_view label) { return loader().LoadTarget(ParsedLabel(label)); }
  // The error of loading a package with the temporary directory's name taken away; "" if there is none.
  std::string ErrorOf(std::string_view package) { return Shown(Load(package).status()); }
  std::string Shown(const absl::Status& status) const {
    std::string text(status.message());
    for (size_t at = text.find(top_ + "/"); at != std::string::npos; at = text.find(top_ + "/")) {
      text.erase(at, top_.size() + 1);
    }
    return text;
  }

  WorkspaceOptions options{};

 private:
  std::string top_;
  std::unique_ptr<Workspace> workspace_;
  std::unique_ptr<PackageLoader> loader_;
};

}  // namespace cow::loading
