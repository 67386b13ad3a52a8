#include "engine/analysis/analysis_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/command_line_aspects.h"
#include "engine/analysis/configuration_table.h"
#include "engine/analysis/output_groups_value.h"
#include "engine/analysis/requested_labels.h"
#include "engine/analysis/test_action.h"
#include "engine/base/status.h"
#include "engine/loading/workspace.h"
#include "engine/loading/target.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

namespace {

starlark::Thread::PrintHandler MakePrintHandler(const AnalysisRequest& request) {
  if (!request.on_print) return {};
  return [on_print = request.on_print](const Location& caller, std::string_view text) {
    on_print(absl::StrCat("DEBUG: ", caller.ToString(), ": ", text));
  };
}

void DescribeRun(const ConfiguredTarget& target, RequestedTarget& requested) {
  if (target.program) requested.run_args = target.program->args;
  const auto* info =
      target.providers.Find(BuiltinProviders::Get().run_environment_info).As<starlark::Struct>();
  if (info == nullptr) return;
  if (const auto* environment = info->Find("environment").As<starlark::Dict>()) {
    for (const auto& entry : *environment)
      requested.run_env[loading::StringOf(entry.key)] = loading::StringOf(entry.value);
  }
}

ToolchainObserver Both(ToolchainObserver first, ToolchainObserver second) {
  if (!first || !second) return first ? first : second;
  return [first = std::move(first), second = std::move(second)](const ToolchainDecision& decision) {
    first(decision);
    second(decision);
  };
}

}  // namespace

absl::StatusOr<std::unique_ptr<AnalysisSession>> AnalysisSession::Create(
    const AnalysisRequest& request, loading::PackageLoader& loader) {
  auto uses = std::make_unique<PackageUseRecorder>(loader);
  auto platforms = std::make_unique<PlatformTable>(loader);
  COW_ASSIGN_OR_RETURN(
      std::unique_ptr<ConfigurationTable> configurations,
      ConfigurationTable::Create(request.options, loader.workspace(), *platforms));
  COW_ASSIGN_OR_RETURN(ToolchainObserver debug,
                       SayToolchainDecisions(request.toolchain_resolution_debug, request.on_print));
  std::unique_ptr<AnalysisSession> session(new AnalysisSession(
      request, loader, std::move(uses), std::move(platforms), std::move(configurations),
      Both(std::move(debug), request.on_toolchain)));
  COW_ASSIGN_OR_RETURN(session->aspects_, LoadCommandLineAspects(request, loader));
  return session;
}

AnalysisSession::AnalysisSession(const AnalysisRequest& request, loading::PackageLoader& loader,
                                 std::unique_ptr<PackageUseRecorder> uses,
                                 std::unique_ptr<PlatformTable> platforms,
                                 std::unique_ptr<ConfigurationTable> configurations,
                                 ToolchainObserver observer)
    : request_(request),
      loader_(loader),
      uses_(std::move(uses)),
      platforms_(std::move(platforms)),
      configurations_(std::move(configurations)),
      toolchains_(loader, *platforms_, configurations_->exec().platform, std::move(observer)),
      graph_({loader, *platforms_, toolchains_, *configurations_, *uses_, MakePrintHandler(request),
              request.on_print, request.on_dependencies}),
      plan_(graph_.artifacts(), loader.workspace().runfiles_name(), loader.workspace().options().limits) {}

std::vector<ValueDepset> AnalysisSession::WantedOutputs(const ConfiguredTarget& target) const {
  const std::vector<std::string>& given = request_.output_groups;
  auto is_change = [](const std::string& group) {
    return group.starts_with('+') || group.starts_with('-');
  };
  std::vector<std::string> groups;
  if (std::all_of(given.begin(), given.end(), is_change)) groups.push_back("default");
  for (const std::string& group : given) {
    std::string name = is_change(group) ? group.substr(1) : group;
    std::erase(groups, name);
    if (!group.starts_with('-')) groups.push_back(name);
  }
  const auto* info =
      target.providers.Find(BuiltinProviders::Get().output_group_info).As<OutputGroupsValue>();
  std::vector<ValueDepset> sets;
  for (const std::string& group : groups) {
    if (group == "default") {
      sets.push_back(target.files);
    }
    if (info != nullptr) {
      if (const DepsetValue* set = info->Find(group)) sets.push_back(set->set());
    }
  }
  return sets;
}

absl::StatusOr<const ConfiguredTarget*> AnalysisSession::Configure(const Label& label) {
  return graph_.Configure(label, configurations_->target());
}

absl::StatusOr<std::vector<Label>> AnalysisSession::Expand(const Label& label) {
  const PackageUseRecorder::Scope scope(*uses_, label.package());
  return ExpandTestSuites(label, loader_);
}

absl::Status AnalysisSession::Add(const Label& label, std::vector<SkippedTarget>& skipped) {
  if (!added_.insert(label).second) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(const ConfiguredTarget* configured, graph_.Configure(label, configurations_->target(), aspects_));
  const ConfiguredTarget& target = configured->resolved();
  if (!target.incompatible.empty()) {
    skipped.push_back({label, target.incompatible});
    return absl::OkStatus();
  }
  RequestedTarget requested;
  requested.label = label;
  const Configuration* configuration = target.configuration;
  if (configuration == nullptr) configuration = &configurations_->target();
  requested.configuration = configuration->short_name();
  requested.outputs = plan_.WantAll(MergeSets({}, WantedOutputs(target)));
  bool is_file = target.kind == "source file" || target.kind == "generated file";
  if (!is_file && target.files_to_run->executable() != nullptr) {
    requested.executable = plan_.Want(target.files_to_run->executable()->id());
    COW_ASSIGN_OR_RETURN(requested.runfiles_tree, plan_.WantRunfiles(*target.files_to_run));
    auto need = [&requested](ArtifactId file) {
      if (file != requested.executable) requested.runfiles.push_back(file);
    };
    for (ArtifactId file : requested.runfiles_tree->files.ToList()) need(file);
    for (const RunfilesEntry& link : requested.runfiles_tree->symlinks) need(link.artifact);
  }
  DescribeRun(target, requested);
  plan_.AddTarget(std::move(requested));
  if (request_.run_tests && target.program && target.program->is_test)
    return AddTest(label, target);
  return absl::OkStatus();
}

absl::Status AnalysisSession::AddTest(const Label& label, const ConfiguredTarget& test) {
  for (const TestRun& run : RunsOf(test, request_.test_options)) {
    TestAction made = MakeTestAction(test, run, plan_.workspace(), request_.test_options, strings_);
    COW_ASSIGN_OR_RETURN(auto added, plan_.AddTestAction(*test.files_to_run, made.record, std::move(made.outputs)));
    plan_.AddTest({label, added.action, added.output});
  }
  return absl::OkStatus();
}

}  // namespace cow::analysis
