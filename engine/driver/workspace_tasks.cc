#include "engine/driver/workspace_tasks.h"

#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/driver/exit_status.h"
#include "engine/driver/session.h"
#include "engine/loading/workspace.h"

namespace cow::driver {
namespace {

// Only print() and progress of repository rules come here.
class StderrSink final : public EventSink {
 public:
  void Handle(const BuildEvent& event) override {
    if (const auto* message = std::get_if<Message>(&event)) std::fprintf(stderr, "%s\n", message->text.c_str());
  }
};

std::string BelowRoot(const std::string& path, const std::string& root) {
  return std::string(absl::StripPrefix(path, root + "/"));
}

}  // namespace

std::string WorkspaceAt(const std::string& directory) {
  return loading::FindWorkspaceRoot(directory).value_or("");
}

absl::StatusOr<std::vector<LockedRepository>> Lock(const BuildRequest& request) {
  StderrSink events;
  COW_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::Open(request, events));
  COW_ASSIGN_OR_RETURN(auto locked, session->workspace->LockRepositories(request.patterns, !request.check_only && !request.offline));
  std::vector<LockedRepository> result;
  for (const loading::LockedRepository& repository : locked) {
    result.push_back({repository.name, BelowRoot(repository.path, session->workspace->root()), repository.changed});
  }
  return result;
}

absl::Status Clean(const BuildRequest& request) {
  COW_ASSIGN_OR_RETURN(std::string root, loading::FindWorkspaceRoot(request.working_directory));
  COW_RETURN_IF_ERROR(RemoveTree(root + "/cow-out"));
  COW_RETURN_IF_ERROR(RemoveFile(root + "/cow-bin"));
  if (!request.expunge) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(std::string cache, CacheRoot(request));
  for (const char* part : {"cas", "db", "downloads", "quarantine", "repos", "tmp", "trees"}) {
    COW_RETURN_IF_ERROR(RemoveTree(absl::StrCat(cache, "/", part)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<InfoItem>> Info(const BuildRequest& request) {
  COW_ASSIGN_OR_RETURN(std::string root, loading::FindWorkspaceRoot(request.working_directory));
  COW_ASSIGN_OR_RETURN(std::string cache, CacheRoot(request));
  COW_ASSIGN_OR_RETURN(Installation installation, FindInstallation());
  return std::vector<InfoItem>{
      {"workspace", root},        {"outputs", root + "/cow-out"},        {"cow-bin", root + "/cow-bin"},
      {"cache", cache},           {"programs", installation.programs_dir}, {"rules", installation.rules_dir},
      {"release", kVersion},
  };
}

}  // namespace cow::driver
