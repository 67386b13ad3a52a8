#include "engine/analysis/actions_value.h"

#include "absl/strings/match.h"
#include "engine/analysis/args_value.h"
#include "engine/analysis/runfiles_value.h"
#include "engine/analysis/template_dict_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Noneable;
using starlark::Required;
using starlark::Thread;
using starlark::Value;

namespace {

// The directory of `sibling` relative to the package.
absl::StatusOr<std::string> SiblingDirectory(const RuleContext& context, const FileValue& sibling) {
  std::string package = context.label().package().ExecPath();
  std::string directory(PathDirname(sibling.artifact().short_path()));
  if (directory == package) return std::string();
  if (package.empty()) return directory;
  if (!absl::StartsWith(directory, package + "/")) {
    return UserError("'sibling' ", sibling.artifact().short_path(),
                     " is not below the package directory '", package, "'");
  }
  return directory.substr(package.size() + 1);
}

absl::StatusOr<Value> Declare(Thread& thread, const Arguments& args, Artifact::Kind kind) {
  std::string filename;
  FileValue* sibling = nullptr;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Required("filename", &filename), Noneable(KwOptional("sibling", &sibling))}));
  COW_ASSIGN_OR_RETURN(RuleContext * context, args.Receiver<ActionsValue>()->Context(thread));
  if (sibling != nullptr) {
    COW_ASSIGN_OR_RETURN(std::string directory, SiblingDirectory(*context, *sibling));
    if (!directory.empty()) filename = JoinPath(directory, filename);
  }
  COW_ASSIGN_OR_RETURN(FileValue * file, context->Declare(kind, filename));
  return Value(file);
}

absl::StatusOr<Value> DeclareFile(Thread& thread, const Arguments& args) {
  return Declare(thread, args, Artifact::Kind::kFile);
}
absl::StatusOr<Value> DeclareDirectory(Thread& thread, const Arguments& args) {
  return Declare(thread, args, Artifact::Kind::kTree);
}
absl::StatusOr<Value> DeclareSymlink(Thread& thread, const Arguments& args) {
  return Declare(thread, args, Artifact::Kind::kSymlink);
}

absl::StatusOr<Value> MakeArgs(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  return Value(thread.heap().New<ArgsValue>());
}

absl::StatusOr<Value> MakeTemplateDict(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  return Value(thread.heap().New<TemplateDictValue>());
}

// Names of Bazel whose meaning does not exist here.
template <int kWhich>
absl::StatusOr<Value> Unsupported(Thread&, const Arguments& args) {
  return UserError("ctx.actions.", args.function_name(), " is not supported: ",
                   kWhich == 0 ? "the files of a directory are not known when its users are analysed"
                               : "each output has one owner");
}

absl::StatusOr<Value> DoNothing(Thread&, const Arguments& args) {
  std::string_view mnemonic;
  Value inputs;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {Required("mnemonic", &mnemonic), starlark::Optional("inputs", &inputs)}));
  return Value::None();
}

}  // namespace

absl::StatusOr<RuleContext*> ActionsValue::Context(Thread& thread) const {
  std::shared_ptr<RuleContext> context = context_.lock();
  if (context == nullptr || thread.Host<RuleContext>() != context.get()) {
    return UserError("ctx.actions cannot be used after the rule function has returned");
  }
  return context.get();
}

const starlark::MethodTable* ActionsValue::Methods() const {
  static const starlark::MethodTable kMethods({{"args", &MakeArgs},
                                               {"declare_shareable_artifact", &Unsupported<1>},
                                               {"map_directory", &Unsupported<0>},
                                               {"template_dict", &MakeTemplateDict},
                                               {"declare_directory", &DeclareDirectory},
                                               {"declare_file", &DeclareFile},
                                               {"declare_symlink", &DeclareSymlink},
                                               {"do_nothing", &DoNothing},
                                               {"expand_template", &ActionsExpandTemplate},
                                               {"fetch", &ActionsFetch},
                                               {"run", &ActionsRun},
                                               {"run_shell", &ActionsRunShell},
                                               {"symlink", &ActionsSymlink},
                                               {"write", &ActionsWrite}});
  return &kMethods;
}

}  // namespace cow::analysis
