// cow-remote-run: runs one action on another machine, in the sandbox that came along. Started by a worker of a cluster, in a directory
// that remote_input_root.h describes.
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/execution/sandboxed_spawn_runner.h"
#include "engine/execution/spawn_message.h"
#include "engine/store/tree_encoding.h"
#include "engine/store/tree_layer.h"

namespace cow::execution {
namespace {

constexpr int kNoReport = 99;  // what is wrong is on stderr
constexpr int kNoResult = 98;  // ... is in the report
constexpr int kSignalled = 128;

class TravelPlaces final : public SpawnPlaces {
 public:
  TravelPlaces(std::string directory, bool has_root) : directory_(std::move(directory)), has_root_(has_root) {}
  // The worker might stumble over directories that cannot be written.
  ~TravelPlaces() override {
    for (int i = 0; i < copies_; ++i) RemoveTree(CopyPath(i)).IgnoreError();
  }

  absl::StatusOr<std::string> FileOf(const SpawnInput& input) override { return InputAt(input.path); }
  // A worker may give equal files of a tree one inode, and any times: tools that archive it would notice.
  absl::StatusOr<std::string> TreeOf(const SpawnInput& input) override {
    const std::string there = InputAt(input.path);
    const std::string listing = JoinPath(JoinPath(directory_, kTravelTrees), input.digest.hex());
    if (!FileExists(listing)) return there;
    COW_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(listing));
    COW_ASSIGN_OR_RETURN(const store::TreeContents contents, store::DecodeTree(bytes));
    std::vector<HostTreeEntry> entries;
    for (const store::TreeEntry& entry : contents.entries) entries.push_back(EntryOf(entry, there));
    const std::string copy = CopyPath(copies_++);
    COW_RETURN_IF_ERROR(MakeDirectories(copy));
    COW_RETURN_IF_ERROR(store::LayTree(copy, entries));
    if (chmod(copy.c_str(), 0555) != 0) return ErrnoStatus(errno, copy);
    return copy;
  }
  absl::StatusOr<std::string> RootOf(const Spawn&) override { return has_root_ ? JoinPath(directory_, kTravelRoot) : ""; }
  uint64_t Generation() override { return 0; }

 private:
  static HostTreeEntry EntryOf(const store::TreeEntry& entry, const std::string& tree) {
    HostTreeEntry same{.path = entry.path};
    switch (entry.kind) {
      case store::TreeEntry::Kind::kFile:
        same.source_path = JoinPath(tree, entry.path);
        same.digest = entry.digest;
        same.executable = entry.executable;
        break;
      case store::TreeEntry::Kind::kSymlink:
        same.kind = HostTreeEntry::Kind::kSymlink;
        same.target = entry.target;
        break;
      case store::TreeEntry::Kind::kEmptyDirectory:
        same.kind = HostTreeEntry::Kind::kDirectory;
        break;
    }
    return same;
  }
  std::string CopyPath(int number) const { return JoinPath(directory_, absl::StrCat(kTravelOutputs, "/tree-", number)); }
  std::string InputAt(const std::string& path) const { return JoinPath(JoinPath(directory_, kTravelInputs), path); }

  const std::string directory_;
  const bool has_root_;
  std::atomic<int> copies_{0};
};

absl::StatusOr<SpawnResult> RunOrder(TravelOrder order, const std::string& directory) {
  const std::string outputs = JoinPath(directory, kTravelOutputs);
  const std::string scratch = JoinPath(outputs, "scratch");
  COW_RETURN_IF_ERROR(MakeDirectories(scratch));
  for (size_t i = 0; i < order.spawn.writable.size(); ++i) {
    order.spawn.writable[i].host_path = JoinPath(outputs, absl::StrCat(i));
    COW_RETURN_IF_ERROR(MakeDirectories(order.spawn.writable[i].host_path));
  }
  SandboxedSpawnRunner runner({.sandbox = {.helper_program = JoinPath(directory, kTravelSandbox),
                                           .source_roots = {directory},
                                           .scratch_directory = scratch},
                               .scratch_root = scratch,
                               .limits = order.limits,
                               .min_tier = order.min_tier},
                              std::make_unique<TravelPlaces>(directory, order.has_root));
  return runner.Run(order.spawn, {});
}

// As a shell would tell it: a worker that keeps results keeps only those of zero.
int ExitCodeOf(const TravelReport& report) {
  const SpawnResult& result = report.result;
  if (!report.status.ok()) return kNoResult;
  switch (result.outcome) {
    case SpawnResult::Outcome::kExited: return result.limit.empty() || result.exit_code != 0 ? result.exit_code : kNoResult;
    case SpawnResult::Outcome::kSignalled: return kSignalled + result.signal;
    default: return kNoResult;
  }
}

absl::StatusOr<int> Run() {
  COW_ASSIGN_OR_RETURN(const std::string directory, CurrentDirectory());
  COW_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(JoinPath(directory, kTravelOrder)));
  COW_ASSIGN_OR_RETURN(TravelOrder order, DecodeOrder(bytes));
  TravelReport report;
  absl::StatusOr<SpawnResult> result = RunOrder(std::move(order), directory);
  report.status = result.status();
  if (result.ok()) {
    report.result = *std::move(result);
    if (report.result.outcome != SpawnResult::Outcome::kNotExecuted) {
      COW_RETURN_IF_ERROR(WriteAll(1, report.result.out));
      COW_RETURN_IF_ERROR(WriteAll(2, report.result.err));
    }
  }
  COW_RETURN_IF_ERROR(WriteFile(JoinPath(directory, kTravelReport), EncodeReport(report)));
  return ExitCodeOf(report);
}

}  // namespace
}  // namespace cow::execution

int main() {
  const absl::StatusOr<int> code = cow::execution::Run();
  if (code.ok()) return *code;
  std::fprintf(stderr, "cow-remote-run: %s\n", std::string(code.status().message()).c_str());
  return cow::execution::kNoReport;
}
