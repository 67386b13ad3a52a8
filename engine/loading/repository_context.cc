#include "engine/loading/repository_context.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/base/subprocess.h"
#include "engine/loading/label_value.h"
#include "engine/loading/print_handler.h"
#include "engine/loading/repository_methods.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::Thread;
using starlark::Value;

namespace {

std::string Normal(const std::string& path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

Value MakeAttributes(const RepositoryDeclaration& declaration, starlark::Heap& heap) {
  std::vector<starlark::NamedValue> fields = {{starlark::Intern("name"), heap.NewString(declaration.name)}};
  const std::vector<Attribute>& attributes = declaration.rule->definition().attributes;
  for (size_t i = 0; i < attributes.size(); ++i) {
    Value value = declaration.values[i];
    fields.push_back({starlark::Intern(attributes[i].name), value.IsUnset() ? Value::None() : value});
  }
  return heap.NewStruct(fields);
}

std::string MachineArchitecture() {
  utsname info;
  if (uname(&info) != 0) return "";
  std::string_view machine = info.machine;
  if (machine == "x86_64") return "amd64";
  return std::string(machine);
}

Value MakeOs(starlark::Heap& heap) {
  starlark::Dict* variables = heap.NewDict();
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      (void)variables->SetString(text.substr(0, equals), heap.NewString(text.substr(equals + 1)));
    }
  }
  const starlark::NamedValue fields[] = {{starlark::Intern("name"), heap.NewString("linux")},
                                         {starlark::Intern("arch"), heap.NewString(MachineArchitecture())},
                                         {starlark::Intern("environ"), variables}};
  return heap.NewStruct(fields);
}

absl::StatusOr<Value> GetChild(Thread& thread, const Arguments& args) {
  std::string path = args.Receiver<PathValue>()->path();
  COW_RETURN_IF_ERROR(args.RejectNamed());
  for (Value part : args.positional()) path = JoinPath(path, starlark::Str(part));
  return thread.heap().New<PathValue>(Normal(path));
}

absl::StatusOr<Value> ReadDirectory(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  const std::string& path = args.Receiver<PathValue>()->path();
  COW_ASSIGN_OR_RETURN(std::vector<DirectoryEntry> entries, ListDirectory(path));
  std::vector<Value> paths;
  for (const DirectoryEntry& entry : entries) paths.push_back(thread.heap().New<PathValue>(JoinPath(path, entry.name)));
  return thread.heap().NewList(paths);
}

}  // namespace

RepositoryRun::RepositoryRun(Repositories& repositories, const RepositoryDeclaration& declaration, std::string directory)
    : repositories_(repositories), declaration_(declaration), directory_(Normal(directory)) {}

absl::StatusOr<Value> RepositoryRun::Call(Value function, starlark::Heap& heap) {
  for (const std::string& variable : declaration_.rule->definition().environ) {
    COW_RETURN_IF_ERROR(Watch(RepositoryInput::Kind::kVariable, variable));
  }
  Thread thread(heap);
  repositories_.options().limits.Apply(thread);
  InstallPrintHandler(thread, repositories_.options());
  Value context = heap.New<RepositoryContext>(*this);
  return starlark::Call(thread, function, {&context, 1});
}

absl::StatusOr<std::string> RepositoryRun::Resolve(Value value) {
  if (const auto* path = value.As<PathValue>()) return path->path();
  if (const auto* label = value.As<LabelValue>()) {
    COW_ASSIGN_OR_RETURN(std::string path, repositories_.PathOf(label->label()));
    COW_RETURN_IF_ERROR(Watch(RepositoryInput::Kind::kFile, path));
    return path;
  }
  const auto* text = value.As<starlark::String>();
  if (text == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("got ", starlark::Repr(value), " (", starlark::TypeName(value),
                                                   "), want a string, path or Label"));
  }
  return Normal(absl::StartsWith(text->view(), "/") ? text->str() : JoinPath(directory_, text->view()));
}

absl::StatusOr<std::string> RepositoryRun::ResolveOutput(Value value) {
  COW_ASSIGN_OR_RETURN(std::string path, Resolve(value));
  if (path == directory_ || IsOwn(path)) return path;
  return absl::InvalidArgumentError(
      absl::StrCat("cannot write outside of the repository's directory: '", starlark::Str(value), "'"));
}

bool RepositoryRun::IsOwn(std::string_view path) const {
  return path.size() > directory_.size() && absl::StartsWith(path, directory_) && path[directory_.size()] == '/';
}

absl::Status RepositoryRun::WatchUnlessOwn(const std::string& path) {
  return IsOwn(path) ? absl::OkStatus() : Watch(RepositoryInput::Kind::kFile, path);
}

absl::Status RepositoryRun::Watch(RepositoryInput::Kind kind, const std::string& name) {
  COW_ASSIGN_OR_RETURN(std::string state, StateOf(kind, name, repositories_.options().digest_file));
  Note({kind, name, std::move(state)});
  return absl::OkStatus();
}

void RepositoryRun::Note(RepositoryInput input) {
  if (std::find(inputs_.begin(), inputs_.end(), input) == inputs_.end()) inputs_.push_back(std::move(input));
}

absl::StatusOr<uint64_t> PathValue::Hash() const { return absl::HashOf(path_); }

absl::StatusOr<bool> PathValue::Equals(const HostObject& other) const {
  return path_ == static_cast<const PathValue&>(other).path_;
}

absl::StatusOr<Value> PathValue::GetAttr(Thread& thread, const starlark::String* name) const {
  std::string_view attribute = name->view();
  if (attribute == "basename") return thread.heap().NewString(PathBasename(path_));
  if (attribute == "dirname") return thread.heap().New<PathValue>(std::string(PathDirname(path_)));
  if (attribute == "exists") return Value::Bool(StatFile(path_).ok());
  if (attribute == "is_dir") {
    absl::StatusOr<FileInfo> info = StatFile(path_);
    return Value::Bool(info.ok() && info->kind == FileKind::kDirectory);
  }
  if (attribute == "realpath") {
    std::error_code error;
    std::filesystem::path real = std::filesystem::canonical(path_, error);
    if (error) return absl::NotFoundError(absl::StrCat("cannot resolve '", path_, "': ", error.message()));
    return thread.heap().New<PathValue>(real.string());
  }
  return Value();
}

const starlark::MethodTable* PathValue::Methods() const {
  static const starlark::MethodTable kMethods({{"get_child", &GetChild}, {"readdir", &ReadDirectory}});
  return &kMethods;
}

absl::StatusOr<Value> RepositoryContext::GetAttr(Thread& thread, const starlark::String* name) const {
  std::string_view attribute = name->view();
  starlark::Heap& heap = thread.heap();
  if (attribute == "name") return heap.NewString(run_->declaration().name);
  if (attribute == "attr") return MakeAttributes(run_->declaration(), heap);
  if (attribute == "os") return MakeOs(heap);
  if (attribute == "workspace_root") return heap.New<PathValue>(run_->repositories().options().root);
  return Value();
}

const starlark::MethodTable* RepositoryContext::Methods() const { return &RepositoryMethods(); }

}  // namespace cow::loading
