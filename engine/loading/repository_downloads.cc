#include "engine/loading/repository_downloads.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/digest.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/archive.h"
#include "engine/loading/repository_context.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"
#include "engine/store/downloader.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::Optional;
using starlark::Required;
using starlark::Thread;
using starlark::Value;

namespace {

constexpr std::string_view kIntegrityPrefix = "sha256-";

RepositoryRun& RunOf(const Arguments& args) { return args.Receiver<RepositoryContext>()->run(); }

// What download() and download_and_extract() have in common.
struct Source {
  Value url{};
  std::string sha256{};
  std::string integrity{};
  bool allow_fail = false;
  std::string canonical_id{};
  starlark::Dict* auth = nullptr;
  starlark::Dict* headers = nullptr;

  store::DownloadRequest request{};
};

absl::StatusOr<std::string> HashOfIntegrity(std::string_view integrity) {
  std::string bytes;
  std::string_view encoded = integrity.substr(std::min(integrity.size(), kIntegrityPrefix.size()));
  if (!absl::StartsWith(integrity, kIntegrityPrefix)) {
    return absl::InvalidArgumentError(absl::StrCat("integrity '", integrity, "' is not supported: expected 'sha256-' and base64"));
  }
  if (!absl::Base64Unescape(encoded, &bytes) || bytes.size() != 32) {
    return absl::InvalidArgumentError(absl::StrCat("integrity '", integrity, "' is not the base64 of 32 bytes"));
  }
  return HexEncode(bytes);
}

std::string IntegrityOf(const Digest& digest) {
  return absl::StrCat(kIntegrityPrefix, absl::Base64Escape(digest.hash_view()));
}

absl::Status CheckHash(std::string_view sha256) {
  bool hex = sha256.size() == 64 && sha256.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (hex) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("sha256 '", sha256, "' is not a hash: expected 64 hexadecimal digits"));
}

// Reads the arguments into source.request.
absl::Status Complete(Source& source) {
  if (const auto* text = source.url.As<starlark::String>()) {
    source.request.urls = {text->str()};
  } else {
    COW_ASSIGN_OR_RETURN(std::vector<Value> urls, starlark::Elements(source.url));
    for (Value url : urls) source.request.urls.push_back(starlark::Str(url));
  }
  if (source.request.urls.empty()) return absl::InvalidArgumentError("there is no URL to download from");
  if ((source.auth != nullptr && source.auth->size() > 0) || (source.headers != nullptr && source.headers->size() > 0)) {
    return absl::UnimplementedError(
        "'auth' and 'headers' are not supported: downloads use the credentials of apt (apt_auth.conf) on this machine");
  }
  if (!source.sha256.empty() && !source.integrity.empty()) {
    return absl::InvalidArgumentError("only one of 'sha256' and 'integrity' may be given");
  }
  std::string hash = absl::AsciiStrToLower(source.sha256);
  if (!source.integrity.empty()) {
    COW_ASSIGN_OR_RETURN(hash, HashOfIntegrity(source.integrity));
  }
  if (!hash.empty()) COW_RETURN_IF_ERROR(CheckHash(hash));
  source.request.sha256 = std::move(hash);
  return absl::OkStatus();
}

absl::StatusOr<store::DownloadedFile> Fetch(RepositoryRun& run, const Source& source) {
  const WorkspaceOptions& options = run.repositories().options();
  if (options.downloader == nullptr) return absl::UnimplementedError("this command does not download");
  if (options.on_progress && !absl::StartsWith(source.request.urls[0], "file:")) {
    options.on_progress(run.declaration().name, absl::StrCat("downloading ", PathBasename(source.request.urls[0])));
  }
  COW_ASSIGN_OR_RETURN(store::DownloadedFile file, options.downloader->Download(source.request));
  if (!source.request.sha256.empty()) {
    run.Note({RepositoryInput::Kind::kDownload, source.request.urls[0], source.request.sha256});
    return file;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "a download needs 'sha256' or 'integrity', so that the build does not depend on what a server says today; ",
      source.request.urls[0], " has sha256 = \"", file.digest.hex(), "\""));
}

absl::StatusOr<Value> Result(starlark::Heap& heap, const Digest* digest) {
  std::vector<starlark::NamedValue> fields = {{starlark::Intern("success"), Value::Bool(digest != nullptr)}};
  if (digest != nullptr) {
    fields.push_back({starlark::Intern("sha256"), heap.NewString(digest->hex())});
    fields.push_back({starlark::Intern("integrity"), heap.NewString(IntegrityOf(*digest))});
  }
  return heap.NewStruct(fields);
}

bool MayFail(const Source& source, const absl::Status& status) {
  return source.allow_fail && (absl::IsUnavailable(status) || absl::IsNotFound(status));
}

