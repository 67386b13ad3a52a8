#include "engine/cli/rc_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "engine/base/edit_distance.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/cli/command_table.h"
#include "engine/cli/flag_table.h"

namespace cow::cli {
namespace {

constexpr char kRcFile[] = ".cowrc";
constexpr char kConfigFlag[] = "--config=";
constexpr int kMaxImports = 16;

absl::Status At(std::string_view place, std::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(place, ": ", message));
}

// Words as a shell splits them: quotes, backslashes, comments; nothing is expanded.
absl::StatusOr<std::vector<std::string>> Words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word += line[++i];
      in_word = true;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      if (in_word) words.push_back(std::exchange(word, ""));
      in_word = false;
    } else if (c == '#' && !in_word) {
      break;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return absl::InvalidArgumentError("a quote is not closed");
  if (in_word) words.push_back(std::move(word));
  return words;
}

class Reader {
 public:
  explicit Reader(std::string workspace_root) : root_(std::move(workspace_root)) {}

  absl::Status Read(const std::string& path, int depth) {
    if (depth > kMaxImports) return At(path, "too many imports in a row");
    COW_ASSIGN_OR_RETURN(std::string text, ReadFile(path));
    int number = 0;
    int first = 0;
    std::string joined;
    for (std::string_view line : absl::StrSplit(text, '\n')) {
      ++number;
      if (joined.empty()) first = number;
      if (line.ends_with('\\')) {
        absl::StrAppend(&joined, line.substr(0, line.size() - 1), " ");
        continue;
      }
      absl::StrAppend(&joined, line);
      COW_RETURN_IF_ERROR(Take(joined, absl::StrCat(path, ":", first), depth));
      joined.clear();
    }
    return joined.empty() ? absl::OkStatus() : Take(joined, absl::StrCat(path, ":", first), depth);
  }

  std::vector<RcLine> TakeLines() { return std::move(lines_); }

 private:
  absl::Status Take(std::string_view text, const std::string& place, int depth) {
    absl::StatusOr<std::vector<std::string>> words = Words(text);
    if (!words.ok()) return At(place, words.status().message());
    if (words->empty()) return absl::OkStatus();
    std::string head = words->front();
    words->erase(words->begin());
    if (head == "import" || head == "try-import") return Import(head, *words, place, depth);
    std::pair<std::string, std::string> parts = absl::StrSplit(head, absl::MaxSplits(':', 1));
    COW_RETURN_IF_ERROR(CheckCommand(parts.first, place));
    lines_.push_back({parts.first, parts.second, *std::move(words), place});
    return absl::OkStatus();
  }

