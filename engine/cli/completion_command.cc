#include "engine/cli/completion_command.h"

#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/cli/command_table.h"
#include "engine/cli/flag_table.h"

namespace cow::cli {
namespace {

std::vector<std::string> FlagWords(const std::string& command) {
  std::vector<std::string> words;
  for (const Flag& flag : Flags()) {
    if (Takes(flag, command)) words.push_back(absl::StrCat("--", flag.name, flag.value.empty() ? "" : "="));
  }
  return words;
}

// Those of one word: of others the first is a command itself.
std::vector<std::string> CommandNames() {
  std::vector<std::string> names;
  for (const Command& command : Commands()) {
    if (!absl::StrContains(command.name, ' ')) names.push_back(command.name);
  }
  return names;
}

std::string CommandWords() { return absl::StrJoin(CommandNames(), " "); }

// Targets of a package are what `cow query` says, without fetching anything. Packages are directories with a BUILD file.
constexpr char kBashTargets[] = R"bash(
_cow_root() {
  local dir=$PWD
  while [ "$dir" != / ]; do [ -f "$dir/WORKSPACE.cow" ] && { echo "$dir"; return; }; dir=$(dirname "$dir"); done
}
_cow_query() { cow query --quiet --offline --nofetch --keep_going "$1" 2>/dev/null; }
_cow_targets() {
  local root word=$1
  root=$(_cow_root)
  [ -n "$root" ] || return
  case $word in
    :*) _cow_query 'kind(rule, :all)' | sed 's/^.*:/:/' ;;
    //*:*|@*//*:*) _cow_query "kind(rule, '${word%%:*}:all')" ;;
    //*)
      (cd "$root" && find . \( -name BUILD.cow -o -name BUILD.bazel -o -name BUILD \) -not -path './cow-*' -printf '%h\n' |
        sort -u | sed 's|^\.$||; s|^\./||; s|^|//|') ;;
  esac
}
)bash";

std::string Bash() {
  std::string text = absl::StrCat(kBashTargets, "_cow() {\n  local word=${COMP_WORDS[COMP_CWORD]} words\n");
  absl::StrAppend(&text, "  COMP_WORDBREAKS=${COMP_WORDBREAKS//:/}\n  if [ \"$COMP_CWORD\" = 1 ]; then words=\"", CommandWords(),
                  "\"\n  elif [[ $word == -* ]]; then\n    case ${COMP_WORDS[1]} in\n");
  for (const std::string& name : CommandNames()) {
    absl::StrAppend(&text, "      ", name, ") words=\"", absl::StrJoin(FlagWords(name), " "), "\" ;;\n");
  }
  absl::StrAppend(&text,
                  "    esac\n  else words=$(_cow_targets \"$word\")\n  fi\n"
                  "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -o nospace -F _cow cow\n");
  return text;
}

}  // namespace

driver::ExitCode RunCompletion(const Options& options) {
  std::string shell = options.arguments.empty() ? "bash" : options.arguments[0];
  if (shell == "bash") {
    std::fputs(Bash().c_str(), stdout);
    return driver::ExitCode::kOk;
  }
  if (shell == "zsh") {
    std::fputs(absl::StrCat("autoload -U +X bashcompinit && bashcompinit\n", Bash()).c_str(), stdout);
    return driver::ExitCode::kOk;
  }
  std::fprintf(stderr, "error: completion is written for bash and zsh, got '%s'\n", shell.c_str());
  return driver::ExitCode::kBadCommandLine;
}

}  // namespace cow::cli