absl::StatusOr<std::map<std::string, std::string>> Renames(const starlark::Dict* dict) {
  std::map<std::string, std::string> renames;
  if (dict == nullptr) return renames;
  for (const auto& entry : *dict) {
    const auto* from = entry.key.As<starlark::String>();
    const auto* to = entry.value.As<starlark::String>();
    if (from == nullptr || to == nullptr) return absl::InvalidArgumentError("'rename_files' must map strings to strings");
    renames[from->str()] = to->str();
  }
  return renames;
}

absl::Status Unpack(RepositoryRun& run, const std::string& archive, std::string_view shown, Value output,
                    std::string strip_prefix, const starlark::Dict* rename_files) {
  std::string directory = run.directory();
  if (!output.IsUnset() && starlark::Str(output) != "") {
    COW_ASSIGN_OR_RETURN(directory, run.ResolveOutput(output));
  }
  COW_RETURN_IF_ERROR(MakeDirectories(directory));
  ExtractOptions options{.strip_prefix = std::move(strip_prefix)};
  COW_ASSIGN_OR_RETURN(options.rename_files, Renames(rename_files));
  return ExtractArchive(archive, shown, directory, options);
}

}  // namespace

absl::StatusOr<Value> DownloadFile(Thread& thread, const Arguments& args) {
  Source source;
  Value output;
  bool executable = false;
  bool block = true;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Required("url", &source.url), Optional("output", &output), Optional("sha256", &source.sha256),
             Optional("executable", &executable), Optional("allow_fail", &source.allow_fail),
             Optional("canonical_id", &source.canonical_id), Optional("auth", &source.auth),
             Optional("headers", &source.headers), starlark::KwOptional("integrity", &source.integrity),
             starlark::KwOptional("block", &block)}));
  if (!block) return absl::UnimplementedError("download(block = False) is not supported: leave 'block' out");
  RepositoryRun& run = RunOf(args);
  COW_RETURN_IF_ERROR(Complete(source));
  std::string target = JoinPath(run.directory(), PathBasename(source.request.urls[0]));
  if (!output.IsUnset() && starlark::Str(output) != "") {
    COW_ASSIGN_OR_RETURN(target, run.ResolveOutput(output));
  }
  absl::StatusOr<store::DownloadedFile> file = Fetch(run, source);
  if (!file.ok()) return MayFail(source, file.status()) ? Result(thread.heap(), nullptr) : file.status();
  COW_RETURN_IF_ERROR(MakeDirectories(std::string(PathDirname(target))));
  COW_RETURN_IF_ERROR(RemoveFile(target));
  COW_RETURN_IF_ERROR(CopyFile(file->path, target, executable ? 0755 : 0644));
  return Result(thread.heap(), &file->digest);
}

absl::StatusOr<Value> DownloadAndExtract(Thread& thread, const Arguments& args) {
  Source source;
  Value output;
  std::string type, strip_prefix, bazel_strip_prefix;
  starlark::Dict* rename_files = nullptr;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Required("url", &source.url), Optional("output", &output), Optional("sha256", &source.sha256),
             Optional("type", &type), Optional("strip_prefix", &strip_prefix), Optional("allow_fail", &source.allow_fail),
             Optional("canonical_id", &source.canonical_id), Optional("auth", &source.auth),
             Optional("headers", &source.headers), starlark::KwOptional("integrity", &source.integrity),
             starlark::KwOptional("rename_files", &rename_files),
             starlark::KwOptional("stripPrefix", &bazel_strip_prefix)}));
  RepositoryRun& run = RunOf(args);
  COW_RETURN_IF_ERROR(Complete(source));
  COW_RETURN_IF_ERROR(CheckArchiveType(source.request.urls[0], type));
  absl::StatusOr<store::DownloadedFile> file = Fetch(run, source);
  if (!file.ok()) return MayFail(source, file.status()) ? Result(thread.heap(), nullptr) : file.status();
  COW_RETURN_IF_ERROR(Unpack(run, file->path, source.request.urls[0], output,
                             strip_prefix.empty() ? bazel_strip_prefix : strip_prefix, rename_files));
  return Result(thread.heap(), &file->digest);
}

absl::StatusOr<Value> ExtractFile(Thread&, const Arguments& args) {
  Value archive, output;
  std::string strip_prefix, bazel_strip_prefix, watch_archive;
  starlark::Dict* rename_files = nullptr;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Required("archive", &archive), Optional("output", &output), Optional("strip_prefix", &strip_prefix),
             starlark::KwOptional("rename_files", &rename_files), starlark::KwOptional("watch_archive", &watch_archive),
             starlark::KwOptional("stripPrefix", &bazel_strip_prefix)}));
  RepositoryRun& run = RunOf(args);
  COW_ASSIGN_OR_RETURN(std::string path, run.Resolve(archive));
  COW_RETURN_IF_ERROR(run.WatchUnlessOwn(path));
  COW_RETURN_IF_ERROR(Unpack(run, path, PathBasename(path), output,
                             strip_prefix.empty() ? bazel_strip_prefix : strip_prefix, rename_files));
  return Value::None();
}

}  // namespace cow::loading
