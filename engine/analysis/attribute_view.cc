// AttributeView and ToolchainsValue.
#include <utility>

#include "absl/strings/str_join.h"
#include "engine/analysis/ctx_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/workspace.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/sequence_value.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

using starlark::Value;

namespace {

using Entry = RuleAttributes::Entry;

absl::StatusOr<std::shared_ptr<RuleContext>> Lock(const ContextRef& reference) {
  std::shared_ptr<RuleContext> context = reference.lock();
  if (context == nullptr)
    return UserError("ctx cannot be used after the rule function has returned");
  return context;
}

bool Shows(AttributeView::Kind view, const Entry& entry) {
  switch (view) {
    case AttributeView::Kind::kAttr:
      return true;
    case AttributeView::Kind::kFile:
      return entry.attribute->single_file;
    case AttributeView::Kind::kFiles:
      return HasDependencies(*entry.attribute);
    case AttributeView::Kind::kExecutable:
      return entry.attribute->executable;
    case AttributeView::Kind::kSplit:
      return HasTransition(*entry.attribute);
    case AttributeView::Kind::kOutputs:
      return false;
  }
  return false;
}

std::vector<Value> FilesOf(const Entry& entry) {
  std::vector<ValueDepset> sets;
  for (const DependencyEdge& edge : entry.edges) sets.push_back(edge.target->resolved().files);
  std::vector<Value> files;
  for (const DepsetElement& element : MergeSets({}, std::move(sets)).ToList())
    files.push_back(element.value);
  return files;
}

Value ShowEntry(AttributeView::Kind view, starlark::Heap& heap, const Entry& entry) {
  if (view == AttributeView::Kind::kAttr) return entry.shown;
  if (view == AttributeView::Kind::kSplit) return entry.split;
  if (view == AttributeView::Kind::kExecutable) {
    if (entry.edges.empty()) return Value::None();
    FileValue* executable = entry.edges[0].target->resolved().files_to_run->executable();
    return executable == nullptr ? Value::None() : Value(executable);
  }
  std::vector<Value> files = FilesOf(entry);
  if (view == AttributeView::Kind::kFiles) return heap.NewList(files);
  return files.empty() ? Value::None() : files[0];
}

// The output named `name`: a File, a list for output_list, None for an output attribute that is not
// set.
absl::StatusOr<Value> ShowOutput(RuleContext& context, std::string_view name) {
  std::vector<Value> files;
  for (const RuleContext::NamedOutput& output : context.named_outputs()) {
    if (output.key == name) files.push_back(output.file);
  }
  const Entry* entry = context.attributes().Find(name);
  if (entry != nullptr && entry->attribute->type == loading::AttributeType::kOutputList) {
    return Value(context.heap().NewList(files));
  }
  if (!files.empty()) return files[0];
  if (entry != nullptr && entry->attribute->type == loading::AttributeType::kOutput)
    return Value::None();
  if (name != "executable" || !context.target().rule_class().executable()) return Value();
  COW_ASSIGN_OR_RETURN(FileValue * file, context.DefaultExecutable());
  return Value(file);
}

absl::StatusOr<Label> ParseToolchainKey(const RuleContext& context, Value key) {
  if (const Label* label = loading::LabelOf(key)) return *label;
  const auto* text = key.As<starlark::String>();
  if (text == nullptr) {
    return UserError("toolchains are indexed by labels or strings, got '", starlark::TypeName(key),
                     "'");
  }
  const PackageId& base = context.definition_package();
  return context.loader().workspace().ParseLabel(text->view(), base);
}

}  // namespace

const RuleAttributes& AttributeView::AttributesOf(const RuleContext& context) const {
  return of_rule_ ? context.rule_attributes() : context.attributes();
}

