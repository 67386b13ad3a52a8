#include "engine/loading/patch.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "engine/loading/archive_paths.h"
#include "engine/loading/unified_diff.h"

namespace cow::loading {
namespace {

struct TextLine {
  std::string text;
  bool ends_line = true;
};

std::vector<TextLine> SplitLines(std::string_view text) {
  std::vector<TextLine> lines;
  while (!text.empty()) {
    size_t end = text.find('\n');
    lines.push_back({std::string(text.substr(0, end)), end != std::string_view::npos});
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  return lines;
}

std::string JoinLines(const std::vector<TextLine>& lines) {
  std::string text;
  for (const TextLine& line : lines) absl::StrAppend(&text, line.text, line.ends_line ? "\n" : "");
  return text;
}

// The lines a hunk expects, in order.
std::vector<const DiffLine*> OldLines(const DiffHunk& hunk) {
  std::vector<const DiffLine*> lines;
  for (const DiffLine& line : hunk.lines) {
    if (line.kind != '+') lines.push_back(&line);
  }
  return lines;
}

// How many of `wanted` stand at `at`, in order.
size_t MatchAt(const std::vector<TextLine>& lines, size_t at, const std::vector<const DiffLine*>& wanted) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (at + i >= lines.size() || lines[at + i].text != wanted[i]->text) return i;
  }
  return wanted.size();
}

// The place nearest to `expected`, not before `first`, where all lines match.
std::optional<size_t> FindPlace(const std::vector<TextLine>& lines, size_t first, size_t expected,
                                const std::vector<const DiffLine*>& wanted) {
  for (size_t distance = 0; distance <= lines.size(); ++distance) {
    if (expected >= first + distance && MatchAt(lines, expected - distance, wanted) == wanted.size()) return expected - distance;
    size_t after = expected + distance;
    if (after >= first && after <= lines.size() && MatchAt(lines, after, wanted) == wanted.size()) return after;
  }
  return std::nullopt;
}

std::string Rejection(const FileDiff& file, size_t index, const std::vector<TextLine>& lines, size_t expected,
                      const std::vector<const DiffLine*>& wanted) {
  size_t matched = MatchAt(lines, expected, wanted);
  size_t at = expected + matched;
  std::string found = at < lines.size() ? absl::StrCat("'", lines[at].text, "'") : "the end of the file";
  return absl::StrCat("hunk ", index + 1, " of ", file.hunks.size(), " (line ", file.hunks[index].patch_line,
                      " of the patch) does not apply to '", file.old_path, "': expected line ", at + 1, " to be '",
                      wanted[matched]->text, "', found ", found);
}

absl::StatusOr<std::string> ApplyHunks(const FileDiff& file, std::string_view text) {
  std::vector<TextLine> lines = SplitLines(text);
  size_t first = 0;      // lines before it were changed by earlier hunks
  int64_t offset = 0;    // how far the hunks so far have moved what follows
  for (size_t i = 0; i < file.hunks.size(); ++i) {
    const DiffHunk& hunk = file.hunks[i];
    std::vector<const DiffLine*> wanted = OldLines(hunk);
    // A hunk that only adds names the line before it.
    int64_t start = hunk.old_start - (wanted.empty() ? 0 : 1) + offset;
    size_t expected = std::clamp<int64_t>(start, static_cast<int64_t>(first), static_cast<int64_t>(lines.size()));
    std::optional<size_t> place = FindPlace(lines, first, expected, wanted);
    if (!place) return absl::InvalidArgumentError(Rejection(file, i, lines, expected, wanted));
    std::vector<TextLine> replacement;
    size_t source = *place;
    for (const DiffLine& line : hunk.lines) {
      if (line.kind == ' ') replacement.push_back(lines[source]);
      if (line.kind == '+') replacement.push_back({line.text, line.ends_line});
      if (line.kind != '+') ++source;
    }
    auto begin = lines.begin() + static_cast<int64_t>(*place);
    lines.erase(begin, begin + static_cast<int64_t>(wanted.size()));
    lines.insert(lines.begin() + static_cast<int64_t>(*place), replacement.begin(), replacement.end());
    offset += static_cast<int64_t>(*place) - static_cast<int64_t>(expected) + static_cast<int64_t>(replacement.size()) -
              static_cast<int64_t>(wanted.size());
    first = *place + replacement.size();
  }
  // What stands in front of an added line ends, whatever the file's last line did.
  for (size_t i = 0; i + 1 < lines.size(); ++i) lines[i].ends_line = true;
  return JoinLines(lines);
}

// The path below the directory, without its first components.
absl::StatusOr<std::string> StripPath(const std::string& path, int strip) {
  std::string_view rest = path;
  for (int i = 0; i < strip; ++i) {
    size_t slash = rest.find('/');
    if (slash == std::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat("'", path, "' has fewer than ", strip, " leading components to strip"));
    }
    rest.remove_prefix(slash + 1);
  }
  absl::StatusOr<std::string> safe = SafeEntryPath(rest);
  if (!safe.ok() || safe->empty()) {
    return absl::InvalidArgumentError(absl::StrCat("refusing to patch '", path, "': it does not name a file of the repository"));
  }
  return safe;
}

