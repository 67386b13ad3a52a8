#include "engine/loading/repository_inputs.h"

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/base/subprocess.h"
#include "engine/store/listing_digest.h"

namespace cow::loading {
namespace {

constexpr std::string_view kKindNames[] = {"file", "variable", "program", "download"};

absl::StatusOr<std::string> StateOfFile(const std::string& path, const FileDigester& digest) {
  absl::StatusOr<FileInfo> info = StatFile(path);
  if (absl::IsNotFound(info.status())) return "";
  COW_RETURN_IF_ERROR(info.status());
  if (info->kind == FileKind::kDirectory) {
    COW_ASSIGN_OR_RETURN(Listing listing, ListDirectory(path));
    return absl::StrCat("dir:", store::DigestOfListing(listing).ToString());
  }
  COW_ASSIGN_OR_RETURN(Digest found, digest(path));
  return found.ToString();
}

}  // namespace

absl::StatusOr<std::string> StateOf(RepositoryInput::Kind kind, const std::string& name, const FileDigester& digest) {
  switch (kind) {
    case RepositoryInput::Kind::kFile: return StateOfFile(name, digest);
    case RepositoryInput::Kind::kVariable: {
      const char* value = std::getenv(name.c_str());
      return value == nullptr ? "" : absl::StrCat("=", value);
    }
    case RepositoryInput::Kind::kProgram: return FindProgram(name).value_or("");
    case RepositoryInput::Kind::kDownload: return absl::InternalError("what is pinned has no state of its own");
  }
  return "";
}

bool AreCurrent(const std::vector<RepositoryInput>& inputs, const FileDigester& digest) {
  for (const RepositoryInput& input : inputs) {
    if (input.kind == RepositoryInput::Kind::kDownload) continue;
    absl::StatusOr<std::string> state = StateOf(input.kind, input.name, digest);
    if (!state.ok() || *state != input.state) return false;
  }
  return true;
}

std::string FormatInputs(const std::vector<RepositoryInput>& inputs) {
  std::string text;
  for (const RepositoryInput& input : inputs) {
    absl::StrAppend(&text, kKindNames[static_cast<size_t>(input.kind)], "\t", absl::CEscape(input.name), "\t",
                    absl::CEscape(input.state), "\n");
  }
  return text;
}

absl::StatusOr<std::vector<RepositoryInput>> ParseInputs(std::string_view text) {
  std::vector<RepositoryInput> inputs;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    std::vector<std::string> fields = absl::StrSplit(line, '\t');
    RepositoryInput input;
    if (fields.size() != 3 || !absl::CUnescape(fields[1], &input.name) || !absl::CUnescape(fields[2], &input.state)) {
      return absl::DataLossError("not a list of repository inputs");
    }
    bool known = false;
    for (size_t i = 0; i < std::size(kKindNames); ++i) {
      if (fields[0] != kKindNames[i]) continue;
      input.kind = static_cast<RepositoryInput::Kind>(i);
      known = true;
    }
    if (!known) return absl::DataLossError("not a list of repository inputs");
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace cow::loading
