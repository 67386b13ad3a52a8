#include "engine/analysis/configuration_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "engine/analysis/build_setting.h"
#include "engine/analysis/user_error.h"
#include "engine/base/command_line_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"

namespace cow::analysis {

namespace {

constexpr size_t kShortDigest = 16;
constexpr char kPlatforms[] = "platforms";
constexpr char kHostPlatform[] = "host_platform";
constexpr char kCompilationMode[] = "compilation_mode";

absl::Status InOption(std::string_view option, const absl::Status& status) {
  return IsDiagnostic(status) ? status : UserError("in --", option, ": ", status.message());
}

// An error that has a place in a file is for the file to mend.
absl::Status BlameCommandLine(absl::Status status) {
  return IsDiagnostic(status) ? status : MarkCommandLineError(std::move(status));
}

const NativeOption& Option(std::string_view name) { return *FindNativeOption(name); }

std::vector<std::string> Strings(const ConfigurationOptions& options, std::string_view name) {
  return std::get<std::vector<std::string>>(NativeValue(options, Option(name)));
}

std::map<std::string, std::string> Assignments(const ConfigurationOptions& options,
                                               std::string_view name) {
  std::map<std::string, std::string> map;
  for (const std::string& text : Strings(options, name)) {
    map.insert(static_cast<std::pair<std::string, std::string>>(
        absl::StrSplit(text, absl::MaxSplits('=', 1))));
  }
  return map;
}

// One more use of an option on the command line.
void AddUse(OptionValue& value, OptionValue use, NativeOption::Type type) {
  auto* texts = std::get_if<std::vector<std::string>>(&value);
  auto* more = std::get_if<std::vector<std::string>>(&use);
  if (texts == nullptr || more == nullptr) {
    value = std::move(use);
    return;
  }
  texts->insert(texts->end(), more->begin(), more->end());
  if (type == NativeOption::Type::kAssignments) *texts = MergedAssignments(std::move(*texts));
}

absl::Status AddNative(const BuildOptions& given, const loading::Workspace& workspace,
                       ConfigurationOptions& options) {
  bool has_platforms = std::any_of(given.native.begin(), given.native.end(),
                                   [](const auto& option) { return option.first == kPlatforms; });
  for (const auto& [name, text] : given.native) {
    if (name == "cpu") {
      absl::StatusOr<Label> platform = PlatformOfCpu(text);
      if (!platform.ok()) return InOption(name, platform.status());
      if (!has_platforms) options.native[kPlatforms] = std::vector<Label>{*platform};
      continue;
    }
    const NativeOption* option = FindNativeOption(name);
    if (option == nullptr) return UserError("there is no option --", name);
    absl::StatusOr<OptionValue> use = ParseNativeOption(*option, text, workspace);
    if (!use.ok()) return InOption(name, use.status());
    auto it = options.native.try_emplace(name, DefaultOf(*option)).first;
    AddUse(it->second, *std::move(use), option->type);
  }
  return absl::OkStatus();
}

// What `target` is for tools.
ConfigurationOptions ToolOptions(const ConfigurationOptions& target) {
  ConfigurationOptions tools;
  tools.is_exec = true;
  tools.settings = target.settings;
  for (const NativeOption& option : NativeOptions()) {
    if (option.in_tools == NativeOption::InTools::kDefault) continue;
    std::string source = option.in_tools == NativeOption::InTools::kSame ? option.name
                                                                         : "host_" + option.name;
    tools.native[option.name] = NativeValue(target, Option(source));
  }
  return tools;
}

OptionValue EmptyDefault(NativeOption::Type type) {
  switch (type) {
    case NativeOption::Type::kBool:
      return false;
    case NativeOption::Type::kString:
      return std::string();
    case NativeOption::Type::kStringList:
    case NativeOption::Type::kCommaList:
    case NativeOption::Type::kAssignments:
      return std::vector<std::string>();
    case NativeOption::Type::kLabel:
      return Label();
    case NativeOption::Type::kLabelList:
      return std::vector<Label>();
  }
  return false;
}

OptionValue MakeDefault(const NativeOption& option) {
  if (option.type == NativeOption::Type::kString) return option.default_text;
  if (option.type == NativeOption::Type::kBool) return option.default_text == "true";
  return EmptyDefault(option.type);
}

// Whether the directory of a configuration says which platform it is for: so that a program built for it by a transition
// and one built for it by --platforms are the same file. The names of cow's own platforms are taken by no other
// platform but those of the command line.
bool IsToldByName(const Configuration& made, const Configuration& plain) {
  return made.platform.label.package().ToString() == "@cow//platforms" &&
         made.platform.label.name() != plain.platform.label.name();
}

}  // namespace

std::vector<std::string> MergedAssignments(std::vector<std::string> texts) {
  std::map<std::string, std::string> last;
  for (std::string& text : texts) {
    std::string name = text.substr(0, text.find('='));
    last[name] = std::move(text);
  }
  texts.clear();
  for (auto& [name, text] : last) texts.push_back(std::move(text));
  return texts;
}

const OptionValue& DefaultOf(const NativeOption& option) {
  static const auto& defaults = *[] {
    auto* map = new std::map<std::string, OptionValue>();
    for (const NativeOption& each : NativeOptions()) map->emplace(each.name, MakeDefault(each));
    return map;
  }();
  return defaults.at(option.name);
}

const OptionValue& NativeValue(const ConfigurationOptions& options, const NativeOption& option) {
  auto it = options.native.find(option.name);
  return it == options.native.end() ? DefaultOf(option) : it->second;
}

absl::Status CheckChoice(const NativeOption& option, std::string_view text) {
  const std::vector<std::string>& choices = option.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end()) return absl::OkStatus();
  return UserError("expected one of ", absl::StrJoin(choices, ", "), ", got '", text, "'");
}

