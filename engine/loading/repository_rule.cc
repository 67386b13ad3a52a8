#include "engine/loading/repository_rule.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/loading/attribute_conversion.h"
#include "engine/loading/module_context.h"
#include "engine/loading/workspace_context.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Thread;
using starlark::Value;

namespace {

int IndexOf(const RepositoryRule& rule, std::string_view name) {
  const std::vector<Attribute>& attributes = rule.definition().attributes;
  auto found = std::find_if(attributes.begin(), attributes.end(),
                            [&](const Attribute& attribute) { return attribute.name == name; });
  return found == attributes.end() ? -1 : static_cast<int>(found - attributes.begin());
}

absl::Status SetValue(const RepositoryRule& rule, const starlark::NamedValue& given, Thread& thread,
                      const WorkspaceContext& workspace, RepositoryDeclaration& declaration, std::vector<bool>& seen) {
  std::string_view name = given.name->view();
  int index = IndexOf(rule, name);
  if (index < 0 || name[0] == '_') {
    std::vector<std::string> names = {"name"};
    for (const Attribute& attribute : rule.definition().attributes) names.push_back(attribute.name);
    std::string closest = ClosestMatch(name, names);
    return absl::InvalidArgumentError(absl::StrCat("no such attribute '", name, "' in '", rule.name(), "' rule",
                                                   closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")));
  }
  if (given.value.IsNone()) return absl::OkStatus();
  ConversionContext context{.heap = &thread.heap(),
                            .files = workspace.files,
                            .base = workspace.base,
                            .what = absl::StrCat("attribute '", name, "' in '", rule.name(), "' rule")};
  const Attribute& attribute = rule.definition().attributes[static_cast<size_t>(index)];
  COW_ASSIGN_OR_RETURN(declaration.values[static_cast<size_t>(index)], ConvertValue(attribute, given.value, context));
  seen[static_cast<size_t>(index)] = true;
  return absl::OkStatus();
}

absl::Status CheckMandatory(const RepositoryRule& rule, const std::vector<bool>& seen) {
  for (size_t i = 0; i < seen.size(); ++i) {
    const Attribute& attribute = rule.definition().attributes[i];
    if (attribute.mandatory && !seen[i]) {
      return absl::InvalidArgumentError(absl::StrCat("missing value for mandatory attribute '", attribute.name,
                                                     "' in '", rule.name(), "' rule"));
    }
  }
  return absl::OkStatus();
}

absl::Status AddAttributes(starlark::Dict* attrs, RepositoryRule::Definition& definition) {
  if (attrs == nullptr) return absl::OkStatus();
  for (const auto& entry : *attrs) {
    const auto* name = entry.key.As<starlark::String>();
    const auto* spec = entry.value.As<AttributeSpec>();
    if (name == nullptr || spec == nullptr) {
      return absl::InvalidArgumentError("repository_rule(): 'attrs' must map names to values of attr.string() or the like");
    }
    if (name->view() == "name") return absl::InvalidArgumentError("every repository rule has the attribute 'name'");
    Attribute attribute = spec->attribute();
    attribute.name = name->str();
    attribute.configurable = false;
    definition.attributes.push_back(std::move(attribute));
  }
  return absl::OkStatus();
}

}  // namespace

void RepositoryRule::Repr(std::string& out) const {
  absl::StrAppend(&out, "<repository_rule", name().empty() ? "" : " ", name(), ">");
}

absl::StatusOr<Value> RepositoryRule::Call(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(WorkspaceContext * workspace, RequireWorkspace(thread, CallName()));
  if (!args.positional().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(CallName(), "() takes no positional arguments"));
  }
  if (name().empty()) {
    return absl::InvalidArgumentError("this repository rule has no name: assign it to a global variable of a .cow file");
  }
  const auto* repository = args.FindNamed("name").As<starlark::String>();
  if (repository == nullptr) return absl::InvalidArgumentError(absl::StrCat(name(), " rule has no 'name' attribute"));
  RepositoryDeclaration declaration{.name = repository->str(),
                                    .location = thread.OutermostLocation(),
                                    .rule = this,
                                    .builtin = workspace->builtin};
  for (const Attribute& attribute : definition_.attributes) declaration.values.push_back(attribute.default_value);
  std::vector<bool> seen(definition_.attributes.size());
  for (const starlark::NamedValue& given : args.named()) {
    if (given.name->view() == "name") continue;
    if (given.name->view() == "repo_mapping") {
      COW_RETURN_IF_ERROR(MapRepositories(declaration.name, given.value, *workspace->files));
      continue;
    }
    COW_RETURN_IF_ERROR(SetValue(*this, given, thread, *workspace, declaration, seen));
  }
  COW_RETURN_IF_ERROR(CheckMandatory(*this, seen));
  COW_ASSIGN_OR_RETURN(declaration.rule_digest, workspace->module_digest(definition_.module));
  COW_RETURN_IF_ERROR(workspace->repositories->Declare(std::move(declaration)));
  return Value::None();
}

absl::StatusOr<Value> MakeRepositoryRule(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(ModuleContext * module, RequireModule(thread, "repository_rule"));
  starlark::Callable implementation;
  Value lock, environ;
  starlark::Dict* attrs = nullptr;
  RepositoryRule::Definition definition{.module = module->label};
  std::string doc;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {starlark::Required("implementation", &implementation), starlark::Noneable(KwOptional("attrs", &attrs)),
             KwOptional("local", &definition.local), KwOptional("environ", &environ), KwOptional("lock", &lock),
             starlark::Noneable(KwOptional("doc", &doc))}));
  definition.implementation = implementation.value;
  COW_RETURN_IF_ERROR(AddAttributes(attrs, definition));
  if (!environ.IsUnset()) {
    COW_ASSIGN_OR_RETURN(std::vector<Value> names, starlark::Elements(environ));
    for (Value name : names) definition.environ.push_back(starlark::Str(name));
  }
  if (!lock.IsUnset() && !lock.IsNone()) {
    if (!starlark::IsCallable(lock)) return absl::InvalidArgumentError("repository_rule(): 'lock' must be a function");
    bool has_file = std::any_of(definition.attributes.begin(), definition.attributes.end(), [](const Attribute& a) {
      return a.name == "lock_file" && a.type == AttributeType::kLabel;
    });
    if (!has_file) {
      return absl::InvalidArgumentError("repository_rule(): a rule with 'lock' needs an attribute 'lock_file' of attr.label()");
    }
    definition.lock = lock;
  }
  return thread.heap().New<RepositoryRule>(std::move(definition));
}

}  // namespace cow::loading
