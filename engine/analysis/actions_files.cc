// ctx.actions.write, symlink, expand_template, fetch: actions without a process.
#include <memory>
#include <utility>

#include "engine/analysis/action_parameters.h"
#include "engine/analysis/actions_value.h"
#include "engine/analysis/args_value.h"
#include "engine/analysis/template_dict_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/digest.h"
#include "engine/base/status.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Noneable;
using starlark::Optional;
using starlark::Required;
using starlark::Thread;
using starlark::Value;

namespace {

absl::Status WantKind(const FileValue& output, Artifact::Kind kind, std::string_view declare) {
  if (output.artifact().kind == kind || output.artifact().is_source()) return absl::OkStatus();
  return UserError("the output '", output.artifact().short_path(), "' must be declared by ",
                   declare, "()");
}

std::unique_ptr<ActionRecord> NewRecord(Thread& thread, Action::Kind kind,
                                        std::string_view mnemonic, const FileValue& output) {
  auto record = std::make_unique<ActionRecord>();
  record->action.kind = kind;
  record->action.mnemonic = mnemonic;
  record->action.outputs = {output.id()};
  record->location = thread.CallerLocation();
  return record;
}

absl::StatusOr<Value> Declared(RuleContext& context, std::unique_ptr<ActionRecord> record) {
  COW_RETURN_IF_ERROR(context.AddAction(std::move(record)));
  return Value::None();
}

}  // namespace

absl::StatusOr<Value> ActionsWrite(Thread& thread, const Arguments& args) {
  FileValue* output = nullptr;
  Value content;
  bool is_executable = false;
  std::string mnemonic = "FileWrite";
  Value requirements;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Required("output", &output), Required("content", &content),
             Optional("is_executable", &is_executable), Noneable(KwOptional("mnemonic", &mnemonic)),
             KwOptional("execution_requirements", &requirements)}));
  COW_ASSIGN_OR_RETURN(RuleContext * context, args.Receiver<ActionsValue>()->Context(thread));
  COW_RETURN_IF_ERROR(WantKind(*output, Artifact::Kind::kFile, "declare_file"));
  auto record = NewRecord(thread, Action::Kind::kWrite, mnemonic, *output);
  record->action.executable = is_executable;
  if (const auto* text = content.As<starlark::String>()) {
    record->action.content = text->view();
  } else if (const auto* lines = content.As<ArgsValue>()) {
    record->arguments.push_back(lines->Snapshot());
  } else {
    return UserError("in call to write(), parameter 'content' got value of type '",
                     starlark::TypeName(content), "', want 'string or Args'");
  }
  return Declared(*context, std::move(record));
}

absl::StatusOr<Value> ActionsSymlink(Thread& thread, const Arguments& args) {
  FileValue* output = nullptr;
  FileValue* target_file = nullptr;
  std::optional<std::string> target_path;
  bool is_executable = false;
  Value use_exec_root;  // where a link would point; here a symlink is the same content
  std::string progress_message;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Required("output", &output), Noneable(Optional("target_file", &target_file)),
             Noneable(KwOptional("target_path", &target_path)),
             KwOptional("is_executable", &is_executable),
             KwOptional("use_exec_root_for_source", &use_exec_root),
             Noneable(KwOptional("progress_message", &progress_message))}));
  COW_ASSIGN_OR_RETURN(RuleContext * context, args.Receiver<ActionsValue>()->Context(thread));
  if ((target_file == nullptr) == !target_path) {
    return UserError("exactly one of 'target_file' or 'target_path' is required");
  }
  if (target_path) {
    COW_RETURN_IF_ERROR(WantKind(*output, Artifact::Kind::kSymlink, "declare_symlink"));
    if (is_executable) return UserError("'is_executable' cannot be used with 'target_path'");
    auto record = NewRecord(thread, Action::Kind::kUnresolvedSymlink, "UnresolvedSymlink", *output);
    record->action.content = *target_path;
    return Declared(*context, std::move(record));
  }
  bool is_tree = target_file->is_directory();
  COW_RETURN_IF_ERROR(WantKind(*output, is_tree ? Artifact::Kind::kTree : Artifact::Kind::kFile,
                               is_tree ? "declare_directory" : "declare_file"));
  auto record = NewRecord(thread, Action::Kind::kSymlink, "Symlink", *output);
  record->inputs = MergeSets({Value(target_file)}, {});
  record->action.executable = is_executable;
  record->action.progress_message =
      ExpandProgressMessage(progress_message, context->label(), *record, context->artifacts());
  return Declared(*context, std::move(record));
}

absl::StatusOr<Value> ActionsExpandTemplate(Thread& thread, const Arguments& args) {
  FileValue* source = nullptr;
  FileValue* output = nullptr;
  starlark::Dict* substitutions = nullptr;
  TemplateDictValue* computed = nullptr;
  bool is_executable = false;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args,
      {KwOptional("template", &source), KwOptional("output", &output),
       KwOptional("substitutions", &substitutions), KwOptional("is_executable", &is_executable),
       Noneable(KwOptional("computed_substitutions", &computed))}));
  COW_ASSIGN_OR_RETURN(RuleContext * context, args.Receiver<ActionsValue>()->Context(thread));
  if (source == nullptr || output == nullptr)
    return UserError("expand_template() needs 'template' and 'output'");
  COW_RETURN_IF_ERROR(WantKind(*output, Artifact::Kind::kFile, "declare_file"));
  auto record = NewRecord(thread, Action::Kind::kExpandTemplate, "TemplateExpand", *output);
  record->inputs = MergeSets({Value(source)}, {});
  record->action.executable = is_executable;
  if (substitutions != nullptr) {
    for (const auto& entry : *substitutions) {
      const auto* key = entry.key.As<starlark::String>();
      const auto* value = entry.value.As<starlark::String>();
      if (key == nullptr || value == nullptr)
        return UserError("'substitutions' must be a dict of strings");
      record->action.substitutions.emplace_back(key->view(), value->view());
    }
  }
  if (computed != nullptr) record->computed_substitutions = computed->entries();
  return Declared(*context, std::move(record));
}

absl::StatusOr<Value> ActionsFetch(Thread& thread, const Arguments& args) {
  FileValue* output = nullptr;
  std::string url;
  std::string sha256;
  int64_t size = 0;
  std::string progress_message;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args,
      {Required("output", &output), Required("url", &url), Required("sha256", &sha256),
       Required("size", &size), Noneable(KwOptional("progress_message", &progress_message))}));
  COW_ASSIGN_OR_RETURN(RuleContext * context, args.Receiver<ActionsValue>()->Context(thread));
  COW_RETURN_IF_ERROR(WantKind(*output, Artifact::Kind::kFile, "declare_file"));
  absl::StatusOr<Digest> digest = Digest::FromHex(sha256, size);
  if (!digest.ok())
    return UserError("'sha256' and 'size' must be 64 hexadecimal digits and a number of bytes: ",
                     digest.status().message());
  auto record = NewRecord(thread, Action::Kind::kFetch, "Fetch", *output);
  record->action.fetch = {url, *digest};
  record->action.progress_message =
      ExpandProgressMessage(progress_message, context->label(), *record, context->artifacts());
  return Declared(*context, std::move(record));
}

}  // namespace cow::analysis