absl::StatusOr<Value> AttributeView::GetAttr(starlark::Thread& thread,
                                             const starlark::String* name) const {
  COW_ASSIGN_OR_RETURN(std::shared_ptr<RuleContext> context, Lock(context_));
  if (view_ == Kind::kOutputs) return ShowOutput(*context, name->view());
  const Entry* entry = AttributesOf(*context).Find(name->view());
  if (entry == nullptr || !Shows(view_, *entry)) return Value();
  return ShowEntry(view_, thread.heap(), *entry);
}

std::vector<std::string> AttributeView::AttrNames() const {
  std::shared_ptr<RuleContext> context = context_.lock();
  std::vector<std::string> names;
  if (context == nullptr) return names;
  for (const Entry& entry : AttributesOf(*context).entries()) {
    bool is_output = loading::IsOutputType(entry.attribute->type);
    if (view_ == Kind::kOutputs ? is_output : Shows(view_, entry))
      names.push_back(entry.attribute->name);
  }
  return names;
}

absl::StatusOr<Value> ToolchainsValue::Index(starlark::Thread&, Value key) const {
  COW_ASSIGN_OR_RETURN(std::shared_ptr<RuleContext> context, Lock(context_));
  COW_ASSIGN_OR_RETURN(Label type, ParseToolchainKey(*context, key));
  Value toolchain = context->FindToolchain(type, group_);
  if (!toolchain.IsUnset()) return toolchain;
  std::vector<std::string> known;
  for (const ResolvedToolchain& resolved : context->toolchains()) {
    if (resolved.group == group_) known.push_back(resolved.type.ToString());
  }
  return UserError("toolchain type ", type.ToString(), " was requested but only types [",
                   absl::StrJoin(known, ", "), "] are declared in rule(toolchains = [...])");
}

absl::StatusOr<bool> ToolchainsValue::Contains(Value key) const {
  COW_ASSIGN_OR_RETURN(std::shared_ptr<RuleContext> context, Lock(context_));
  COW_ASSIGN_OR_RETURN(Label type, ParseToolchainKey(*context, key));
  return !context->FindToolchain(type, group_).IsUnset();
}

bool HasExecGroup(const RuleContext& context, std::string_view name) {
  if (context.aspect() != nullptr) return false;
  for (const loading::ExecGroup& group : context.target().rule_class().definition().exec_groups) {
    if (group.name == name) return true;
  }
  return false;
}

absl::StatusOr<Value> ExecGroupsValue::Index(starlark::Thread& thread, Value key) const {
  COW_ASSIGN_OR_RETURN(std::shared_ptr<RuleContext> context, Lock(context_));
  std::string name = loading::StringOf(key);
  if (!HasExecGroup(*context, name)) {
    return UserError("unrecognized exec group '", name, "': it is not declared in ",
                     "rule(exec_groups = {...})");
  }
  starlark::NamedValue fields[] = {
      {starlark::Intern("toolchains"), thread.heap().New<ToolchainsValue>(context_, name)}};
  return Value(thread.heap().NewStruct(fields));
}

absl::StatusOr<bool> ExecGroupsValue::Contains(Value key) const {
  COW_ASSIGN_OR_RETURN(std::shared_ptr<RuleContext> context, Lock(context_));
  return HasExecGroup(*context, loading::StringOf(key));
}

absl::StatusOr<Value> AspectRuleValue::GetAttr(starlark::Thread& thread,
                                               const starlark::String* name) const {
  COW_ASSIGN_OR_RETURN(std::shared_ptr<RuleContext> context, Lock(context_));
  using View = AttributeView::Kind;
  auto view = [&](View kind) { return Value(thread.heap().New<AttributeView>(kind, context_, true)); };
  std::string_view attr = name->view();
  if (attr == "attr") return view(View::kAttr);
  if (attr == "file") return view(View::kFile);
  if (attr == "files") return view(View::kFiles);
  if (attr == "executable") return view(View::kExecutable);
  if (attr == "kind") return Value(thread.heap().NewString(context->target().rule_class().name()));
  return Value();
}

}  // namespace cow::analysis
