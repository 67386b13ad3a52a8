#include "tests/remote_execution/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/remote/endpoint/result_message.h"

namespace cow::remote {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

absl::StatusOr<std::string> Worker::BlobPath(const Digest& digest) {
  const std::string path = absl::StrCat(directory_, "/", digest.hex());
  if (FileExists(path)) return path;
  const std::string fresh = absl::StrCat(path, ".", next_++);
  if (digest == Digest()) {
    COW_RETURN_IF_ERROR(WriteFile(fresh, ""));
  } else if (reader_.Read({{.digest = digest, .path = fresh}}).empty()) {
    return absl::NotFoundError(absl::StrCat("blobs/", digest.hex(), "/", digest.size_bytes()));
  }
  COW_RETURN_IF_ERROR(RenameFile(fresh, path));
  return path;
}

absl::StatusOr<std::string> Worker::Blob(const Digest& digest) {
  COW_ASSIGN_OR_RETURN(const std::string path, BlobPath(digest));
  return ReadFile(path);
}

absl::Status Worker::Lay(const Digest& digest, const std::string& path) {
  COW_RETURN_IF_ERROR(MakeDirectories(path));
  COW_ASSIGN_OR_RETURN(const std::string bytes, Blob(digest));
  reapi::Directory directory;
  if (!directory.ParseFromString(bytes)) return absl::InvalidArgumentError("no directory");
  for (const reapi::FileNode& node : directory.files()) {
    COW_ASSIGN_OR_RETURN(const Digest file, FromWire(node.digest()));
    COW_ASSIGN_OR_RETURN(const std::string source, BlobPath(file));
    COW_RETURN_IF_ERROR(CopyFile(source, JoinPath(path, node.name()), node.is_executable() ? 0555 : 0444));
  }
  for (const reapi::SymlinkNode& node : directory.symlinks()) {
    COW_RETURN_IF_ERROR(MakeSymlink(node.target(), JoinPath(path, node.name())));
  }
  for (const reapi::DirectoryNode& node : directory.directories()) {
    COW_ASSIGN_OR_RETURN(const Digest below, FromWire(node.digest()));
    COW_RETURN_IF_ERROR(Lay(below, JoinPath(path, node.name())));
  }
  return absl::OkStatus();
}

absl::StatusOr<reapi::Digest> Worker::Send(Frame::Blob blob) {
  const Digest digest = blob.digest;
  if (digest != Digest()) {
    const grpc::Status status = writer_.Write("", {std::move(blob)});
    if (!status.ok()) return absl::UnavailableError(status.error_message());
  }
  return ToWire(digest);
}

absl::StatusOr<reapi::Directory> Worker::TakeDirectory(const std::string& path, reapi::Tree* tree) {
  reapi::Directory directory;
  COW_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, ListDirectory(path));
  for (const DirectoryEntry& entry : entries) {
    const std::string below = JoinPath(path, entry.name);
    if (entry.kind == FileKind::kSymlink) {
      reapi::SymlinkNode& node = *directory.add_symlinks();
      node.set_name(entry.name);
      COW_ASSIGN_OR_RETURN(*node.mutable_target(), ReadLink(below));
    } else if (entry.kind == FileKind::kDirectory) {
      COW_ASSIGN_OR_RETURN(const reapi::Directory child, TakeDirectory(below, tree));
      reapi::DirectoryNode& node = *directory.add_directories();
      node.set_name(entry.name);
      *node.mutable_digest() = ToWire(Digest::Of(child.SerializeAsString()));
      *tree->add_children() = child;
    } else {
      COW_ASSIGN_OR_RETURN(const FileInfo info, LstatFile(below));
      COW_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(below));
      reapi::FileNode& node = *directory.add_files();
      node.set_name(entry.name);
      node.set_is_executable(info.executable());
      COW_ASSIGN_OR_RETURN(*node.mutable_digest(), Send({.digest = Digest::Of(bytes), .bytes = bytes}));
    }
  }
  return directory;
}

absl::Status Worker::Take(const std::string& path, const std::string& name, reapi::ActionResult* result) {
  absl::StatusOr<FileInfo> info = LstatFile(path);
  if (!info.ok()) return absl::OkStatus();
  if (info->kind == FileKind::kDirectory) {
    reapi::Tree tree;
    COW_ASSIGN_OR_RETURN(*tree.mutable_root(), TakeDirectory(path, &tree));
    const std::string bytes = tree.SerializeAsString();
    reapi::OutputDirectory& directory = *result->add_output_directories();
    directory.set_path(name);
    COW_ASSIGN_OR_RETURN(*directory.mutable_tree_digest(), Send({.digest = Digest::Of(bytes), .bytes = bytes}));
    return absl::OkStatus();
  }
  COW_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  reapi::OutputFile& file = *result->add_output_files();
  file.set_path(name);
  file.set_is_executable(info->executable());
  COW_ASSIGN_OR_RETURN(*file.mutable_digest(), Send({.digest = Digest::Of(bytes), .bytes = bytes}));
  return absl::OkStatus();
}

absl::StatusOr<reapi::ActionResult> Worker::Run(const Digest& digest, std::atomic<pid_t>* pid) {
  COW_ASSIGN_OR_RETURN(const std::string action_bytes, Blob(digest));
  reapi::Action action;
  if (!action.ParseFromString(action_bytes)) return absl::InvalidArgumentError("no action");
  COW_ASSIGN_OR_RETURN(const Digest command_digest, FromWire(action.command_digest()));
  COW_ASSIGN_OR_RETURN(const std::string command_bytes, Blob(command_digest));
  reapi::Command command;
  if (!command.ParseFromString(command_bytes)) return absl::InvalidArgumentError("no command");
  COW_ASSIGN_OR_RETURN(const Digest root, FromWire(action.input_root_digest()));
  const std::string directory = absl::StrCat(directory_, "/run-", next_++);
  COW_RETURN_IF_ERROR(Lay(root, directory));
  for (const std::string& path : command.output_paths()) {
    COW_RETURN_IF_ERROR(MakeDirectories(JoinPath(directory, PathDirname(path))));
  }
  std::vector<std::string> words = prefix;
  words.insert(words.end(), command.arguments().begin(), command.arguments().end());
  std::vector<char*> argv = Pointers(words);
  const std::string out = directory + ".out";
  const std::string err = directory + ".err";
  char* nothing[] = {nullptr};
  const pid_t child = fork();
  if (child < 0) return ErrnoStatus(errno, "fork");
  if (child == 0) {
    setpgid(0, 0);
    if (chdir(directory.c_str()) != 0) _exit(127);
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
    execve(argv[0], argv.data(), nothing);
    _exit(127);
  }
  *pid = child;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  *pid = 0;
  reapi::ActionResult result;
  result.set_exit_code(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  COW_ASSIGN_OR_RETURN(*result.mutable_stdout_raw(), ReadFile(out));
  COW_ASSIGN_OR_RETURN(const std::string complaints, ReadFile(err));
  COW_ASSIGN_OR_RETURN(*result.mutable_stderr_digest(), Send({.digest = Digest::Of(complaints), .bytes = complaints}));
  for (const std::string& path : command.output_paths()) COW_RETURN_IF_ERROR(Take(JoinPath(directory, path), path, &result));
  COW_RETURN_IF_ERROR(RemoveTree(directory));
  return result;
}

}  // namespace cow::remote
