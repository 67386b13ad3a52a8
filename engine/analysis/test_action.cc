#include "engine/analysis/test_action.h"

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

constexpr char kExecutionRoot[] = "/build";

// The dict of strings in a field of a provider instance, over what is in `into` already.
void AddStrings(Value instance, std::string_view field, std::map<std::string, std::string>& into) {
  if (instance.IsUnset()) return;
  const auto* dict = instance.As<starlark::Struct>()->Find(field).As<starlark::Dict>();
  if (dict == nullptr) return;
  for (const auto& entry : *dict)
    into[loading::StringOf(entry.key)] = loading::StringOf(entry.value);
}

std::shared_ptr<ArgsSpec> Arguments(const ConfiguredTarget& test,
                                    starlark::Heap& heap) {
  auto spec = std::make_shared<ArgsSpec>();
  const Artifact& program = test.files_to_run->executable()->artifact();
  spec->items.push_back({.value = heap.NewString(JoinPath(kExecutionRoot, program.short_path()))});
  for (const std::string& word : test.program->args)
    spec->items.push_back({.value = heap.NewString(word)});
  for (const std::string& word : test.configuration->test_args)
    spec->items.push_back({.value = heap.NewString(word)});
  return spec;
}

}  // namespace

TestAction MakeTestAction(const ConfiguredTarget& test, starlark::Heap& heap) {
  const BuiltinProviders& providers = BuiltinProviders::Get();
  TestAction made;
  made.record.arguments.push_back(Arguments(test, heap));
  made.record.inputs = test.files_to_run->runfiles();
  Value tree = test.providers.Find(providers.host_tree_info);
  made.record.host_tree = HostTreeOf(tree, "test").value_or(nullptr);

  Action& action = made.record.action;
  action.kind = Action::Kind::kRun;
  action.owner = test.label;
  action.configuration = test.configuration->short_name();
  action.mnemonic = "TestRunner";
  action.progress_message = absl::StrCat("Testing ", test.label.ToString());
  action.timeout_seconds = test.program->timeout_seconds;
  action.env = {{"RUNFILES_DIR", kExecutionRoot},
                {"TEST_BINARY", test.files_to_run->executable()->artifact().short_path()},
                {"TEST_SIZE", test.program->test_size},
                {"TEST_SRCDIR", kExecutionRoot},
                {"TEST_TARGET", test.label.ToString()},
                {"TEST_TIMEOUT", absl::StrCat(test.program->timeout_seconds)},
                {"TEST_TMPDIR", "/tmp"},
                {"TEST_WORKSPACE", "."},
                {"XML_OUTPUT_FILE", "/tmp/test.xml"}};
  AddStrings(test.providers.Find(providers.run_environment_info), "environment", action.env);
  if (!test.configuration->test_filter.empty())
    action.env["TESTBRIDGE_TEST_ONLY"] = test.configuration->test_filter;
  for (const auto& [name, value] : test.configuration->test_env) action.env[name] = value;
  AddStrings(test.providers.Find(providers.execution_info), "requirements",
             action.execution_requirements);

  made.log.kind = Artifact::Kind::kFile;
  made.log.root = absl::StrCat("cow-out/", test.configuration->short_name(), "/testlogs");
  made.log.exec_path = JoinPath(JoinPath(made.log.root, test.label.ExecPath()), "test.log");
  made.log.owner = test.label;
  return made;
}

}  // namespace cow::analysis
