#include "remote-cache/service/action_results.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "engine/base/status.h"

namespace cow::cache {
namespace {

constexpr size_t kMaxResult = 3 << 20;          // less than a message may have
constexpr int64_t kMaxTree = int64_t{64} << 20;
constexpr size_t kMaxClosure = 1'000'000;
constexpr size_t kEntry = 40;

Key KeyOf(std::string_view instance, const Digest& action) {
  if (instance.empty()) return action.hash();
  // Not its size, which HTTP does not tell.
  return RecordHasher("cow-cache-instance").Add(instance).Add(action.hash_view()).Finish().hash();
}

void AppendInt(std::string& out, uint64_t value) { out.append(reinterpret_cast<const char*>(&value), sizeof(value)); }

uint64_t TakeInt(std::string_view& bytes) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof(value));
  bytes.remove_prefix(sizeof(value));
  return value;
}

// count, blobs, time, length of the writer's name, name, result
std::string Encode(const std::vector<Digest>& closure, std::string_view writer, const reapi::ActionResult& result) {
  std::string out;
  AppendInt(out, closure.size());
  for (const Digest& digest : closure) {
    out += digest.hash_view();
    AppendInt(out, static_cast<uint64_t>(digest.size_bytes()));
  }
  AppendInt(out, static_cast<uint64_t>(absl::ToUnixSeconds(absl::Now())));
  AppendInt(out, writer.size());
  out += writer;
  return out += result.SerializeAsString();
}

bool Decode(std::string_view bytes, std::vector<Digest>* closure, reapi::ActionResult* result) {
  if (bytes.size() < 24) return false;
  const uint64_t count = TakeInt(bytes);
  if (count > kMaxClosure || bytes.size() < count * kEntry + 16) return false;
  closure->reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    Digest::Bytes hash;
    std::memcpy(hash.data(), bytes.data(), hash.size());
    bytes.remove_prefix(hash.size());
    closure->emplace_back(hash, static_cast<int64_t>(TakeInt(bytes)));
  }
  TakeInt(bytes);
  const uint64_t name = TakeInt(bytes);
  if (name > bytes.size()) return false;
  bytes.remove_prefix(name);
  return result->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