class Application {
 public:
  Application(int strip, const std::string& directory) : strip_(strip), directory_(directory) {}

  absl::Status Apply(const FileDiff& file) {
    std::string from, to;
    if (!file.old_path.empty()) {
      COW_ASSIGN_OR_RETURN(from, StripPath(file.old_path, strip_));
    }
    if (!file.new_path.empty()) {
      COW_ASSIGN_OR_RETURN(to, StripPath(file.new_path, strip_));
    }
    // diff -u of two files names a backup on one side: what is there is meant, as the patch program has it.
    if (!from.empty() && !to.empty() && from != to && !file.renames) {
      if (!Exists(from) && Exists(to)) from = to;
      to = from;
    }
    std::string text;
    bool executable = file.executable;
    if (!from.empty()) {
      COW_RETURN_IF_ERROR(CheckInside(from));
      if (!Exists(from)) return absl::NotFoundError(absl::StrCat("there is no file '", from, "' to patch (line ", file.patch_line, " of the patch)"));
      COW_ASSIGN_OR_RETURN(text, ReadFile(Full(from)));
      COW_ASSIGN_OR_RETURN(FileInfo info, StatFile(Full(from)));
      if (!file.has_mode) executable = info.executable();
    } else if (Exists(to)) {
      return absl::AlreadyExistsError(absl::StrCat("the patch creates '", to, "', which is there already (line ", file.patch_line, " of the patch)"));
    }
    FileDiff named = file;
    named.old_path = from.empty() ? to : from;
    COW_ASSIGN_OR_RETURN(std::string patched, ApplyHunks(named, text));
    if (to.empty()) return RemoveFile(Full(from));
    COW_RETURN_IF_ERROR(CheckInside(to));
    COW_RETURN_IF_ERROR(MakeDirectories(std::string(PathDirname(Full(to)))));
    // Written anew, so that neither a link's target nor a blob of the cache changes.
    if (!from.empty()) COW_RETURN_IF_ERROR(RemoveFile(Full(from)));
    return WriteFileAtomically(Full(to), patched, executable ? 0755 : 0644);
  }

 private:
  std::string Full(std::string_view path) const { return JoinPath(directory_, path); }
  bool Exists(const std::string& path) const { return !path.empty() && StatFile(Full(path)).ok(); }

  // No directory on the way may be a link: it could lead elsewhere.
  absl::Status CheckInside(const std::string& path) const {
    for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      absl::StatusOr<FileInfo> info = LstatFile(Full(path.substr(0, slash)));
      if (info.ok() && info->kind == FileKind::kSymlink) {
        return absl::InvalidArgumentError(absl::StrCat("refusing to patch '", path, "': '", path.substr(0, slash), "' is a link"));
      }
    }
    return absl::OkStatus();
  }

  const int strip_;
  const std::string& directory_;
};

}  // namespace

absl::Status ApplyPatch(std::string_view patch, std::string_view shown, int strip, const std::string& directory) {
  std::string doing = absl::StrCat("applying patch ", shown);
  absl::StatusOr<std::vector<FileDiff>> files = ParseUnifiedDiff(patch);
  if (!files.ok()) return Annotate(files.status(), doing);
  Application application(strip, directory);
  for (const FileDiff& file : *files) {
    absl::Status status = application.Apply(file);
    if (!status.ok()) return Annotate(status, doing);
  }
  return absl::OkStatus();
}

}  // namespace cow::loading
