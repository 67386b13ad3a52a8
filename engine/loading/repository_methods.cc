#include "engine/loading/repository_methods.h"

#include <unistd.h>

#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/base/subprocess.h"
#include "engine/loading/patch.h"
#include "engine/loading/repository_context.h"
#include "engine/loading/repository_downloads.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Noneable;
using starlark::Optional;
using starlark::Required;
using starlark::Thread;
using starlark::Value;

namespace {

// What Bazel's repository_ctx.execute gives when the program could not be run or took too long.
constexpr int kCouldNotRun = 256;

RepositoryRun& RunOf(const Arguments& args) { return args.Receiver<RepositoryContext>()->run(); }

absl::StatusOr<Value> Path(Thread& thread, const Arguments& args) {
  Value path;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("path", &path)}));
  COW_ASSIGN_OR_RETURN(std::string resolved, RunOf(args).Resolve(path));
  return thread.heap().New<PathValue>(std::move(resolved));
}

absl::StatusOr<Value> Read(Thread& thread, const Arguments& args) {
  Value path;
  Value watch;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("path", &path), KwOptional("watch", &watch)}));
  RepositoryRun& run = RunOf(args);
  COW_ASSIGN_OR_RETURN(std::string resolved, run.Resolve(path));
  absl::StatusOr<std::string> text = ReadFile(resolved);
  if (!text.ok()) return text.status();
  if (!run.IsOwn(resolved)) run.Note({RepositoryInput::Kind::kFile, resolved, Digest::Of(*text).ToString()});
  return thread.heap().NewString(*text);
}

// A new file: what was there may be a link, or shared.
absl::Status Replace(const std::string& path, std::string_view content, bool executable) {
  COW_RETURN_IF_ERROR(MakeDirectories(std::string(PathDirname(path))));
  COW_RETURN_IF_ERROR(RemoveFile(path));
  return WriteFile(path, content, executable ? 0755 : 0644);
}

absl::StatusOr<Value> WriteText(Thread&, const Arguments& args) {
  Value path;
  std::string_view content;
  bool executable = true;
  bool legacy_utf8 = false;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("path", &path), Optional("content", &content),
                                        Optional("executable", &executable), Optional("legacy_utf8", &legacy_utf8)}));
  COW_ASSIGN_OR_RETURN(std::string resolved, RunOf(args).ResolveOutput(path));
  COW_RETURN_IF_ERROR(Replace(resolved, content, executable));
  return Value::None();
}

absl::StatusOr<Value> ExpandTemplate(Thread&, const Arguments& args) {
  Value path, from;
  starlark::Dict* substitutions = nullptr;
  bool executable = true;
  std::string watch;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("path", &path), Required("template", &from),
                                        Optional("substitutions", &substitutions), Optional("executable", &executable),
                                        KwOptional("watch_template", &watch)}));
  RepositoryRun& run = RunOf(args);
  COW_ASSIGN_OR_RETURN(std::string source, run.Resolve(from));
  COW_RETURN_IF_ERROR(run.WatchUnlessOwn(source));
  COW_ASSIGN_OR_RETURN(std::string text, ReadFile(source));
  if (substitutions != nullptr) {
    for (const auto& entry : *substitutions) {
      absl::StrReplaceAll({{starlark::Str(entry.key), starlark::Str(entry.value)}}, &text);
    }
  }
  COW_ASSIGN_OR_RETURN(std::string target, run.ResolveOutput(path));
  COW_RETURN_IF_ERROR(Replace(target, text, executable));
  return Value::None();
}

absl::StatusOr<Value> Patch(Thread&, const Arguments& args) {
  Value file;
  int strip = 0;
  std::string watch;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("patch_file", &file), Optional("strip", &strip),
                                        KwOptional("watch_patch", &watch)}));
  RepositoryRun& run = RunOf(args);
  COW_ASSIGN_OR_RETURN(std::string path, run.Resolve(file));
  COW_RETURN_IF_ERROR(run.WatchUnlessOwn(path));
  COW_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  COW_RETURN_IF_ERROR(ApplyPatch(text, run.repositories().DisplayName(path), strip, run.directory()));
  return Value::None();
}

