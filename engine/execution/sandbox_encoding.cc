#include "engine/execution/sandbox_encoding.h"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/path_order.h"
#include "engine/base/status.h"
#include "engine/sandbox/protocol.h"

namespace cow::execution {
namespace {

using sandbox::InputKind;
using Kind = SandboxInput::Kind;

class FieldWriter {
 public:
  template <typename T>
  void Integer(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void Count(size_t count) { Integer(static_cast<uint32_t>(count)); }
  void String(std::string_view text) {
    Count(text.size());
    bytes_.append(text);
    bytes_.push_back('\0');
  }
  void Strings(const std::vector<std::string>& list) {
    Count(list.size());
    for (const std::string& text : list) String(text);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

absl::Status CheckPlain(std::string_view path) {
  for (const std::string_view part : absl::StrSplit(path, '/')) {
    if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", path, "' is no path below the execution root"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckText(const SandboxRequest& request) {
  if (request.argv.empty() || !absl::StrContains(request.argv[0], '/')) {
    return absl::InvalidArgumentError(
        "the first word of a command must be a path with a '/' in it");
  }
  for (const auto* list : {&request.argv, &request.env}) {
    for (const std::string& text : *list) {
      if (text.find('\0') != text.npos) {
        return absl::InvalidArgumentError(
            "a command's arguments and environment cannot hold the byte 0");
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<const SandboxInput*>> OrderedInputs(const SandboxRequest& request) {
  std::vector<const SandboxInput*> inputs;
  inputs.reserve(request.inputs.size());
  for (const SandboxInput& input : request.inputs) {
    COW_RETURN_IF_ERROR(CheckPlain(input.path));
    inputs.push_back(&input);
  }
  std::sort(inputs.begin(), inputs.end(),
            [](const auto* a, const auto* b) { return PathBefore(a->path, b->path); });
  const SandboxInput* leaf = nullptr;  // the last input that can have nothing below it
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (i > 0 && inputs[i]->path == inputs[i - 1]->path) {
      return absl::InvalidArgumentError(absl::StrCat("'", inputs[i]->path, "' is an input twice"));
    }
    if (leaf != nullptr && IsBelow(inputs[i]->path, leaf->path)) {
      return absl::InvalidArgumentError(
          absl::StrCat("input '", inputs[i]->path, "' lies below input '", leaf->path, "'"));
    }
    if (inputs[i]->kind != Kind::kDirectory) leaf = inputs[i];
  }
  return inputs;
}

InputKind FileKind(const SandboxInput& input, absl::flat_hash_set<std::string_view>& bound) {
  // Blobs are stored without the executable bit, and one file mounted twice would be one inode
  // under two names.
  if (input.executable) return InputKind::kCopyExecutable;
  if (input.digest.size_bytes() <= kLargestCopiedFile) return InputKind::kCopy;
  return bound.insert(input.source).second ? InputKind::kBindFile : InputKind::kCopy;
}

absl::Status WriteInputs(const std::vector<const SandboxInput*>& inputs, const SandboxRoots& roots,
                         FieldWriter& out) {
  absl::flat_hash_set<std::string_view> bound;
  out.Count(inputs.size());
  for (const SandboxInput* input : inputs) {
    InputKind kind = InputKind::kDirectory;
    int64_t time = sandbox::kEpoch1980;
    uint64_t bytes = 0;
    std::string source;
    switch (input->kind) {
      case Kind::kFile: {
        kind = FileKind(*input, bound);
        time = InputTime(input->path, input->digest.hash_view());
        bytes = static_cast<uint64_t>(input->digest.size_bytes());
        COW_ASSIGN_OR_RETURN(source, roots.ToHelperPath(input->source));
        break;
      }
      case Kind::kTree: {
        kind = InputKind::kBindTree;
        COW_ASSIGN_OR_RETURN(source, roots.ToHelperPath(input->source));
        break;
      }
      case Kind::kSymlink:
        kind = InputKind::kSymlink;
        time = InputTime(input->path, input->source);
        source = input->source;
        break;
      case Kind::kDirectory:
        break;
    }
    out.Integer(static_cast<uint32_t>(kind));
    out.Integer(time);
    out.Integer(bytes);
    out.String(input->path);
    out.String(source);
  }
  return absl::OkStatus();
}

// An output directory may hold inputs and lie below input directories, but not in or below any
// other input: a symlink there would lead the setup out of the execution root.
absl::Status CheckPlace(std::string_view path, const std::vector<const SandboxInput*>& inputs) {
  if (path.empty()) return absl::OkStatus();
  COW_RETURN_IF_ERROR(CheckPlain(path));
  for (size_t end = path.find('/');; end = path.find('/', end + 1)) {
    const std::string_view above = path.substr(0, end);
    const auto found =
        std::lower_bound(inputs.begin(), inputs.end(), above,
                         [](const auto* input, auto name) { return PathBefore(input->path, name); });
    if (found != inputs.end() && (*found)->path == above && (*found)->kind != Kind::kDirectory) {
      return absl::InvalidArgumentError(
          absl::StrCat("output directory '", path, "' lies in input '", above, "'"));
    }
    if (end == path.npos) return absl::OkStatus();
  }
}

absl::Status WriteWritable(const SandboxRequest& request,
                           const std::vector<const SandboxInput*>& inputs,
                           const SandboxRoots& roots, FieldWriter& out) {
  std::vector<const SandboxWritable*> places;
  for (const SandboxWritable& place : request.writable) {
    COW_RETURN_IF_ERROR(CheckPlace(place.path, inputs));
    places.push_back(&place);
  }
  std::sort(places.begin(), places.end(),
            [](const auto* a, const auto* b) { return PathBefore(a->path, b->path); });
  out.Count(places.size());
  for (size_t i = 0; i < places.size(); ++i) {
    if (i > 0 && places[i]->path == places[i - 1]->path) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", places[i]->path, "' is an output directory twice"));
    }
    COW_ASSIGN_OR_RETURN(const std::string source, roots.ToHelperPath(places[i]->source));
    out.String(places[i]->path);
    out.String(source);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SandboxRoots> SandboxRoots::Create(const std::vector<std::string>& directories) {
  SandboxRoots roots;
  for (const std::string& directory : directories) {
    char resolved[PATH_MAX];
    if (realpath(directory.c_str(), resolved) == nullptr) {
      return ErrnoStatus(errno, absl::StrCat("cannot use '", directory, "' for the sandbox"));
    }
    roots.given_.push_back(directory);
    roots.resolved_.push_back(resolved);
  }
  return roots;
}

absl::StatusOr<std::string> SandboxRoots::ToHelperPath(std::string_view host_path) const {
  for (size_t i = 0; i < given_.size(); ++i) {
    for (const std::string* root : {&given_[i], &resolved_[i]}) {
      if (host_path != *root && !IsBelow(host_path, *root)) continue;
      return absl::StrCat(sandbox::kHostPrefix, resolved_[i], host_path.substr(root->size()));
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", host_path, "' is in none of the sandbox's source directories"));
}

absl::StatusOr<std::string> EncodeSandboxRequest(const SandboxRequest& request, uint32_t flags,
                                                 const SandboxRoots& roots) {
  COW_RETURN_IF_ERROR(CheckText(request));
  std::string host_tree;
  if (!request.host_tree.empty()) {
    COW_ASSIGN_OR_RETURN(host_tree, roots.ToHelperPath(request.host_tree));
  }
  if (!request.working_directory.empty()) COW_RETURN_IF_ERROR(CheckPlain(request.working_directory));
  FieldWriter out;
  if (request.writable_root) flags |= sandbox::kWritableRoot;
  if (request.report_reads) flags |= sandbox::kReportReads;
  if (request.audit) flags |= sandbox::kAudit;
  if (request.terminal) flags |= sandbox::kTerminal;
  out.Integer(flags);
  out.String(host_tree);
  out.Integer(request.limits.memory_bytes);
  out.Integer(request.limits.file_bytes);
  out.Integer(request.max_open_files);
  out.Integer(request.source_generation);
  out.String(request.working_directory);
  out.Strings(request.argv);
  out.Strings(request.env);
  COW_ASSIGN_OR_RETURN(const std::vector<const SandboxInput*> inputs, OrderedInputs(request));
  COW_RETURN_IF_ERROR(WriteInputs(inputs, roots, out));
  COW_RETURN_IF_ERROR(WriteWritable(request, inputs, roots, out));
  std::string bytes = out.Take();
  if (request.report_reads) bytes.append(1 + inputs.size(), '\0');
  return bytes;
}

std::vector<std::string> DecodeAsked(std::string_view log) {
  uint64_t used = 0;
  if (log.size() < sizeof used) return {};
  std::memcpy(&used, log.data(), sizeof used);
  log.remove_prefix(sizeof used);
  return absl::StrSplit(log.substr(0, used), '\0', absl::SkipEmpty());
}

std::vector<bool> DecodeReads(const SandboxRequest& request, std::string_view reads) {
  absl::StatusOr<std::vector<const SandboxInput*>> inputs = OrderedInputs(request);
  if (!inputs.ok() || reads.size() != 1 + inputs->size() || reads[0] != 1) return {};
  std::vector<bool> read(request.inputs.size());
  for (size_t i = 0; i < inputs->size(); ++i) {
    read[static_cast<size_t>((*inputs)[i] - request.inputs.data())] = reads[1 + i] != 0;
  }
  return read;
}

}  // namespace cow::execution
