#include "engine/analysis/rule_context.h"

#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/user_error.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/target.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

RuleContext::RuleContext(const Surroundings& surroundings, RuleAttributes attributes,
                         starlark::Heap& heap)
    : surroundings_(surroundings),
      label_(surroundings.target.label()),
      heap_(heap),
      attributes_(std::move(attributes)) {
  AddVariable("COMPILATION_MODE", configuration().compilation_mode);
  AddVariable("TARGET_CPU", configuration().cpu);
  AddVariable("BINDIR", configuration().bin_dir());
  AddVariable("GENDIR", configuration().bin_dir());
  for (const auto& [name, value] : configuration().defines) AddVariable(name, value);
  FindTools(attributes_);
}

void RuleContext::SetAspect(const loading::AspectClass& aspect, RuleAttributes rule_attributes) {
  aspect_ = &aspect;
  rule_attributes_ = std::move(rule_attributes);
  FindTools(*rule_attributes_);
}

bool RuleContext::EnterParent() {
  const loading::RuleClass* parent = running_rule().definition().parent;
  for (const loading::RuleClass* known : parents_run_) {
    if (known == parent) return false;
  }
  parents_run_.push_back(parent);
  running_ = parent;
  return true;
}

void RuleContext::LeaveParent() {
  // The function that goes on is that of the rule whose parent ran.
  const loading::RuleClass* rule = &target().rule_class();
  while (rule->definition().parent != running_) rule = rule->definition().parent;
  running_ = rule;
}

const PackageId& RuleContext::definition_package() const {
  return aspect_ != nullptr ? aspect_->definition().package : target().rule_class().definition().package;
}

void RuleContext::AddTemplateVariables(const ConfiguredTarget& target) {
  starlark::Value info =
      target.resolved().providers.Find(BuiltinProviders::Get().template_variable_info);
  if (info.IsUnset()) return;
  const auto* variables = info.As<starlark::Struct>()->Find("variables").As<starlark::Dict>();
  for (const auto& entry : *variables) {
    AddVariable(loading::StringOf(entry.key), loading::StringOf(entry.value));
  }
}

void RuleContext::AddToolchains(std::vector<ResolvedToolchain> toolchains) {
  for (const ResolvedToolchain& toolchain : toolchains) {
    if (toolchain.implementation == nullptr) continue;
    heap_.AddReference(toolchain.implementation->resolved().heap);
    if (!toolchain.group.empty()) continue;
    AddTemplateVariables(*toolchain.implementation);
  }
  if (const RuleAttributes::Entry* entry = rule_attributes().Find("toolchains")) {
    for (const DependencyEdge& edge : entry->edges) AddTemplateVariables(*edge.target);
  }
  toolchains_ = std::move(toolchains);
}

const ExecProperties& RuleContext::exec_properties(std::string_view group) const {
  static const auto& none = *new ExecProperties();
  auto it = exec_properties_.find(group);
  return it == exec_properties_.end() ? none : it->second;
}

void RuleContext::FindTools(const RuleAttributes& attributes) {
  for (const RuleAttributes::Entry& entry : attributes.entries()) {
    for (const DependencyEdge& edge : entry.edges) {
      const ConfiguredTarget& target = edge.target->resolved();
      FileValue* executable = target.files_to_run->executable();
      if (executable != nullptr) tools_.try_emplace(executable->id(), &target);
    }
  }
}

starlark::Value RuleContext::FindToolchain(const Label& type, std::string_view group) const {
  auto find = [&](const Label& wanted) -> const ResolvedToolchain* {
    for (const ResolvedToolchain& toolchain : toolchains_) {
      bool is_wanted = toolchain.type == wanted || toolchain.actual == wanted;
      if (is_wanted && toolchain.group == group) return &toolchain;
    }
    return nullptr;
  };
  const ResolvedToolchain* found = find(type);
  if (found == nullptr) {
    absl::StatusOr<const loading::Target*> actual = FollowAliases(loader(), type);
    if (actual.ok()) found = find((*actual)->label());
  }
  if (found == nullptr) return starlark::Value();
  if (found->implementation == nullptr) return starlark::Value::None();
  return found->implementation->resolved().providers.Find(BuiltinProviders::Get().toolchain_info);
}

