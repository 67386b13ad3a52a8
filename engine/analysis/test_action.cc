#include "engine/analysis/test_action.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/configuration.h"
#include "engine/analysis/host_tree_value.h"
#include "engine/base/rel_path.h"
#include "engine/loading/target.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

using starlark::Value;

namespace {

// The dict of strings in a field of a provider instance, over what is in `into` already.
void AddStrings(Value instance, std::string_view field, std::map<std::string, std::string>& into) {
  if (instance.IsUnset()) return;
  const auto* dict = instance.As<starlark::Struct>()->Find(field).As<starlark::Dict>();
  if (dict == nullptr) return;
  for (const auto& entry : *dict)
    into[loading::StringOf(entry.key)] = loading::StringOf(entry.value);
}

std::shared_ptr<ArgsSpec> Arguments(const ConfiguredTarget& test, const std::string& program,
                                    starlark::Heap& heap) {
  auto spec = std::make_shared<ArgsSpec>();
  spec->items.push_back({.value = heap.NewString(program)});
  for (const std::string& word : test.program->args)
    spec->items.push_back({.value = heap.NewString(word)});
  for (const std::string& word : test.configuration->test_args)
    spec->items.push_back({.value = heap.NewString(word)});
  return spec;
}

std::shared_ptr<ArgsSpec> Words(const std::vector<std::string>& words, starlark::Heap& heap) {
  auto spec = std::make_shared<ArgsSpec>();
  for (const std::string& word : words) spec->items.push_back({.value = heap.NewString(word)});
  return spec;
}

Artifact Output(const ConfiguredTarget& test, const TestRun& run, int runs, std::string_view name) {
  std::string folder;
  if (run.shards > 0) folder = absl::StrCat("shard_", run.shard + 1, "_of_", run.shards);
  if (runs > 1) {
    absl::StrAppend(&folder, folder.empty() ? "" : "_", "run_", run.number + 1, "_of_", runs);
  }
  Artifact output;
  output.kind = Artifact::Kind::kFile;
  output.root = absl::StrCat("cow-out/", test.configuration->short_name(), "/testlogs");
  output.exec_path =
      JoinPath(JoinPath(JoinPath(output.root, test.label.ExecPath()), folder), name);
  output.owner = test.label;
  return output;
}

// Of the timeouts a test may have by name, in order.
constexpr int64_t kTimeouts[] = {60, 300, 900, 3600};

int64_t TimeoutOf(const ConfiguredTarget& test, const TestOptions& options) {
  const int64_t declared = test.program->timeout_seconds;
  for (size_t i = 0; i < std::size(kTimeouts) && i < options.timeouts.size(); ++i) {
    if (declared == kTimeouts[i] && options.timeouts[i] >= 0) return options.timeouts[i];
  }
  return declared;
}

void AddRunVariables(const TestRun& run, int runs, TestAction& made) {
  Action& action = made.record.action;
  if (run.shards > 0) {
    action.env["TEST_TOTAL_SHARDS"] = absl::StrCat(run.shards);
    action.env["TEST_SHARD_INDEX"] = absl::StrCat(run.shard);
    action.env["TEST_SHARD_STATUS_FILE"] = JoinPath(kExecutionRoot, made.outputs.back().exec_path);
  }
  if (runs > 1) action.env["TEST_RUN_NUMBER"] = absl::StrCat(run.number + 1);
}

}  // namespace

std::vector<TestRun> RunsOf(const ConfiguredTarget& test, const TestOptions& options) {
  int shards = options.sharded ? test.program->shard_count : 0;
  if (options.forced_shards > 0) shards = options.forced_shards;
  std::vector<TestRun> runs;
  for (int number = 0; number < options.runs_per_test; ++number) {
    for (int shard = 0; shard < std::max(1, shards); ++shard) runs.push_back({shard, shards, number});
  }
  return runs;
}

TestAction MakeTestAction(const ConfiguredTarget& test, const TestRun& run, const std::string& workspace,
                          const TestOptions& options, starlark::Heap& heap) {
  const BuiltinProviders& providers = BuiltinProviders::Get();
  const Artifact& program = test.files_to_run->executable()->artifact();
  const std::string runfiles = absl::StrCat(kExecutionRoot, "/", program.exec_path, ".runfiles");
  TestAction made;
  Runtime runtime = RuntimeOf(test.providers.Find(providers.runtime_info));
  made.record.action.root_tree = runtime.root;
  if (!runtime.command.empty()) made.record.arguments.push_back(Words(runtime.command, heap));
  made.record.arguments.push_back(
      Arguments(test, JoinPath(runfiles, RunfilesKey(workspace, program.runfiles_path())), heap));
  Value tree = test.providers.Find(providers.host_tree_info);
  made.record.host_tree = HostTreeOf(tree, "test").value_or(nullptr);

  Action& action = made.record.action;
  action.kind = Action::Kind::kRun;
  action.owner = test.label;
  action.configuration = test.configuration->short_name();
  action.mnemonic = "TestRunner";
  action.progress_message = absl::StrCat("Testing ", test.label.ToString());
  action.timeout_seconds = TimeoutOf(test, options);
  action.exec_properties = test.program->exec_properties;
  action.max_attempts = options.flaky_attempts.value_or(test.program->is_flaky ? 3 : 1);
  action.env = {{"JAVA_RUNFILES", runfiles},
                {"PYTHON_RUNFILES", runfiles},
                {"RUNFILES_DIR", runfiles},
                {"RUNFILES_MANIFEST_FILE", JoinPath(runfiles, kRunfilesManifest)},
                {"TEST_BINARY", program.runfiles_path()},
                {"TEST_SIZE", test.program->test_size},
                {"TEST_SRCDIR", runfiles},
                {"TEST_TARGET", test.label.ToString()},
                {"TEST_TIMEOUT", absl::StrCat(action.timeout_seconds)},
                {"TEST_TMPDIR", "/tmp"},
                {"TEST_WORKSPACE", workspace},
                {"XML_OUTPUT_FILE", "/tmp/test.xml"}};
  AddStrings(test.providers.Find(providers.run_environment_info), "environment", action.env);
  if (!test.configuration->test_filter.empty())
    action.env["TESTBRIDGE_TEST_ONLY"] = test.configuration->test_filter;
  for (const auto& [name, value] : test.configuration->test_env) action.env[name] = value;
  AddStrings(test.providers.Find(providers.execution_info), "requirements",
             action.execution_requirements);
  action.execution_requirements.insert(test.program->execution_requirements.begin(),
                                       test.program->execution_requirements.end());
  if (!options.cached || options.runs_per_test > 1) action.execution_requirements["no-cache"] = "1";
  made.outputs.push_back(Output(test, run, options.runs_per_test, "test.log"));
  if (run.shards > 0) made.outputs.push_back(Output(test, run, options.runs_per_test, "sharding_supported"));
  AddRunVariables(run, options.runs_per_test, made);
  return made;
}

}  // namespace cow::analysis
