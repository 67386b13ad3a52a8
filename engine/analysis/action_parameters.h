// Reading the parameters that the functions of ctx.actions share: outputs, inputs, tools,
// environments, root.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/analysis/action_record.h"
#include "engine/analysis/rule_context.h"
#include "engine/model/host_tree.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/thread.h"
#include "engine/starlark/value.h"

namespace cow::analysis {

// What the action reads, gathered from several parameters.
class InputCollector {
 public:
  explicit InputCollector(const RuleContext& context) : context_(context) {}

  void AddFile(starlark::Value file) { direct_.push_back(file); }
  void AddSet(const ValueDepset& set) { transitive_.push_back(set); }
  // A list of Files or a depset of Files.
  absl::Status AddInputs(starlark::Value inputs);
  // A list of Files, FilesToRunProviders and depsets of Files, or a depset of Files. Tools bring
  // their runfiles.
  absl::Status AddTools(starlark::Value tools);
  // A File or FilesToRunProvider, with its runfiles.
  void AddExecutable(FileValue* executable);
  void AddFilesToRun(const FilesToRunValue& tool);

  ValueDepset Finish() { return MergeSets(std::move(direct_), std::move(transitive_)); }
  // Those whose runfiles were added.
  std::vector<const FilesToRunValue*> TakePrograms() { return std::move(programs_); }

 private:
  void AddRunfiles(const FilesToRunValue& tool);

  const RuleContext& context_;
  std::vector<starlark::Value> direct_;
  std::vector<ValueDepset> transitive_;
  std::vector<const FilesToRunValue*> programs_;
};

// Ids of a non-empty list of Files.
absl::StatusOr<std::vector<ArtifactId>> ReadOutputs(starlark::Value outputs);

absl::StatusOr<std::map<std::string, std::string>> ReadStringDict(const starlark::Dict* dict,
                                                                  std::string_view parameter);

// %{label}, %{input} and %{output} filled in.
std::string ExpandProgressMessage(std::string_view message, const Label& label,
                                  const ActionRecord& record, const ArtifactTable& artifacts);

// The shell of an action and the root directory it lies in.
struct Shell {
  std::string path = "/bin/sh";
  HostTreePtr host_tree{};
};
inline constexpr char kShellToolchain[] = "@cow//sh:toolchain_type";
// The host tree that was given, else that of the shell toolchain, which also says where the shell is.
absl::StatusOr<Shell> FindShell(const RuleContext& context, starlark::Value host_tree);
// That of the shell toolchain; null if the rule has none.
HostTreePtr ShellHostTree(const RuleContext& context);

// The context of the rule function that is running; an error if a builtin is used after it
// returned.
absl::StatusOr<RuleContext*> CurrentContext(starlark::Thread& thread, std::string_view function);

}  // namespace cow::analysis