absl::StatusOr<Value> Symlink(Thread&, const Arguments& args) {
  Value target;
  Value link;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("target", &target), Required("link_name", &link)}));
  RepositoryRun& run = RunOf(args);
  COW_ASSIGN_OR_RETURN(std::string from, run.Resolve(target));
  COW_ASSIGN_OR_RETURN(std::string to, run.ResolveOutput(link));
  COW_RETURN_IF_ERROR(MakeDirectories(std::string(PathDirname(to))));
  COW_RETURN_IF_ERROR(ReplaceSymlink(from, to));
  return Value::None();
}

absl::StatusOr<Value> Delete(Thread&, const Arguments& args) {
  Value path;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("path", &path)}));
  RepositoryRun& run = RunOf(args);
  COW_ASSIGN_OR_RETURN(std::string resolved, run.Resolve(path));
  if (!run.IsOwn(resolved)) {
    return absl::InvalidArgumentError(absl::StrCat("'", resolved, "' is not in the repository's directory"));
  }
  bool existed = FileExists(resolved);
  COW_RETURN_IF_ERROR(RemoveTree(resolved));
  return Value::Bool(existed);
}

absl::StatusOr<Value> Which(Thread& thread, const Arguments& args) {
  std::string program;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("program", &program)}));
  RepositoryRun& run = RunOf(args);
  COW_RETURN_IF_ERROR(run.Watch(RepositoryInput::Kind::kProgram, program));
  absl::StatusOr<std::string> path = FindProgram(program);
  if (!path.ok()) return Value::None();
  return thread.heap().New<PathValue>(*std::move(path));
}

absl::StatusOr<Value> WatchPath(Thread&, const Arguments& args) {
  Value path;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("path", &path)}));
  RepositoryRun& run = RunOf(args);
  COW_ASSIGN_OR_RETURN(std::string resolved, run.Resolve(path));
  COW_RETURN_IF_ERROR(run.Watch(RepositoryInput::Kind::kFile, resolved));
  return Value::None();
}

absl::Status WatchAll(RepositoryRun& run, const std::string& path) {
  COW_RETURN_IF_ERROR(run.Watch(RepositoryInput::Kind::kFile, path));
  absl::StatusOr<FileInfo> info = LstatFile(path);
  if (!info.ok() || info->kind != FileKind::kDirectory) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> entries, ListDirectory(path));
  for (const DirectoryEntry& entry : entries) COW_RETURN_IF_ERROR(WatchAll(run, JoinPath(path, entry.name)));
  return absl::OkStatus();
}

absl::StatusOr<Value> WatchTree(Thread&, const Arguments& args) {
  Value path;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("path", &path)}));
  RepositoryRun& run = RunOf(args);
  COW_ASSIGN_OR_RETURN(std::string resolved, run.Resolve(path));
  COW_RETURN_IF_ERROR(WatchAll(run, resolved));
  return Value::None();
}

absl::StatusOr<Value> GetVariable(Thread& thread, const Arguments& args) {
  std::string name;
  Value otherwise = Value::None();
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("name", &name), Optional("default", &otherwise)}));
  COW_RETURN_IF_ERROR(RunOf(args).Watch(RepositoryInput::Kind::kVariable, name));
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? otherwise : Value(thread.heap().NewString(value));
}

absl::StatusOr<Value> ReportProgress(Thread&, const Arguments& args) {
  std::string_view text;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Optional("status", &text)}));
  RepositoryRun& run = RunOf(args);
  if (const auto& report = run.repositories().options().on_progress) report(run.declaration().name, text);
  return Value::None();
}

