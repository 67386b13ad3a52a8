#include "engine/analysis/native_targets.h"

#include <memory>
#include <utility>

#include "engine/analysis/build_setting.h"
#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/default_info.h"
#include "engine/analysis/host_tree_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/host_tree.h"
#include "engine/loading/label_value.h"
#include "engine/loading/workspace.h"

namespace cow::analysis {

using starlark::Heap;
using starlark::Value;

namespace {

void FillFile(ArtifactId id, const Artifact& artifact, std::unique_ptr<Heap> heap,
              ConfiguredTarget& target) {
  auto* file = heap->New<FileValue>(id, artifact);
  SetDefaultInfo(target, *heap, {.files = MergeSets({file}, {}), .executable = file});
  target.heap = Heap::Freeze(std::move(heap));
}

// The provider of rules that only are something: its one field is the label.
const Provider* MarkerProvider(std::string_view rule) {
  const BuiltinProviders& all = BuiltinProviders::Get();
  if (rule == "constraint_setting") return all.constraint_setting_info;
  if (rule == "constraint_value") return all.constraint_value_info;
  if (rule == "platform") return all.platform_info;
  if (rule == "config_setting") return all.config_match_info;
  if (rule == "toolchain_type") return all.toolchain_type_info;
  return nullptr;
}

absl::StatusOr<HostTreePtr> CaptureHostTree(loading::PackageLoader& loader,
                                            const loading::Target& rule,
                                            const ConfiguredTarget& manifest) {
  const Artifact& file = manifest.files.direct().front().value.As<FileValue>()->artifact();
  if (!file.is_source()) return rule.Error("'manifest' must be a source file");
  COW_ASSIGN_OR_RETURN(auto text, loader.workspace().source_tree().Read(file.source_path));
  absl::StatusOr<HostTreePtr> tree = loading::LoadHostTree(
      rule.label().ToString(), *text, loader.workspace().options().digest_file);
  if (!tree.ok()) return rule.Error(tree.status().message());
  return tree;
}

}  // namespace

std::string_view NativeDependencyAttribute(std::string_view rule) {
  if (rule == "alias") return "actual";
  if (rule == "test_suite") return "tests";
  if (rule == "host_tree") return "manifest";
  return "";
}

absl::Status ConfigureSourceFile(loading::PackageLoader& loader, const loading::Target& file,
                                 ArtifactTable& artifacts, ConfiguredTarget& target) {
  COW_ASSIGN_OR_RETURN(std::string path, loader.SourceFilePath(file));
  Artifact artifact;
  artifact.exec_path = file.label().ExecPath();
  artifact.source_path = std::move(path);
  artifact.owner = file.label();
  ArtifactId id = artifacts.AddSource(std::move(artifact));
  FillFile(id, artifacts[id], std::make_unique<Heap>(), target);
  return absl::OkStatus();
}

absl::Status ConfigureOutputFile(const loading::Target& file, const ConfiguredTarget& rule,
                                 ArtifactTable& artifacts, ConfiguredTarget& target) {
  Artifact artifact;
  artifact.kind = Artifact::Kind::kFile;
  artifact.root = rule.configuration->bin_dir();
  artifact.exec_path = JoinPath(artifact.root, file.label().ExecPath());
  artifact.owner = rule.label;
  COW_ASSIGN_OR_RETURN(ArtifactId id, artifacts.Declare(std::move(artifact)));
  auto heap = std::make_unique<Heap>();
  heap->AddReference(rule.heap);
  FillFile(id, artifacts[id], std::move(heap), target);
  return absl::OkStatus();
}

absl::Status ConfigureNativeRule(loading::PackageLoader& loader, const loading::Target& rule,
                                 const std::vector<DependencyEdge>& edges,
                                 ConfiguredTarget& target) {
  const std::string& kind = rule.rule_class().name();
  if (kind == "alias" || BuildSettingOf(rule) != nullptr) {
    target.actual = &edges.front().target->resolved();
    return absl::OkStatus();
  }
  auto heap = std::make_unique<Heap>();
  DefaultInfoParts parts;
  if (kind == "host_tree") {
    COW_ASSIGN_OR_RETURN(HostTreePtr tree,
                         CaptureHostTree(loader, rule, edges.front().target->resolved()));
    target.providers.Set(BuiltinProviders::Get().host_tree_info,
                         NewHostTreeInfo(*heap, std::move(tree)));
  } else if (const Provider* marker = MarkerProvider(kind)) {
    starlark::NamedValue fields[] = {
        {starlark::Intern("label"), heap->New<loading::LabelValue>(rule.label())}};
    target.providers.Set(marker, heap->NewStruct(marker, fields));
  }
  for (const DependencyEdge& edge : edges) heap->AddReference(edge.target->resolved().heap);
  SetDefaultInfo(target, *heap, std::move(parts));
  target.heap = Heap::Freeze(std::move(heap));
  return absl::OkStatus();
}

}  // namespace cow::analysis