absl::StatusOr<OptionValue> ParseNativeOption(const NativeOption& option, std::string_view text,
                                              const loading::Workspace& workspace) {
  if (option.type != NativeOption::Type::kCommaList) COW_RETURN_IF_ERROR(CheckChoice(option, text));
  switch (option.type) {
    case NativeOption::Type::kBool: {
      COW_ASSIGN_OR_RETURN(bool truth, ParseBool(text));
      return truth;
    }
    case NativeOption::Type::kString:
      return std::string(text);
    case NativeOption::Type::kStringList:
      return std::vector<std::string>{std::string(text)};
    case NativeOption::Type::kCommaList: {
      std::vector<std::string> words = absl::StrSplit(text, ',', absl::SkipEmpty());
      for (const std::string& word : words) COW_RETURN_IF_ERROR(CheckChoice(option, word));
      return words;
    }
    case NativeOption::Type::kAssignments:
      if (text.find('=') == std::string_view::npos || text[0] == '=') {
        return UserError("expected NAME=VALUE, got '", text, "'");
      }
      return std::vector<std::string>{std::string(text)};
    case NativeOption::Type::kLabel: {
      if (text.empty()) return Label();
      COW_ASSIGN_OR_RETURN(Label label, workspace.ParseLabel(text, {}));
      return label;
    }
    case NativeOption::Type::kLabelList: {
      std::vector<Label> labels;
      for (std::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
        COW_ASSIGN_OR_RETURN(Label label, workspace.ParseLabel(part, {}));
        labels.push_back(std::move(label));
      }
      return labels;
    }
  }
  return UserError("there is no option --", option.name);
}

Digest DigestOf(const ConfigurationOptions& options) {
  RecordHasher hasher("cow configuration");
  hasher.AddInt(options.is_exec ? 1 : 0);
  hasher.AddInt(static_cast<int64_t>(options.native.size()));
  for (const auto& [name, value] : options.native) {
    hasher.Add(name);
    AddTo(hasher, value);
  }
  hasher.AddInt(static_cast<int64_t>(options.settings.size()));
  for (const auto& [label, value] : options.settings) {
    hasher.Add(label.ToString());
    AddTo(hasher, value);
  }
  return hasher.Finish();
}

absl::StatusOr<std::unique_ptr<ConfigurationTable>> ConfigurationTable::Create(
    const BuildOptions& options, const loading::Workspace& workspace, PlatformTable& platforms) {
  auto table = std::unique_ptr<ConfigurationTable>(new ConfigurationTable(platforms));
  ConfigurationOptions target;
  COW_RETURN_IF_ERROR(BlameCommandLine(AddNative(options, workspace, target)));
  COW_RETURN_IF_ERROR(BlameCommandLine(
      AddSettings(options.settings, platforms.loader(), workspace, target.settings)));
  absl::StatusOr<const Configuration*> made = table->Intern(std::move(target));
  if (!made.ok()) return BlameCommandLine(made.status());
  table->target_ = *made;
  const OptionValue& host = NativeValue(table->target_->options, Option(kHostPlatform));
  COW_ASSIGN_OR_RETURN(table->exec_, table->ExecOn(std::get<Label>(host)));
  return table;
}

absl::StatusOr<const Configuration*> ConfigurationTable::ExecOn(const Label& platform) {
  auto known = tools_.find(platform);
  if (known != tools_.end()) return known->second;
  ConfigurationOptions tools = ToolOptions(target_->options);
  tools.native[kPlatforms] = std::vector<Label>{platform};
  COW_ASSIGN_OR_RETURN(const Configuration* made, Intern(std::move(tools)));
  tools_.emplace(platform, made);
  return made;
}

absl::Status ConfigurationTable::NormalisePlatforms(ConfigurationOptions& options) {
  Label host = std::get<Label>(NativeValue(options, Option(kHostPlatform)));
  if (host == Label()) {
    COW_ASSIGN_OR_RETURN(host, DefaultHostPlatform());
  }
  absl::StatusOr<const loading::Target*> found = platforms_.LoadNative(host, "platform");
  if (!found.ok()) return InOption(kHostPlatform, found.status());
  host = (*found)->label();
  options.native[kHostPlatform] = host;
  auto wanted = std::get<std::vector<Label>>(NativeValue(options, Option(kPlatforms)));
  Label platform = wanted.empty() ? host : wanted.front();
  found = platforms_.LoadNative(platform, "platform");
  if (!found.ok()) return InOption(kPlatforms, found.status());
  options.native[kPlatforms] = std::vector<Label>{(*found)->label()};
  return absl::OkStatus();
}