absl::StatusOr<std::vector<std::string>> Command(Value arguments) {
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, starlark::Elements(arguments));
  std::vector<std::string> argv;
  for (Value element : elements) {
    if (const auto* path = element.As<PathValue>()) {
      argv.push_back(path->path());
    } else if (const auto* text = element.As<starlark::String>()) {
      argv.push_back(text->str());
    } else {
      return absl::InvalidArgumentError(absl::StrCat("argument ", argv.size(), " of the command is ",
                                                     starlark::Repr(element), ", want a string or path"));
    }
  }
  if (argv.empty()) return absl::InvalidArgumentError("the command is empty");
  return argv;
}

std::vector<std::string> Environment(const starlark::Dict* added) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  if (added != nullptr) {
    for (const auto& entry : *added) variables[starlark::Str(entry.key)] = starlark::Str(entry.value);
  }
  std::vector<std::string> list;
  for (const auto& [name, value] : variables) list.push_back(absl::StrCat(name, "=", value));
  return list;
}

Value ExecutionResult(starlark::Heap& heap, int code, std::string_view out, std::string_view err) {
  const starlark::NamedValue fields[] = {{starlark::Intern("return_code"), Value::SmallInt(code)},
                                         {starlark::Intern("stdout"), heap.NewString(out)},
                                         {starlark::Intern("stderr"), heap.NewString(err)}};
  return heap.NewStruct(fields);
}

absl::StatusOr<Value> Execute(Thread& thread, const Arguments& args) {
  Value arguments;
  int timeout = 600;
  starlark::Dict* environment = nullptr;
  bool quiet = true;
  Value working_directory;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("arguments", &arguments), Optional("timeout", &timeout),
                                        Noneable(Optional("environment", &environment)), Optional("quiet", &quiet),
                                        Optional("working_directory", &working_directory)}));
  RepositoryRun& run = RunOf(args);
  COW_ASSIGN_OR_RETURN(std::vector<std::string> argv, Command(arguments));
  SubprocessOptions options{.env = Environment(environment), .replace_env = true, .working_directory = run.directory()};
  if (!working_directory.IsUnset() && starlark::Str(working_directory) != "") {
    COW_ASSIGN_OR_RETURN(options.working_directory, run.Resolve(working_directory));
  }
  if (argv[0].find('/') == std::string::npos && !FindProgram(argv[0]).ok()) {
    return ExecutionResult(thread.heap(), kCouldNotRun, "", absl::StrCat("program '", argv[0], "' not found"));
  }
  const bool limited = timeout > 0 && FindProgram("timeout").ok();
  if (limited) options.argv = {"timeout", "--kill-after=5", absl::StrCat(timeout)};
  options.argv.insert(options.argv.end(), argv.begin(), argv.end());
  absl::StatusOr<SubprocessResult> result = RunSubprocess(options);
  if (absl::IsNotFound(result.status())) {
    return ExecutionResult(thread.heap(), kCouldNotRun, "", std::string(result.status().message()));
  }
  COW_RETURN_IF_ERROR(result.status());
  if (limited && result->exit_code == 124) {
    return ExecutionResult(thread.heap(), kCouldNotRun, result->out,
                           absl::StrCat(result->err, "timed out after ", timeout, " seconds"));
  }
  return ExecutionResult(thread.heap(), result->exit_code, result->out, result->err);
}

}  // namespace

const starlark::MethodTable& RepositoryMethods() {
  static const starlark::MethodTable kMethods({{"delete", &Delete},
                                               {"download", &DownloadFile},
                                               {"download_and_extract", &DownloadAndExtract},
                                               {"execute", &Execute},
                                               {"extract", &ExtractFile},
                                               {"file", &WriteText},
                                               {"getenv", &GetVariable},
                                               {"patch", &Patch},
                                               {"path", &Path},
                                               {"read", &Read},
                                               {"report_progress", &ReportProgress},
                                               {"symlink", &Symlink},
                                               {"template", &ExpandTemplate},
                                               {"watch", &WatchPath},
                                               {"watch_tree", &WatchTree},
                                               {"which", &Which}});
  return kMethods;
}

}  // namespace cow::loading