  static absl::Status CheckCommand(const std::string& command, const std::string& place) {
    if (command == "common" || command == "always" || FindCommand(command) != nullptr) return absl::OkStatus();
    std::vector<std::string> names{"common", "always", "import", "try-import"};
    for (const Command& known : Commands()) names.push_back(known.name);
    std::string closest = ClosestMatch(command, names);
    return At(place, absl::StrCat("there is no command '", command, "'",
                                  closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")));
  }

  absl::Status Import(const std::string& head, const std::vector<std::string>& words, const std::string& place,
                      int depth) {
    if (words.size() != 1) return At(place, absl::StrCat(head, " wants one path"));
    if (absl::StrContains(words[0], "%workspace%") && root_.empty()) {
      return At(place, "%workspace% stands for no directory here: this is not a workspace");
    }
    std::string path = absl::StrReplaceAll(words[0], {{"%workspace%", root_}});
    if (!path.starts_with('/')) return At(place, absl::StrCat("'", path, "' must be absolute or start with %workspace%"));
    if (!FileExists(path)) {
      return head == "try-import" ? absl::OkStatus() : At(place, absl::StrCat("there is no file '", path, "'"));
    }
    return Read(path, depth + 1);
  }

  std::string root_;
  std::vector<RcLine> lines_;
};

// Lines of these commands count, in this order: `test` does what `build` does, and more; `toolchain` tells what `build` would
// choose; `cache push` sends what `build` would make.
std::vector<std::string> CommandsOf(std::string_view command) {
  std::vector<std::string> commands{"always", "common"};
  for (std::string_view like_build : {"test", "run", "toolchain", "cache push"}) {
    if (command == like_build) commands.push_back("build");
  }
  commands.emplace_back(command);
  return commands;
}

bool IsFlag(std::string_view argument) { return argument.size() > 1 && argument[0] == '-'; }

class Expander {
 public:
  Expander(std::string_view command, const std::vector<RcLine>& lines)
      : command_(command), lines_(lines), commands_(CommandsOf(command)) {}

  absl::StatusOr<std::vector<std::string>> Run(const std::vector<std::string>& arguments) {
    for (const std::string& name : commands_) {
      for (const RcLine& line : lines_) {
        if (line.command == name && line.config.empty()) COW_RETURN_IF_ERROR(AddLine(line));
      }
    }
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (arguments[i] == "--") {
        result_.insert(result_.end(), arguments.begin() + static_cast<ptrdiff_t>(i), arguments.end());
        break;
      }
      bool apart = arguments[i] == "--config" && i + 1 < arguments.size();
      COW_RETURN_IF_ERROR(Add(apart ? absl::StrCat(kConfigFlag, arguments[++i]) : arguments[i]));
    }
    return std::move(result_);
  }

 private:
  absl::Status Add(const std::string& argument) {
    if (!absl::StartsWith(argument, kConfigFlag)) {
      result_.push_back(argument);
      return absl::OkStatus();
    }
    return AddConfig(argument.substr(sizeof(kConfigFlag) - 1));
  }

  absl::Status AddConfig(const std::string& config) {
    if (std::find(active_.begin(), active_.end(), config) != active_.end()) {
      return absl::InvalidArgumentError(absl::StrCat("--config=", config, " leads back to itself"));
    }
    active_.push_back(config);
    bool found = false;
    for (const std::string& name : commands_) {
      for (const RcLine& line : lines_) {
        if (line.command != name || line.config != config) continue;
        found = true;
        COW_RETURN_IF_ERROR(AddLine(line));
      }
    }
    active_.pop_back();
    return found ? absl::OkStatus() : UnknownConfig(config);
  }

  absl::Status UnknownConfig(const std::string& config) const {
    std::vector<std::string> names;
    for (const RcLine& line : lines_) {
      bool counts = std::find(commands_.begin(), commands_.end(), line.command) != commands_.end();
      if (counts && !line.config.empty()) names.push_back(line.config);
    }
    std::string closest = ClosestMatch(config, names);
    return absl::InvalidArgumentError(
        absl::StrCat("config value '", config, "' is not defined in any ", kRcFile, " file",
                     closest.empty() ? "" : absl::StrCat(" (did you mean '", closest, "'?)")));
  }

  // Checked on its own, so that a mistake is told with its place.
  absl::Status AddLine(const RcLine& line) {
    std::vector<std::string> plain;
    std::vector<std::string> kept;
    for (size_t i = 0; i < line.arguments.size(); ++i) {
      std::string argument = line.arguments[i];
      if (argument == "--config" && i + 1 < line.arguments.size()) {
        argument = absl::StrCat(kConfigFlag, line.arguments[++i]);
      }
      if (IsForAll(line) && IsFlag(argument) && !Knows(argument)) {
        while (i + 1 < line.arguments.size() && !IsFlag(line.arguments[i + 1])) ++i;
        continue;
      }
      kept.push_back(argument);
      if (!absl::StartsWith(argument, kConfigFlag)) plain.push_back(argument);
    }
    if (absl::StatusOr<Options> parsed = ParseFlags(command_, plain); !parsed.ok()) {
      return At(line.place, parsed.status().message());
    } else if (!parsed->arguments.empty()) {
      return At(line.place, absl::StrCat("expected a flag, got '", parsed->arguments[0], "'"));
    }
    for (const std::string& argument : kept) COW_RETURN_IF_ERROR(Add(argument));
    return absl::OkStatus();
  }

  // Whether the line also has flags of other commands.
  bool IsForAll(const RcLine& line) const {
    return line.command == "common" || (line.command == "build" && (command_ == "toolchain" || command_ == "cache push"));
  }

  bool Knows(const std::string& argument) const {
    return absl::StartsWith(argument, kConfigFlag) || IsFlagOf(command_, argument);
  }

  std::string command_;
  const std::vector<RcLine>& lines_;
  std::vector<std::string> commands_;
  std::vector<std::string> active_;
  std::vector<std::string> result_;
};

// A workspace is other people's text: it does not decide how far its actions are trusted, nor whom results come from and
// secrets are shown to.
absl::Status CheckWorkspaceLine(const RcLine& line) {
  for (const std::string& argument : line.arguments) {
    absl::string_view name = absl::string_view(argument).substr(0, argument.find('='));
    if (absl::ConsumePrefix(&name, "--") && (name == "remote_cache" || name == "remote_executor" || name == "remote_exec_header" || name == "remote_header" || name == "remote_cache_header" ||
                                             name == "remote_upload_local_results" || absl::StartsWith(name, "tls_"))) {
      return absl::InvalidArgumentError(absl::StrCat(line.place, ": a workspace may not choose a remote cache, nor what is sent there ('--",
                                                     name, "'); say it on the command line or in ~/.cowrc"));
    }
    const bool weakens = (absl::StartsWith(argument, "--min_sandbox") && argument != "--min_sandbox=S3") ||
                         argument == "--sandbox" || absl::StartsWith(argument, "--sandbox=");
    if (!weakens) continue;
    return absl::InvalidArgumentError(absl::StrCat(line.place, ": a workspace may not choose the sandbox ('", argument,
                                                   "'); say it on the command line or in ~/.cowrc"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<RcLine>> ReadRcFile(const std::string& path, const std::string& workspace_root) {
  Reader reader(workspace_root);
  COW_RETURN_IF_ERROR(reader.Read(path, 0));
  return reader.TakeLines();
}

absl::StatusOr<std::vector<RcLine>> ReadRcFiles(const std::string& workspace_root, const std::string& home) {
  std::vector<RcLine> lines;
  for (const std::string& directory : {workspace_root, home}) {
    std::string path = absl::StrCat(directory, "/", kRcFile);
    if (directory.empty() || !FileExists(path)) continue;
    COW_ASSIGN_OR_RETURN(std::vector<RcLine> more, ReadRcFile(path, workspace_root));
    for (RcLine& line : more) {
      if (directory != home) COW_RETURN_IF_ERROR(CheckWorkspaceLine(line));
      lines.push_back(std::move(line));
    }
    if (home == workspace_root) break;
  }
  return lines;
}

absl::StatusOr<std::vector<std::string>> WithRcLines(std::string_view command,
                                                     const std::vector<std::string>& arguments,
                                                     const std::vector<RcLine>& lines) {
  return Expander(command, lines).Run(arguments);
}

}  // namespace cow::cli