absl::Status CheckPath(const std::string& path, bool may_be_empty) {
  if (path.empty() && may_be_empty) return absl::OkStatus();
  const std::vector<std::string_view> parts = absl::StrSplit(path, '/');
  for (std::string_view part : parts) {
    if (part.empty() || part == "." || part == "..") {
      return absl::InvalidArgumentError(absl::StrCat("'", path, "' is not a relative path below the action's directory"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPaths(const reapi::ActionResult& result) {
  for (const auto& file : result.output_files()) COW_RETURN_IF_ERROR(CheckPath(file.path(), false));
  for (const auto& folder : result.output_directories()) COW_RETURN_IF_ERROR(CheckPath(folder.path(), true));
  for (const auto* links : {&result.output_symlinks(), &result.output_file_symlinks(),
                            &result.output_directory_symlinks()}) {
    for (const auto& link : *links) {
      COW_RETURN_IF_ERROR(CheckPath(link.path(), false));
      if (link.target().empty()) return absl::InvalidArgumentError("a symlink without a target");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckFunction(reapi::DigestFunction::Value function) {
  if (function == reapi::DigestFunction::UNKNOWN || function == reapi::DigestFunction::SHA256) return absl::OkStatus();
  return absl::InvalidArgumentError("the only digest function is SHA-256");
}

absl::StatusOr<Digest> ParseDigest(const reapi::Digest& digest) {
  absl::StatusOr<Digest> parsed = Digest::FromHex(digest.hash(), digest.size_bytes());
  if (!parsed.ok()) return absl::InvalidArgumentError(absl::StrCat("'", digest.hash(), "/", digest.size_bytes(),
                                                                   "' is no SHA-256 digest"));
  // Either of the two names of nothing goes with the other.
  if ((parsed->size_bytes() == 0) != (parsed->hash() == Digest().hash())) {
    return absl::InvalidArgumentError(absl::StrCat("no bytes have the digest ", parsed->ToString()));
  }
  return parsed;
}

reapi::Digest ToWire(const Digest& digest) {
  reapi::Digest wire;
  wire.set_hash(digest.hex());
  wire.set_size_bytes(digest.size_bytes());
  return wire;
}

absl::StatusOr<reapi::ActionResult> ActionResults::GetExactly(std::string_view instance, const Digest& action) {
  const Key key = KeyOf(instance, action);
  COW_ASSIGN_OR_RETURN(const std::optional<std::string> stored, storage_.GetResult(key));
  if (!stored) return absl::NotFoundError("no result");
  std::vector<Digest> closure;
  reapi::ActionResult result;
  if (!Decode(*stored, &closure, &result)) {
    storage_.DropResult(key);
    return absl::NotFoundError("no result");
  }
  COW_ASSIGN_OR_RETURN(const std::vector<Digest> missing, storage_.FindMissing(closure));
  if (missing.empty()) return result;
  storage_.DropResult(key);
  return absl::NotFoundError(absl::StrCat("of the result the blob ", missing[0].ToString(), " is gone"));
}

absl::StatusOr<reapi::ActionResult> ActionResults::Get(std::string_view instance, const Digest& action) {
  while (true) {
    absl::StatusOr<reapi::ActionResult> result = GetExactly(instance, action);
    if (!absl::IsNotFound(result.status()) || instance.empty()) return result;
    const size_t slash = instance.rfind('/');
    instance = slash == std::string_view::npos ? std::string_view() : instance.substr(0, slash);
  }
}

absl::Status ActionResults::MoveOut(std::string* bytes, const reapi::Digest* said,
                                    absl::FunctionRef<reapi::Digest*()> digest) {
  if (bytes->empty()) return absl::OkStatus();
  const Digest actual = Digest::Of(*bytes);
  if (said != nullptr) {
    COW_ASSIGN_OR_RETURN(const Digest parsed, ParseDigest(*said));
    if (parsed != actual) return absl::InvalidArgumentError("bytes in a result do not have their digest");
  }
  COW_RETURN_IF_ERROR(storage_.Put(actual, *bytes));
  *digest() = ToWire(actual);
  bytes->clear();
  return absl::OkStatus();
}

absl::Status ActionResults::AddTree(const Digest& tree, std::vector<Digest>* closure) {
  if (tree.size_bytes() > kMaxTree) return absl::InvalidArgumentError("a tree of an output directory is too large");
  absl::StatusOr<std::string> bytes = storage_.ReadAll(tree);
  if (!bytes.ok()) return absl::FailedPreconditionError(absl::StrCat("the tree ", tree.ToString(), " is not stored"));
  reapi::Tree message;
  if (!message.ParseFromString(*bytes)) return absl::InvalidArgumentError("an output directory is no Tree");
  const auto add = [&](const reapi::Directory& directory) -> absl::Status {
    for (const reapi::FileNode& file : directory.files()) {
      COW_ASSIGN_OR_RETURN(const Digest digest, ParseDigest(file.digest()));
      closure->push_back(digest);
    }
    return closure->size() > kMaxClosure ? absl::InvalidArgumentError("a result of too many blobs") : absl::OkStatus();
  };
  COW_RETURN_IF_ERROR(add(message.root()));
  for (const reapi::Directory& child : message.children()) COW_RETURN_IF_ERROR(add(child));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Digest>> ActionResults::ClosureOf(const reapi::ActionResult& result) {
  std::vector<Digest> closure;
  absl::flat_hash_set<Digest> trees;
  const auto add = [&](const reapi::Digest& digest) -> absl::Status {
    COW_ASSIGN_OR_RETURN(const Digest parsed, ParseDigest(digest));
    closure.push_back(parsed);
    return absl::OkStatus();
  };
  for (const auto& file : result.output_files()) COW_RETURN_IF_ERROR(add(file.digest()));
  for (const auto& folder : result.output_directories()) {
    COW_RETURN_IF_ERROR(add(folder.tree_digest()));
    const Digest tree = closure.back();
    if (trees.insert(tree).second) COW_RETURN_IF_ERROR(AddTree(tree, &closure));
    if (folder.has_root_directory_digest()) COW_RETURN_IF_ERROR(add(folder.root_directory_digest()));
  }
  if (result.has_stdout_digest()) COW_RETURN_IF_ERROR(add(result.stdout_digest()));
  if (result.has_stderr_digest()) COW_RETURN_IF_ERROR(add(result.stderr_digest()));
  std::sort(closure.begin(), closure.end());
  closure.erase(std::unique(closure.begin(), closure.end()), closure.end());
  if (closure.size() > kMaxClosure) return absl::InvalidArgumentError("a result of too many blobs");
  return closure;
}

absl::StatusOr<reapi::ActionResult> ActionResults::Update(std::string_view instance, const Digest& action,
                                                          reapi::ActionResult result, std::string_view writer) {
  COW_RETURN_IF_ERROR(CheckPaths(result));
  COW_RETURN_IF_ERROR(MoveOut(result.mutable_stdout_raw(), result.has_stdout_digest() ? &result.stdout_digest() : nullptr,
                              [&] { return result.mutable_stdout_digest(); }));
  COW_RETURN_IF_ERROR(MoveOut(result.mutable_stderr_raw(), result.has_stderr_digest() ? &result.stderr_digest() : nullptr,
                              [&] { return result.mutable_stderr_digest(); }));
  for (auto& file : *result.mutable_output_files()) {
    COW_RETURN_IF_ERROR(MoveOut(file.mutable_contents(), file.has_digest() ? &file.digest() : nullptr,
                                [&] { return file.mutable_digest(); }));
  }
  if (result.ByteSizeLong() > kMaxResult) {
    return absl::InvalidArgumentError(absl::StrCat("a result of ", result.ByteSizeLong(), " bytes could not be given back"));
  }
  COW_ASSIGN_OR_RETURN(const std::vector<Digest> closure, ClosureOf(result));
  COW_ASSIGN_OR_RETURN(const std::vector<Digest> missing, storage_.FindMissing(closure));
  if (!missing.empty()) {
    return absl::FailedPreconditionError(absl::StrCat("the result names ", missing.size(),
                                                      " blobs that are not stored, the first is ", missing[0].ToString()));
  }
  COW_RETURN_IF_ERROR(storage_.PutResult(KeyOf(instance, action), Encode(closure, writer, result)));
  return result;
}

}  // namespace cow::cache
