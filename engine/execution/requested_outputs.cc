#include "engine/execution/requested_outputs.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/base/thread_pool.h"
#include "engine/execution/materializer.h"
#include "engine/execution/output_layout.h"
#include "engine/execution/output_lock.h"
#include "engine/store/cas.h"

namespace cow::execution {
namespace {

constexpr char kOutputDirectory[] = "cow-out";
constexpr char kBinLink[] = "cow-bin";

// Files that are neither in the plan nor in the CAS.
absl::Status AddWritten(std::string path, std::string_view bytes, store::LocalCas& cas, OutputLayout* layout) {
  COW_ASSIGN_OR_RETURN(Digest digest, cas.Put(bytes));
  layout->files.push_back({.path = std::move(path), .digest = digest});
  return absl::OkStatus();
}

// Symlinks to absolute paths, by the names that programs use for the files they need.
absl::Status AddRunfiles(const BuildPlan& plan, const std::string& workspace, const RunfilesTree& tree,
                         store::LocalCas& cas, OutputLayout* layout) {
  layout->trees.push_back(tree.path);
  std::vector<RunfilesEntry> entries = EntriesOf(tree, plan.artifacts);
  for (const RunfilesEntry& entry : entries) {
    std::string path = JoinPath(tree.path, entry.path);
    if (!entry.artifact.valid()) {
      COW_RETURN_IF_ERROR(AddWritten(std::move(path), "", cas, layout));
      continue;
    }
    const Artifact& artifact = plan.artifact(entry.artifact);
    layout->links.push_back(
        {std::move(path), artifact.is_source() ? artifact.source_path : JoinPath(workspace, artifact.exec_path)});
  }
  return AddWritten(JoinPath(tree.path, kRunfilesManifest), ManifestText(entries, JoinPath(workspace, tree.path)), cas,
                    layout);
}

}  // namespace

absl::Status PointBinLink(const std::string& workspace_root, const std::string& directory, EventSink& events) {
  std::string link = absl::StrCat(workspace_root, "/", kBinLink);
  absl::StatusOr<FileInfo> info = LstatFile(link);
  if (info.ok() && info->kind != FileKind::kSymlink) {
    events.Handle(Message{.kind = Message::Kind::kWarning,
                          .text = absl::StrCat("warning: '", kBinLink, "' is not a symlink; it is left alone")});
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> present = ReadLink(link);
  if (present.ok() && *present == directory) return absl::OkStatus();
  return ReplaceSymlink(directory, link);
}

std::vector<ArtifactId> ArtifactsOf(const RequestedTarget& target) {
  std::vector<ArtifactId> artifacts = target.outputs;
  if (target.executable.valid()) artifacts.push_back(target.executable);
  artifacts.insert(artifacts.end(), target.runfiles.begin(), target.runfiles.end());
  return artifacts;
}

std::vector<ArtifactId> WrittenArtifactsOf(const RequestedTarget& target, bool with_runfiles) {
  if (with_runfiles) return ArtifactsOf(target);
  std::vector<ArtifactId> artifacts = target.outputs;
  if (target.executable.valid()) artifacts.push_back(target.executable);
  return artifacts;
}

std::vector<ArtifactId> RequestedOutputs::Generated(const std::vector<const RequestedTarget*>& targets) const {
  std::set<ArtifactId> ids;
  for (const RequestedTarget* target : targets) {
    for (ArtifactId id : WrittenArtifactsOf(*target, options_.materialize_runfiles)) ids.insert(id);
  }
  std::vector<ArtifactId> generated;
  for (ArtifactId id : ids) {
    if (!plan_.artifact(id).is_source()) generated.push_back(id);
  }
  return generated;
}

absl::StatusOr<std::vector<ArtifactId>> RequestedOutputs::Write(const std::vector<const RequestedTarget*>& targets) {
  std::vector<ArtifactId> artifacts = Generated(targets);
  if (artifacts.empty()) return std::vector<ArtifactId>();
  if (options_.remote_outputs == RemoteOutputs::kNone) COW_RETURN_IF_ERROR(LeaveOut(artifacts));
  std::erase_if(artifacts, [this](ArtifactId id) { return IsLeftOut(id); });
  std::vector<ArtifactValue> values = values_.GetAll(artifacts);
  COW_ASSIGN_OR_RETURN(std::vector<size_t> missing, supply_.Supply(values));
  std::vector<ArtifactId> lost;
  for (size_t index : missing) lost.push_back(artifacts[index]);
  if (!lost.empty()) return lost;
  std::string output_directory = absl::StrCat(options_.workspace_root, "/", kOutputDirectory);
  COW_RETURN_IF_ERROR(MakeDirectories(output_directory));
  COW_ASSIGN_OR_RETURN(OutputLock lock, OutputLock::Acquire(output_directory, services_.cancelled, [this] {
                         services_.events.Handle(Message{
                             .text = "another cow command writes to cow-out of this workspace; waiting for it"});
                       }));
  COW_RETURN_IF_ERROR(WriteLocked(artifacts, targets));
  return lost;
}

// What is not here.
absl::Status RequestedOutputs::LeaveOut(const std::vector<ArtifactId>& artifacts) {
  COW_ASSIGN_OR_RETURN(std::vector<size_t> absent, supply_.FindAbsent(values_.GetAll(artifacts)));
  left_out_.clear();
  for (size_t index : absent) left_out_.insert(artifacts[index]);
  return absl::OkStatus();
}

absl::Status RequestedOutputs::WriteLocked(const std::vector<ArtifactId>& artifacts,
                                           const std::vector<const RequestedTarget*>& targets) {
  layout_ = OutputLayout();
  for (ArtifactId id : artifacts) {
    COW_RETURN_IF_ERROR(layout_.Add(plan_.artifact(id).exec_path, values_.Get(id), trees_));
  }
  for (ArtifactId id : left_out_) layout_.absent.push_back(plan_.artifact(id).exec_path);
  for (const RequestedTarget* target : targets) {
    if (!options_.materialize_runfiles || target->runfiles_tree == nullptr) continue;
    COW_RETURN_IF_ERROR(
        AddRunfiles(plan_, options_.workspace_root, *target->runfiles_tree, services_.cas, &layout_));
  }
  int threads = options_.jobs > 0 ? options_.jobs : ProcessorCount();
  Materializer materializer(options_.workspace_root, services_.cas, services_.file_states, threads);
  COW_RETURN_IF_ERROR(Annotate(materializer.Write(layout_), "writing cow-out"));
  return SwingBinLink(targets);
}

// cow-bin leads to the outputs of the first target.
absl::Status RequestedOutputs::SwingBinLink(const std::vector<const RequestedTarget*>& targets) {
  for (const RequestedTarget* target : targets) {
    for (ArtifactId id : ArtifactsOf(*target)) {
      const Artifact& artifact = plan_.artifact(id);
      if (artifact.is_source() || artifact.root.empty()) continue;
      bin_directory_ = artifact.root;
      return PointBinLink(options_.workspace_root, artifact.root, services_.events);
    }
  }
  return absl::OkStatus();
}

}  // namespace cow::execution
