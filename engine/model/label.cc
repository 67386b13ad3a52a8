#include "engine/model/label.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"

namespace cow {
namespace {

constexpr std::string_view kNamePunctuation = "!%-@^_\"#$&'()*+,;<=>?[]{|}~/. ";
constexpr std::string_view kPackagePunctuation = "/-.@_!\"#$%&'()*+,;<=>?[]^{|}~ ";
constexpr std::string_view kRepoPunctuation = "_-.+~";

bool IsAllowed(char c, std::string_view punctuation) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80 ||
         punctuation.find(c) != std::string_view::npos;
}

absl::Status CheckCharacters(std::string_view text, std::string_view punctuation, std::string_view what) {
  for (char c : text) {
    if (!IsAllowed(c, punctuation)) {
      return absl::InvalidArgumentError(absl::StrCat("invalid ", what, " '", text, "': ", what, "s may not contain '",
                                                     std::string(1, c), "'"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPath(std::string_view text, std::string_view what) {
  // One segment that is no dot: nearly all names.
  if (text.find('/') == std::string_view::npos && !text.starts_with('.')) return absl::OkStatus();
  absl::Status status = RelPath::Parse(text).status();
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat("invalid ", what, ": ", status.message()));
}

}  // namespace

absl::StatusOr<PackageId> PackageId::Create(std::string_view repo, std::string_view path) {
  COW_RETURN_IF_ERROR(CheckCharacters(repo, kRepoPunctuation, "repository name"));
  COW_RETURN_IF_ERROR(CheckCharacters(path, kPackagePunctuation, "package name"));
  COW_RETURN_IF_ERROR(CheckPath(path, "package name"));
  PackageId id;
  id.repo_ = std::string(repo);
  id.path_ = std::string(path);
  return id;
}

std::string PackageId::ToString() const {
  return repo_.empty() ? absl::StrCat("//", path_) : absl::StrCat("@", repo_, "//", path_);
}

std::string PackageId::ExecPath() const {
  return repo_.empty() ? path_ : JoinPath(absl::StrCat("external/", repo_), path_);
}

absl::StatusOr<Label> Label::Create(PackageId package, std::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("invalid target name '': empty target name");
  COW_RETURN_IF_ERROR(CheckCharacters(name, kNamePunctuation, "target name"));
  COW_RETURN_IF_ERROR(CheckPath(name, "target name"));
  return Label(std::move(package), std::string(name));
}

absl::StatusOr<Label> Label::Parse(std::string_view text, const PackageId& base) {
  auto invalid = [&](std::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("invalid label '", text, "': ", why));
  };
  std::string repo = base.repo();
  bool absolute = false;
  absl::string_view view = text;
  if (absl::StartsWith(view, "@@")) view.remove_prefix(1);
  if (absl::ConsumePrefix(&view, "@")) {
    size_t slashes = view.find("//");
    repo = std::string(view.substr(0, slashes));
    absolute = true;
    if (slashes == absl::string_view::npos) {
      if (view.find('/') != absl::string_view::npos || view.find(':') != absl::string_view::npos) {
        return invalid("a repository is followed by '//'");
      }
      COW_ASSIGN_OR_RETURN(PackageId top, PackageId::Create(repo, ""));
      return Create(top, repo);
    }
    view.remove_prefix(slashes);
  }
  absolute = absl::ConsumePrefix(&view, "//") || absolute;
  size_t colon = view.find(':');
  std::string path = base.path();
  std::string name;
  if (absolute) {
    path = std::string(view.substr(0, colon));
    name = colon == absl::string_view::npos ? std::string(PathBasename(path)) : std::string(view.substr(colon + 1));
    if (name.empty() && colon == absl::string_view::npos) return invalid("empty target name");
  } else {
    if (colon != absl::string_view::npos && colon != 0) return invalid("absolute label must begin with '@' or '//'");
    name = std::string(colon == 0 ? view.substr(1) : view);
  }
  absl::StatusOr<PackageId> package = absolute ? PackageId::Create(repo, path) : base;
  if (!package.ok()) return invalid(package.status().message());
  absl::StatusOr<Label> label = Create(*std::move(package), name);
  if (!label.ok()) return invalid(label.status().message());
  return label;
}

std::string Label::ToString() const { return absl::StrCat(package_.ToString(), ":", name_); }

std::string Label::ExecPath() const { return JoinPath(package_.ExecPath(), name_); }

}  // namespace cow
