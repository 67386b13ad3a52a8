#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/cli/flag_table.h"

namespace cow::cli {
namespace {

class Parser {
 public:
  Parser(std::string_view command, std::vector<std::string> arguments)
      : command_(command), arguments_(std::move(arguments)) {}

  bool Knows(const std::string& argument) const {
    if (!absl::StartsWith(argument, "--")) {
      for (const Flag& flag : Flags()) {
        if (argument.size() > 1 && flag.letter == argument[1] && Takes(flag, command_)) return true;
      }
      return false;
    }
    std::string name = argument.substr(2, argument.find('=', 2) - 2);
    if (IsSettingFlag(name)) return TakesSettings();
    return Find(name) != nullptr || (absl::StartsWith(name, "no") && Find(name.substr(2)) != nullptr);
  }

  absl::StatusOr<Options> Run() {
    COW_RETURN_IF_ERROR(ReadAliases());
    while (next_ < arguments_.size()) {
      const std::string& argument = arguments_[next_++];
      if (argument == "--") {
        options_.after_dashes.assign(arguments_.begin() + static_cast<ptrdiff_t>(next_), arguments_.end());
        break;
      }
      COW_RETURN_IF_ERROR(Read(argument));
    }
    return std::move(options_);
  }

 private:
  absl::Status Read(const std::string& argument) {
    if (absl::StartsWith(argument, "--")) return ReadLong(argument);
    // "-//a:b" is a pattern that takes targets away, "-x" a flag.
    if (argument.size() > 1 && argument[0] == '-' && !absl::StartsWith(argument, "-//") && argument[1] != '@' &&
        argument[1] != ':') {
      return ReadShort(argument);
    }
    options_.arguments.push_back(argument);
    return absl::OkStatus();
  }

  // --//a:flag=value, --@r//a:flag, --no//a:flag: build settings, which only rules know.
  static bool IsSetting(std::string_view name) {
    return absl::StartsWith(name, "//") || absl::StartsWith(name, "@");
  }

  static bool IsSettingFlag(std::string_view name) {
    return IsSetting(name) || (absl::StartsWith(name, "no") && IsSetting(name.substr(2)));
  }

  // --flag_alias=name=//a:flag, wherever it stands: --name then means --//a:flag.
  absl::Status ReadAliases() {
    constexpr char kFlag[] = "--flag_alias=";
    for (const std::string& argument : arguments_) {
      if (argument == "--") break;
      if (!absl::StartsWith(argument, kFlag) || !TakesSettings()) continue;
      std::pair<std::string, std::string> parts =
          absl::StrSplit(argument.substr(sizeof(kFlag) - 1), absl::MaxSplits('=', 1));
      if (parts.first.empty() || !IsSetting(parts.second)) {
        return absl::InvalidArgumentError(
            absl::StrCat("--flag_alias wants NAME=LABEL of a build setting, got '", argument, "'"));
      }
      aliases_[parts.first] = parts.second;
    }
    return absl::OkStatus();
  }

  // The name with an alias replaced, "no" in front kept.
  std::string Unaliased(const std::string& name) const {
    auto alias = aliases_.find(name);
    if (alias != aliases_.end()) return alias->second;
    if (absl::StartsWith(name, "no")) alias = aliases_.find(name.substr(2));
    return alias == aliases_.end() ? name : absl::StrCat("no", alias->second);
  }

  void ReadSetting(std::string_view name, size_t equals, const std::string& argument) {
    SettingFlag flag;
    flag.negated = !IsSetting(name);
    flag.label = std::string(flag.negated ? name.substr(2) : name);
    if (equals != std::string::npos) flag.value = argument.substr(equals + 1);
    options_.request.options.settings.push_back(std::move(flag));
  }

  absl::Status ReadLong(const std::string& argument) {
    size_t equals = argument.find('=');
    std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    name = Unaliased(name);
    if (TakesSettings() && IsSettingFlag(name)) {
      ReadSetting(name, equals, argument);
      return absl::OkStatus();
    }
    const Flag* flag = Find(name);
    bool negated = false;
    if (flag == nullptr && absl::StartsWith(name, "no")) {
      flag = Find(name.substr(2));
      negated = flag != nullptr && flag->value.empty();
      if (!negated) flag = nullptr;
    }
    if (flag == nullptr) return Unknown(argument, name);
    if (flag->value.empty()) {
      if (equals != std::string::npos) {
        std::string value = argument.substr(equals + 1);
        if (value != "yes" && value != "no" && value != "true" && value != "false") {
          return absl::InvalidArgumentError(absl::StrCat("--", name, " is a switch, got the value '", value, "'"));
        }
        return flag->apply(value == "no" || value == "false" ? "no" : "yes", options_);
      }
      return flag->apply(negated ? "no" : "yes", options_);
    }
    if (equals != std::string::npos) return Apply(*flag, argument.substr(equals + 1));
    return ApplyNext(*flag, argument);
  }

  absl::Status ReadShort(const std::string& argument) {
    for (const Flag& flag : Flags()) {
      if (flag.letter != argument[1] || !Takes(flag, command_)) continue;
      if (flag.value.empty()) {
        if (argument.size() > 2) break;
        return flag.apply("yes", options_);
      }
      return argument.size() > 2 ? Apply(flag, argument.substr(2)) : ApplyNext(flag, argument);
    }
    return Unknown(argument, argument.substr(1));
  }

  absl::Status ApplyNext(const Flag& flag, const std::string& argument) {
    if (next_ == arguments_.size()) {
      return absl::InvalidArgumentError(absl::StrCat(argument, " wants a value: ", argument, " ", flag.value));
    }
    return Apply(flag, arguments_[next_++]);
  }

  absl::Status Apply(const Flag& flag, const std::string& value) {
    if (!flag.choices.empty()) {
      bool known = false;
      for (const std::string& choice : flag.choices) known |= choice == value;
      if (!known) {
        return absl::InvalidArgumentError(
            absl::StrCat("--", flag.name, " is one of ", absl::StrJoin(flag.choices, ", "), ", got '", value, "'"));
      }
    }
    return flag.apply(value, options_);
  }

  // Commands that say how to build.
  bool TakesSettings() const { return Find("platforms") != nullptr; }

  const Flag* Find(std::string_view name) const {
    for (const Flag& flag : Flags()) {
      if (flag.name == name && Takes(flag, command_)) return &flag;
    }
    return nullptr;
  }

  absl::Status Unknown(const std::string& argument, const std::string& name) const {
    std::vector<std::string> names;
    for (const Flag& flag : Flags()) {
      if (Takes(flag, command_)) names.push_back(flag.name);
    }
    std::string closest = ClosestMatch(name, names);
    return absl::InvalidArgumentError(absl::StrCat("unknown flag '", argument, "' for 'cow ", command_, "'",
                                                   closest.empty() ? "" : absl::StrCat(" (did you mean '--", closest, "'?)")));
  }

  std::string command_;
  std::vector<std::string> arguments_;
  size_t next_ = 0;
  std::map<std::string, std::string> aliases_;
  Options options_;
};

}  // namespace

bool IsFlagOf(std::string_view command, const std::string& argument) { return Parser(command, {}).Knows(argument); }

absl::StatusOr<Options> ParseFlags(std::string_view command, const std::vector<std::string>& arguments) {
  return Parser(command, arguments).Run();
}

}  // namespace cow::cli
