#include "engine/driver/action_listing.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/execution/command_expansion.h"
#include "engine/execution/shell_quote.h"

namespace cow::driver {
namespace {

using query::ActionFilter;

// A tree is shown by its own name: what is in it is known when it is made.
class PlanPaths final : public execution::ArtifactPaths {
 public:
  explicit PlanPaths(const BuildPlan& plan) : plan_(plan) {}
  const std::string& ExecPath(ArtifactId id) const override { return plan_.artifact(id).exec_path; }
  bool IsTree(ArtifactId) const override { return false; }
  absl::StatusOr<std::vector<std::string>> TreeFiles(ArtifactId) const override { return std::vector<std::string>(); }

 private:
  const BuildPlan& plan_;
};

struct ActionText {
  std::string mnemonic{};
  std::vector<std::string> inputs{};   // in the order in which they are declared
  std::vector<std::string> outputs{};
  std::vector<std::string> argv{};     // of processes
};

absl::StatusOr<ActionText> Describe(const BuildPlan& plan, const Action& action) {
  ActionText text{.mnemonic = action.mnemonic};
  for (ArtifactId input : action.inputs.ToList()) text.inputs.push_back(plan.artifact(input).exec_path);
  for (const RunfilesTreePtr& tree : action.runfiles) text.inputs.push_back(tree->path);
  for (ArtifactId output : action.outputs) text.outputs.push_back(plan.artifact(output).exec_path);
  if (action.kind == Action::Kind::kRun) {
    COW_ASSIGN_OR_RETURN(execution::ExpandedCommand command,
                         execution::ExpandCommandLine(action.arguments, PlanPaths(plan), text.outputs[0]));
    text.argv = std::move(command.argv);
  }
  return text;
}

bool Accepts(const ActionFilter& filter, const ActionText& text) {
  switch (filter.what) {
    case ActionFilter::What::kMnemonic: return filter.Accepts({text.mnemonic});
    case ActionFilter::What::kInputs: return filter.Accepts(text.inputs);
    case ActionFilter::What::kOutputs: return filter.Accepts(text.outputs);
  }
  return false;
}

std::string AsText(const Action& action, const ActionText& text) {
  std::string result = absl::StrCat("action '", text.mnemonic, " ", text.outputs[0], "'\n  Mnemonic: ", text.mnemonic,
                                    "\n  Target: ", action.owner.ToString(), "\n  Configuration: ", action.configuration,
                                    "\n  Inputs: [", absl::StrJoin(text.inputs, ", "), "]\n  Outputs: [",
                                    absl::StrJoin(text.outputs, ", "), "]\n");
  if (!action.env.empty()) {
    absl::StrAppend(&result, "  Environment: [", absl::StrJoin(action.env, ", ", absl::PairFormatter("=")), "]\n");
  }
  if (!text.argv.empty()) absl::StrAppend(&result, "  Command Line: ", execution::ShellCommand(text.argv), "\n");
  return result + "\n";
}

void AddStrings(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  json.Key(key).BeginArray();
  for (const std::string& value : values) json.String(value);
  json.EndArray();
}

std::string AsJson(const Action& action, const ActionText& text) {
  JsonWriter json;
  json.BeginObject().Field("mnemonic", text.mnemonic).Field("target", action.owner.ToString());
  json.Field("configuration", action.configuration);
  AddStrings(json, "inputs", text.inputs);
  AddStrings(json, "outputs", text.outputs);
  AddStrings(json, "arguments", text.argv);
  json.Key("environment").BeginObject();
  for (const auto& [name, value] : action.env) json.Field(name, value);
  return json.EndObject().EndObject().text() + "\n";
}

}  // namespace

absl::StatusOr<std::string> ListActions(const BuildPlan& plan, const std::vector<ActionFilter>& filters,
                                        const std::function<bool(const Action&)>& wanted, std::string_view format) {
  if (format != "text" && format != "json" && format != "label") {
    return absl::InvalidArgumentError(absl::StrCat("--output of actions wants one of [text, json, label], got '", format, "'"));
  }
  std::string result;
  std::set<Label> owners;
  for (const Action& action : plan.actions) {
    if (!wanted(action)) continue;
    COW_ASSIGN_OR_RETURN(ActionText text, Describe(plan, action));
    bool accepted = true;
    for (const ActionFilter& filter : filters) accepted &= Accepts(filter, text);
    if (!accepted) continue;
    owners.insert(action.owner);
    if (format == "text") result += AsText(action, text);
    if (format == "json") result += AsJson(action, text);
  }
  if (format == "label") {
    for (const Label& owner : owners) absl::StrAppend(&result, owner.ToString(), "\n");
  }
  return result;
}

}  // namespace cow::driver
