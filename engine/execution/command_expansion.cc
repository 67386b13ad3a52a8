#include "engine/execution/command_expansion.h"

#include <algorithm>
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/execution/shell_quote.h"

namespace cow::execution {
namespace {

using Strings = std::vector<std::string>;

// Puts `value` in the place of "%s"; "%%" is a percent sign.
absl::StatusOr<std::string> Format(std::string_view format, std::string_view value) {
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      text += format[i];
      continue;
    }
    char next = ++i < format.size() ? format[i] : '\0';
    if (next == 's') {
      text += value;
    } else if (next == '%') {
      text += '%';
    } else {
      return absl::InvalidArgumentError(absl::StrCat("bad format '", format, "': expected '%s' or '%%'"));
    }
  }
  return text;
}

absl::StatusOr<std::string> FormatIf(const std::optional<std::string>& format, std::string value) {
  if (!format) return value;
  return Format(*format, value);
}

absl::Status AppendValue(const ArgValue& value, bool expand_directories, const ArtifactPaths& paths, Strings* out) {
  if (const std::string* text = std::get_if<std::string>(&value)) {
    out->push_back(*text);
    return absl::OkStatus();
  }
  ArtifactId id = std::get<ArtifactId>(value);
  const std::string& path = paths.ExecPath(id);
  if (!expand_directories || !paths.IsTree(id)) {
    out->push_back(path);
    return absl::OkStatus();
  }
  COW_ASSIGN_OR_RETURN(Strings files, paths.TreeFiles(id));
  for (const std::string& file : files) out->push_back(absl::StrCat(path, "/", file));
  return absl::OkStatus();
}

absl::StatusOr<Strings> ValuesOf(const ArgExpansion& expansion, const ArtifactPaths& paths) {
  Strings values;
  for (const ArgValue& value : expansion.values.ToList()) {
    COW_RETURN_IF_ERROR(AppendValue(value, expansion.expand_directories, paths, &values));
  }
  if (!expansion.uniquify) return values;
  absl::flat_hash_set<std::string> seen;
  std::erase_if(values, [&](const std::string& value) { return !seen.insert(value).second; });
  return values;
}

absl::Status AppendExpansion(const ArgExpansion& expansion, const ArtifactPaths& paths, Strings* out) {
  COW_ASSIGN_OR_RETURN(Strings values, ValuesOf(expansion, paths));
  if (values.empty() && expansion.omit_if_empty) return absl::OkStatus();
  for (std::string& value : values) {
    COW_ASSIGN_OR_RETURN(value, FormatIf(expansion.format_each, std::move(value)));
  }
  if (!expansion.flag.empty()) out->push_back(expansion.flag);
  if (expansion.join_with) {
    COW_ASSIGN_OR_RETURN(std::string joined,
                         FormatIf(expansion.format_joined, absl::StrJoin(values, *expansion.join_with)));
    out->push_back(std::move(joined));
    return absl::OkStatus();
  }
  for (std::string& value : values) {
    if (expansion.before_each) out->push_back(*expansion.before_each);
    out->push_back(std::move(value));
  }
  if (expansion.terminate_with) out->push_back(*expansion.terminate_with);
  return absl::OkStatus();
}

absl::StatusOr<Strings> ExpandList(const ArgList& list, const ArtifactPaths& paths) {
  Strings args;
  for (const ArgItem& item : list.items) {
    if (const ArgValue* value = std::get_if<ArgValue>(&item)) {
      COW_RETURN_IF_ERROR(AppendValue(*value, false, paths, &args));
    } else {
      COW_RETURN_IF_ERROR(AppendExpansion(*std::get<Boxed<ArgExpansion>>(item), paths, &args));
    }
  }
  return args;
}

bool Spills(const ArgList& list, const Strings& args) {
  if (!list.param_file_flag) return false;
  if (list.param_file_always) return true;
  size_t bytes = 0;
  for (const std::string& arg : args) bytes += arg.size() + 1;
  return bytes > kParamFileThreshold;
}

bool IsFlag(const std::string& argument) { return argument.starts_with("--"); }

std::string TextOf(const Strings& args, ArgList::ParamFileFormat format) {
  std::string text;
  for (const std::string& arg : args) {
    absl::StrAppend(&text, format == ArgList::ParamFileFormat::kShell ? ShellQuote(arg) : arg, "\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<ExpandedCommand> ExpandCommandLine(const CommandLine& command, const ArtifactPaths& paths,
                                                  std::string_view first_output) {
  ExpandedCommand expanded;
  for (const ArgList& list : command) {
    COW_ASSIGN_OR_RETURN(Strings args, ExpandList(list, paths));
    if (!Spills(list, args)) {
      expanded.argv.insert(expanded.argv.end(), std::make_move_iterator(args.begin()),
                           std::make_move_iterator(args.end()));
      continue;
    }
    std::string path = absl::StrCat(first_output, "-", expanded.param_files.size(), ".params");
    COW_ASSIGN_OR_RETURN(std::string flag, Format(*list.param_file_flag, path));
    expanded.argv.push_back(std::move(flag));
    if (list.param_file_format == ArgList::ParamFileFormat::kFlagPerLine) {
      auto words = std::stable_partition(args.begin(), args.end(), IsFlag);
      expanded.argv.insert(expanded.argv.end(), std::make_move_iterator(words), std::make_move_iterator(args.end()));
      args.erase(words, args.end());
    }
    expanded.param_files.push_back({.path = std::move(path), .bytes = TextOf(args, list.param_file_format)});
  }
  return expanded;
}

absl::StatusOr<std::string> ExpandToText(const CommandLine& command, const ArtifactPaths& paths) {
  std::string text;
  for (const ArgList& list : command) {
    COW_ASSIGN_OR_RETURN(Strings args, ExpandList(list, paths));
    text += TextOf(args, list.param_file_format);
  }
  return text;
}

}  // namespace cow::execution
