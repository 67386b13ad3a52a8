#include "engine/execution/key_difference.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/rel_path.h"

namespace cow::execution {
namespace {

using Kind = KeyDifference::Kind;
using Differences = std::vector<KeyDifference>;
using Named = std::vector<std::pair<std::string, std::string>>;

constexpr char kHostTreeProperty[] = "cow-host-tree";
constexpr char kRootTreeProperty[] = "cow-root-tree";
constexpr char kParamFileSuffix[] = ".params";

std::string TextOf(const Digest& digest, bool executable) {
  return absl::StrCat(digest.ToString(), executable ? " executable" : "");
}

std::optional<Digest> ParseDigest(std::string_view text) {
  std::pair<std::string_view, std::string_view> parts = absl::StrSplit(text, '/');
  int64_t size = 0;
  if (!absl::SimpleAtoi(parts.second, &size)) return std::nullopt;
  absl::StatusOr<Digest> digest = Digest::FromHex(parts.first, size);
  if (!digest.ok()) return std::nullopt;
  return *digest;
}

// The elements of `from` that are not, as often, in `other`.
std::vector<std::string> Without(const std::vector<std::string>& from, const std::vector<std::string>& other) {
  std::map<std::string_view, int> counts;
  for (const std::string& text : other) ++counts[text];
  std::vector<std::string> left;
  for (const std::string& text : from) {
    if (--counts[text] < 0) left.push_back(text);
  }
  return left;
}

void CompareArguments(const std::vector<std::string>& before, const std::vector<std::string>& after, Differences* out) {
  if (before == after) return;
  std::vector<std::string> gone = Without(before, after);
  std::vector<std::string> come = Without(after, before);
  if (gone.empty() && come.empty()) {
    out->push_back({.kind = Kind::kArgumentOrder});
    return;
  }
  const bool paired = gone.size() == come.size();
  for (size_t i = 0; i < gone.size(); ++i) {
    out->push_back({.kind = Kind::kArgument, .before = gone[i], .after = paired ? come[i] : ""});
  }
  for (size_t i = 0; !paired && i < come.size(); ++i) out->push_back({.kind = Kind::kArgument, .after = come[i]});
}

// Both sorted by name.
void CompareNamed(const Named& before, const Named& after, const std::function<Kind(const std::string&)>& kind,
                  Differences* out) {
  std::map<std::string, std::pair<std::string, std::string>> all;
  for (const auto& [name, value] : before) all[name].first = value;
  for (const auto& [name, value] : after) all[name].second = value;
  for (const auto& [name, values] : all) {
    if (values.first != values.second) {
      out->push_back({.kind = kind(name), .name = name, .before = values.first, .after = values.second});
    }
  }
}

Kind PropertyKind(const std::string& name) {
  if (name == kHostTreeProperty || name == kRootTreeProperty) return Kind::kHostTree;
  return absl::StartsWith(name, "cow-") ? Kind::kOutputs : Kind::kPlatformProperty;
}

void CompareCommands(const CommandMessage& before, const CommandMessage& after, Differences* out) {
  CompareArguments(before.arguments, after.arguments, out);
  CompareNamed(before.environment, after.environment, [](const std::string&) { return Kind::kEnvironment; }, out);
  CompareNamed(before.platform, after.platform, PropertyKind, out);
  if (before.output_paths != after.output_paths) {
    out->push_back({.kind = Kind::kOutputs,
                    .before = absl::StrJoin(Without(before.output_paths, after.output_paths), " "),
                    .after = absl::StrJoin(Without(after.output_paths, before.output_paths), " ")});
  }
}

void CompareActions(const ActionMessage& before, const ActionMessage& after, Differences* out) {
  if (before.timeout_seconds != after.timeout_seconds) {
    out->push_back({.kind = Kind::kTimeout,
                    .before = absl::StrCat(before.timeout_seconds),
                    .after = absl::StrCat(after.timeout_seconds)});
  }
  if (before.do_not_cache != after.do_not_cache) {
    auto text = [](const ActionMessage& action) { return action.do_not_cache ? "not kept" : "kept"; };
    out->push_back({.kind = Kind::kCaching, .before = text(before), .after = text(after)});
  }
  if (before.salt != after.salt) out->push_back({.kind = Kind::kEngine, .before = before.salt, .after = after.salt});
}

// What stands under each name of a directory.
struct Entry {
  Digest digest{};
  std::string text{};  // of files and symlinks: all that can differ
  bool is_directory = false;
};

std::map<std::string, Entry> EntriesOf(const store::Directory& directory) {
  std::map<std::string, Entry> entries;
  for (const store::FileNode& file : directory.files) {
    entries[file.name] = {.digest = file.digest, .text = TextOf(file.digest, file.executable)};
  }
  for (const store::SymlinkNode& link : directory.symlinks) {
    entries[link.name] = {.text = absl::StrCat("symlink to ", link.target)};
  }
  for (const store::DirectoryNode& child : directory.directories) {
    entries[child.name] = {.digest = child.digest, .text = child.digest.ToString(), .is_directory = true};
  }
  return entries;
}

bool IsParamFile(const std::string& path, const std::vector<std::string>& arguments) {
  return absl::EndsWith(path, kParamFileSuffix) &&
         std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
           return argument.size() > path.size() && absl::EndsWith(argument, path);
         });
}