starlark::Value RuleContext::FindHostTreeOfTool(std::string_view path) const {
  for (const ResolvedToolchain& toolchain : toolchains_) {
    if (toolchain.implementation == nullptr) continue;
    starlark::Value info = toolchain.implementation->resolved().providers.Find(BuiltinProviders::Get().toolchain_info);
    const auto* fields = info.As<starlark::Struct>();
    if (fields == nullptr) continue;
    starlark::Value host_tree = fields->Find("host_tree");
    if (host_tree.IsUnset()) continue;
    for (const starlark::NamedValue& field : fields->fields()) {
      const auto* text = field.value.As<starlark::String>();
      if (text != nullptr && text->view() == path) return host_tree;
    }
  }
  return starlark::Value();
}

void RuleContext::AddVariable(std::string_view name, std::string_view value) {
  for (auto& [known, old] : variables_) {
    if (known != name) continue;
    old = value;
    return;
  }
  variables_.emplace_back(name, value);
}

absl::StatusOr<FileValue*> RuleContext::Declare(Artifact::Kind kind, std::string_view path) {
  absl::StatusOr<RelPath> checked = RelPath::Parse(path);
  if (!checked.ok() || checked->empty()) {
    return UserError("the output '", path, "' is not below the package directory '",
                     label_.package().path(), "' of the target '", label_.ToString(), "'");
  }
  Artifact artifact;
  artifact.kind = kind;
  artifact.root = configuration().bin_dir();
  artifact.exec_path = JoinPath(artifact.root, JoinPath(label_.package().ExecPath(), path));
  artifact.owner = label_;
  COW_ASSIGN_OR_RETURN(ArtifactId id, surroundings_.artifacts.Declare(std::move(artifact)));
  if (declared_set_.insert(id).second) declared_.push_back(id);
  return heap_.New<FileValue>(id, surroundings_.artifacts[id]);
}

absl::Status RuleContext::AddAction(std::unique_ptr<ActionRecord> record) {
  for (ArtifactId output : record->action.outputs) {
    const Artifact& artifact = surroundings_.artifacts[output];
    if (artifact.is_source())
      return UserError("the source file '", artifact.exec_path, "' cannot be an output");
    if (!Owns(output)) {
      return UserError("'", artifact.short_path(), "' was declared by '", artifact.owner.ToString(),
                       "' and cannot be an output of '", label_.ToString(), "'");
    }
    if (!generated_.insert(output).second) {
      return UserError("file '", artifact.short_path(), "' is generated by two actions of '",
                       label_.ToString(), "'");
    }
  }
  record->action.owner = label_;
  record->action.configuration = configuration().short_name();
  actions_.push_back(std::move(record));
  return absl::OkStatus();
}

const ConfiguredTarget* RuleContext::FindTool(ArtifactId executable) const {
  auto it = tools_.find(executable);
  return it == tools_.end() ? nullptr : it->second;
}

absl::Status RuleContext::DeclareNamedOutputs() {
  for (const loading::Target::Output& output : target().outputs()) {
    COW_ASSIGN_OR_RETURN(FileValue * file, Declare(Artifact::Kind::kFile, output.label.name()));
    named_outputs_.push_back({output.key, file});
  }
  return absl::OkStatus();
}

absl::StatusOr<FileValue*> RuleContext::DefaultExecutable() {
  if (default_executable_ == nullptr) {
    COW_ASSIGN_OR_RETURN(default_executable_, Declare(Artifact::Kind::kFile, label_.name()));
  }
  return default_executable_;
}

std::vector<std::string> RuleContext::MissingOutputs() const {
  std::vector<std::string> missing;
  for (ArtifactId id : declared_) {
    if (!generated_.contains(id)) missing.push_back(surroundings_.artifacts[id].short_path());
  }
  return missing;
}

}  // namespace cow::analysis