absl::Status ConfigurationTable::Normalise(ConfigurationOptions& options) {
  COW_RETURN_IF_ERROR(NormalisePlatforms(options));
  std::erase_if(options.native, [](const auto& entry) {
    return entry.second == DefaultOf(Option(entry.first));
  });
  for (auto it = options.settings.begin(); it != options.settings.end();) {
    COW_ASSIGN_OR_RETURN(const loading::Target* setting,
                         platforms_.loader().LoadTarget(it->first));
    COW_ASSIGN_OR_RETURN(OptionValue unset, SettingDefault(*setting));
    it = it->second == unset ? options.settings.erase(it) : std::next(it);
  }
  return absl::OkStatus();
}

absl::StatusOr<const Configuration*> ConfigurationTable::Intern(ConfigurationOptions options) {
  COW_RETURN_IF_ERROR(Normalise(options));
  Digest digest = DigestOf(options);
  auto known = known_.find(digest);
  if (known != known_.end()) return known->second.get();
  COW_ASSIGN_OR_RETURN(std::unique_ptr<Configuration> made, Make(std::move(options)));
  if (!directories_.emplace(made->directory, made.get()).second) {
    return absl::InternalError(
        absl::StrCat("two configurations have the output directory '", made->directory, "'"));
  }
  return known_.emplace(digest, std::move(made)).first->second.get();
}

absl::StatusOr<std::unique_ptr<Configuration>> ConfigurationTable::Make(
    ConfigurationOptions options) {
  auto made = std::make_unique<Configuration>();
  const auto& platforms = std::get<std::vector<Label>>(NativeValue(options, Option(kPlatforms)));
  COW_ASSIGN_OR_RETURN(made->platform, platforms_.LoadPlatform(platforms.front()));
  made->compilation_mode = std::get<std::string>(NativeValue(options, Option(kCompilationMode)));
  made->cpu = PlatformTable::CpuOf(made->platform);
  made->is_exec = options.is_exec;
  made->copts = Strings(options, "copt");
  made->conlyopts = Strings(options, "conlyopt");
  made->cxxopts = Strings(options, "cxxopt");
  made->linkopts = Strings(options, "linkopt");
  for (const std::string& feature : Strings(options, "features")) {
    if (feature.starts_with('-')) {
      made->disabled_features.push_back(feature.substr(1));
    } else {
      made->features.push_back(feature);
    }
  }
  made->defines = Assignments(options, "define");
  made->action_env = Assignments(options, "action_env");
  made->test_env = Assignments(options, "test_env");
  made->test_args = Strings(options, "test_arg");
  made->test_filter = std::get<std::string>(NativeValue(options, Option("test_filter")));
  made->extra_toolchains = Strings(options, "extra_toolchains");
  made->extra_execution_platforms = Strings(options, "extra_execution_platforms");
  made->directory = DirectoryOf(options, *made);
  made->options = std::move(options);
  return made;
}

// The two configurations of the command line have plain names; the suffix of others covers all in
// which they differ from those, but for what the name tells already.
std::string ConfigurationTable::DirectoryOf(const ConfigurationOptions& options,
                                            const Configuration& made) const {
  std::string name =
      absl::StrCat(absl::StrReplaceAll(made.platform.label.name(), {{"/", "_"}}), "-",
                   made.compilation_mode, options.is_exec ? "-exec" : "");
  const Configuration* plain = options.is_exec ? exec_ : target_;
  if (plain == nullptr) return name;
  RecordHasher hasher("cow configuration difference");
  int64_t differences = 0;
  auto add = [&](std::string_view option, const OptionValue& value) {
    hasher.Add(option);
    AddTo(hasher, value);
    ++differences;
  };
  for (const NativeOption& option : NativeOptions()) {
    const OptionValue& value = NativeValue(options, option);
    if (option.name == kPlatforms && IsToldByName(made, *plain)) continue;
    if (option.name != kCompilationMode && value != NativeValue(plain->options, option)) {
      add(option.name, value);
    }
  }
  for (const auto& [label, value] : options.settings) {
    auto it = plain->options.settings.find(label);
    if (it == plain->options.settings.end() || it->second != value) add(label.ToString(), value);
  }
  for (const auto& [label, value] : plain->options.settings) {
    if (options.settings.contains(label)) continue;
    hasher.Add(label.ToString());  // back to its default
    ++differences;
  }
  if (differences == 0) return name;
  return absl::StrCat(name, "-ST-", hasher.AddInt(differences).Finish().hex().substr(0, kShortDigest));
}

}  // namespace cow::analysis