// Whether the process that runs is this file.
bool IsTool(const std::string& path, const std::vector<std::string>& arguments) {
  return !arguments.empty() && (arguments[0] == path || arguments[0] == absl::StrCat("./", path));
}

}  // namespace

std::optional<Differences> KeyComparison::Compare(const Digest& before, const Digest& after) {
  Differences differences;
  if (before == after) return differences;
  std::optional<StoredPreimage> old = FindPreimage(before, preimages_);
  std::optional<StoredPreimage> now = FindPreimage(after, preimages_);
  if (!old || !now) return std::nullopt;
  CompareActions(old->action, now->action, &differences);
  CompareCommands(old->command, now->command, &differences);
  CompareInputs(*old, *now, &differences);
  if (differences.empty()) return std::nullopt;
  return differences;
}

void KeyComparison::CompareInputs(const StoredPreimage& before, const StoredPreimage& after, Differences* out) {
  Differences inputs;
  CompareDirectories("", before.root, after.root, &inputs);
  for (KeyDifference& input : inputs) {
    if (input.kind == Kind::kInputChanged && IsParamFile(input.name, after.command.arguments) &&
        CompareParamFile(input, out)) {
      continue;
    }
    if (input.kind == Kind::kInputChanged && IsTool(input.name, after.command.arguments)) input.kind = Kind::kTool;
    out->push_back(std::move(input));
  }
}

// False if the files are gone.
bool KeyComparison::CompareParamFile(const KeyDifference& input, Differences* out) {
  auto lines = [this](const std::string& text) -> std::optional<std::vector<std::string>> {
    std::optional<Digest> digest = ParseDigest(text);
    if (!digest) return std::nullopt;
    std::optional<std::string> bytes = read_blob_(*digest);
    if (!bytes) return std::nullopt;
    return std::vector<std::string>(absl::StrSplit(*bytes, '\n', absl::SkipEmpty()));
  };
  auto before = lines(input.before);
  auto after = lines(input.after);
  if (!before || !after) return false;
  CompareArguments(*before, *after, out);
  return true;
}

void KeyComparison::CompareDirectories(const std::string& path, const store::Directory& before,
                                       const store::Directory& after, Differences* out) {
  const std::map<std::string, Entry> old = EntriesOf(before);
  const std::map<std::string, Entry> now = EntriesOf(after);
  for (const auto& [name, entry] : old) {
    const std::string child = JoinPath(path, name);
    auto found = now.find(name);
    if (found == now.end()) {
      if (entry.is_directory) {
        AddAll(Kind::kInputRemoved, child, entry.digest, out);
      } else {
        out->push_back({.kind = Kind::kInputRemoved, .name = child, .before = entry.text});
      }
      continue;
    }
    if (entry.text == found->second.text) continue;
    if (!entry.is_directory || !found->second.is_directory) {
      out->push_back({.kind = Kind::kInputChanged, .name = child, .before = entry.text, .after = found->second.text});
      continue;
    }
    for (KeyDifference below : CompareDirectories(entry.digest, found->second.digest)) {
      below.name = JoinPath(child, below.name);
      out->push_back(std::move(below));
    }
  }
  for (const auto& [name, entry] : now) {
    if (old.contains(name)) continue;
    if (entry.is_directory) {
      AddAll(Kind::kInputAdded, JoinPath(path, name), entry.digest, out);
    } else {
      out->push_back({.kind = Kind::kInputAdded, .name = JoinPath(path, name), .after = entry.text});
    }
  }
}

const Differences& KeyComparison::CompareDirectories(const Digest& before, const Digest& after) {
  auto [known, is_new] = directories_.try_emplace({before, after});
  if (!is_new) return known->second;
  std::optional<store::Directory> old = FindDirectory(before, preimages_);
  std::optional<store::Directory> now = FindDirectory(after, preimages_);
  Differences found;
  if (old && now) {
    CompareDirectories("", *old, *now, &found);
  } else {
    found.push_back({.kind = Kind::kInputChanged, .before = before.ToString(), .after = after.ToString()});
  }
  return directories_[{before, after}] = std::move(found);
}

// All files of a directory that came or went.
void KeyComparison::AddAll(Kind kind, const std::string& path, const Digest& digest, Differences* out) {
  std::optional<store::Directory> directory = FindDirectory(digest, preimages_);
  if (!directory) {
    const bool added = kind == Kind::kInputAdded;
    out->push_back({.kind = kind, .name = path, .before = added ? "" : digest.ToString(), .after = added ? digest.ToString() : ""});
    return;
  }
  CompareDirectories(path, kind == Kind::kInputAdded ? store::Directory{} : *directory,
                     kind == Kind::kInputAdded ? *directory : store::Directory{}, out);
}

}  // namespace cow::execution
