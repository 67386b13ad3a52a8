#include "engine/execution/prepared_action.h"

#include <algorithm>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "engine/base/path_order.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/execution/input_paths.h"
#include "engine/store/directory_builder.h"

namespace cow::execution {
namespace {

#if defined(__x86_64__)
constexpr char kMachine[] = "x86-64";
#elif defined(__aarch64__)
constexpr char kMachine[] = "arm-a64";
#else
#error "name this machine's instruction set as the platform property ISA"
#endif

SpawnInput InputOf(const ArtifactValue& value, const std::string& path) {
  switch (value.kind) {
    case ArtifactValue::Kind::kFile:
      return {.kind = SpawnInput::Kind::kFile, .path = path, .digest = value.digest, .executable = value.executable};
    case ArtifactValue::Kind::kTree:
      return {.kind = SpawnInput::Kind::kTree, .path = path, .digest = value.digest};
    case ArtifactValue::Kind::kSymlink:
      return {.kind = SpawnInput::Kind::kSymlink, .path = path, .target = value.target};
  }
  return {};
}

std::map<std::string, std::string> EnvironmentOf(const Action& action) {
  std::map<std::string, std::string> env = {
      {"HOME", "/nonexistent"}, {"LANG", "C.UTF-8"}, {"LC_ALL", "C.UTF-8"}, {"PATH", "/usr/bin:/bin"},
      {"SOURCE_DATE_EPOCH", "315532800"}, {"TMPDIR", "/tmp"}, {"TZ", "UTC"}, {"USER", "cow"},
  };
  for (const auto& [name, value] : action.env) env[name] = value;
  return env;
}

Platform PlatformOf(const BuildPlan& plan, const Action& action, const PreparedAction& prepared) {
  std::map<std::string, std::string> properties = action.exec_properties;
  properties.emplace("ISA", kMachine);
  properties.emplace("OSFamily", "linux");
  Platform platform(properties.begin(), properties.end());
  if (action.captured_output.valid()) {
    platform.emplace_back("cow-captured-output", plan.artifact(action.captured_output).exec_path);
    platform.emplace_back("cow-writable-root", "1");
  }
  if (action.host_tree.valid()) {
    platform.emplace_back("cow-host-tree", plan.host_trees[action.host_tree.value()]->digest.ToString());
  }
  if (prepared.root_tree) platform.emplace_back("cow-root-tree", prepared.root_tree->ToString());
  // Not the working_directory of the protocol, to which output paths would be relative.
  if (!action.working_directory.empty()) platform.emplace_back("cow-working-directory", action.working_directory);
  return platform;
}

absl::StatusOr<store::DirectoryTree> InputRoot(const std::vector<SpawnInput>& inputs, TreeReader& trees) {
  store::DirectoryBuilder builder;
  for (const SpawnInput& input : inputs) {
    switch (input.kind) {
      case SpawnInput::Kind::kFile:
        builder.AddFile(input.path, input.digest, input.executable);
        break;
      case SpawnInput::Kind::kTree: {
        COW_ASSIGN_OR_RETURN(const Digest root, trees.RootDirectory(input.digest));
        builder.AddDirectoryDigest(input.path, root);
        break;
      }
      case SpawnInput::Kind::kSymlink:
        builder.AddSymlink(input.path, input.target);
        break;
      case SpawnInput::Kind::kDirectory:
        builder.AddDirectory(input.path);
        break;
    }
  }
  return builder.Build();
}

// The inputs that have values, by their exec paths and below the trees of runfiles. Notes the files to be written for
// these trees.
std::vector<SpawnInput> PlacedInputs(const BuildPlan& plan, const Action& action, const std::vector<ArtifactId>& inputs,
                                     const std::vector<ArtifactValue>& values, PreparedAction* prepared) {
  std::vector<SpawnInput> all;
  all.reserve(inputs.size() + prepared->written_files.size() + prepared->outputs.size());
  if (action.runfiles.empty()) {
    for (size_t i = 0; i < inputs.size(); ++i) all.push_back(InputOf(values[i], plan.artifact(inputs[i]).exec_path));
    return all;
  }
  absl::flat_hash_map<ArtifactId, size_t> places;
  for (size_t i = 0; i < inputs.size(); ++i) places.emplace(inputs[i], i);
  for (size_t i = 0; i < inputs.size() && !action.inputs_in_runfiles; ++i) {
    all.push_back(InputOf(values[i], plan.artifact(inputs[i]).exec_path));
  }
  for (const RunfilesTreePtr& tree : action.runfiles) {
    std::vector<RunfilesEntry> entries = EntriesOf(*tree, plan.artifacts);
    for (const RunfilesEntry& entry : entries) {
      std::string path = JoinPath(tree->path, entry.path);
      if (entry.artifact.valid()) {
        all.push_back(InputOf(values[places.at(entry.artifact)], path));
      } else {
        prepared->written_files.push_back({.path = path, .bytes = ""});
      }
    }
    prepared->written_files.push_back({.path = JoinPath(tree->path, kRunfilesManifest),
                                       .bytes = ManifestText(entries, JoinPath(kExecutionRoot, tree->path))});
  }
  return all;
}

std::vector<SpawnInput> SpawnInputs(std::vector<SpawnInput> all, const PreparedAction& prepared) {
  for (const ParamFile& file : prepared.written_files) {
    all.push_back({.kind = SpawnInput::Kind::kFile, .path = file.path, .digest = Digest::Of(file.bytes)});
  }
  // The directory of a tree output exists when the action starts, here and on any other machine.
  for (const DeclaredOutput& output : prepared.outputs) {
    if (output.kind == ActionOutput::Kind::kTree) all.push_back({.kind = SpawnInput::Kind::kDirectory, .path = output.path});
  }
  std::sort(all.begin(), all.end(),
            [](const SpawnInput& a, const SpawnInput& b) { return PathBefore(a.path, b.path); });
  return all;
}

void FillMessages(const BuildPlan& plan, const Action& action, PreparedAction* prepared) {
  CommandMessage& command = prepared->preimage.command;
  command.arguments = prepared->argv;
  for (const auto& [name, value] : EnvironmentOf(action)) {
    command.environment.emplace_back(name, value);
    prepared->env.push_back(absl::StrCat(name, "=", value));
  }
  command.platform = PlatformOf(plan, action, *prepared);
  for (const DeclaredOutput& output : prepared->outputs) command.output_paths.push_back(output.path);
  std::sort(command.output_paths.begin(), command.output_paths.end());
  ActionMessage& message = prepared->preimage.action;
  message.command = Digest::Of(EncodeCommand(command));
  message.timeout_seconds = action.timeout_seconds;
  message.do_not_cache = !prepared->cacheable;
  message.salt = absl::StrCat("cow.v", kEngineEpoch);
  message.platform = command.platform;
}

}  // namespace

absl::StatusOr<PreparedAction> Prepare(const BuildPlan& plan, ActionId id, const std::vector<ArtifactId>& inputs,
                                       const std::vector<ArtifactValue>& values, TreeReader& trees) {
  const Action& action = plan.action(id);
  PreparedAction prepared;
  prepared.cacheable = action.execution_requirements.count(kNoCacheRequirement) == 0;
  for (ArtifactId output : action.outputs) {
    prepared.outputs.push_back({.path = plan.artifact(output).exec_path, .kind = OutputKindOf(plan.artifact(output).kind)});
  }
  for (size_t i = 0; i < inputs.size() && action.root_tree.valid(); ++i) {
    if (inputs[i] == action.root_tree) prepared.root_tree = values[i].digest;
  }
  InputPaths paths(plan, inputs, values, trees);
  COW_ASSIGN_OR_RETURN(ExpandedCommand expanded,
                       ExpandCommandLine(action.arguments, paths, prepared.outputs.front().path));
  if (expanded.argv.empty()) return absl::InvalidArgumentError("its command line is empty");
  prepared.argv = std::move(expanded.argv);
  prepared.written_files = std::move(expanded.param_files);
  FillMessages(plan, action, &prepared);
  std::vector<SpawnInput> placed = PlacedInputs(plan, action, inputs, values, &prepared);
  prepared.inputs = SpawnInputs(std::move(placed), prepared);
  COW_ASSIGN_OR_RETURN(store::DirectoryTree root, InputRoot(prepared.inputs, trees));
  prepared.preimage.action.input_root = root.root;
  prepared.preimage.directories = std::move(root.directories);
  prepared.key = Digest::Of(EncodeAction(prepared.preimage.action));
  return prepared;
}

}  // namespace cow::execution
