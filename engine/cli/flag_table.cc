#include "engine/cli/flag_table.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/posix_file.h"
#include "engine/model/native_option.h"

namespace cow::cli {
namespace {

constexpr char kBuilding[] = "build test run";
constexpr char kLoading[] = "build test run lock info clean";

absl::Status SetPositive(const std::string& text, std::string_view name, int* target) {
  int value = 0;
  if (!absl::SimpleAtoi(text, &value) || value < 1) {
    return absl::InvalidArgumentError(absl::StrCat("--", name, " wants a number of at least 1, got '", text, "'"));
  }
  *target = value;
  return absl::OkStatus();
}

std::function<absl::Status(const std::string&, Options&)> Bool(bool driver::BuildRequest::*member) {
  return [member](const std::string& value, Options& options) {
    options.request.*member = value != "no";
    return absl::OkStatus();
  };
}

std::function<absl::Status(const std::string&, Options&)> Text(std::string driver::BuildRequest::*member) {
  return [member](const std::string& value, Options& options) {
    options.request.*member = value;
    return absl::OkStatus();
  };
}

std::function<absl::Status(const std::string&, Options&)> Choose(Switch Options::*member) {
  return [member](const std::string& value, Options& options) {
    options.*member = value == "auto" ? Switch::kAuto : value == "no" ? Switch::kNo : Switch::kYes;
    return absl::OkStatus();
  };
}

std::vector<Flag> OwnFlags() {
  using driver::BuildRequest;
  return {
      {"jobs", 'j', "N", {}, "How many actions run at once. Default: the number of processors.", kBuilding,
       [](const std::string& value, Options& options) { return SetPositive(value, "jobs", &options.request.jobs); }},
      {"loading_phase_threads", 0, "N", {}, "How many packages load at once. Default: the number of processors.", kBuilding,
       [](const std::string& value, Options& options) {
         return SetPositive(value, "loading_phase_threads", &options.request.loading_phase_threads);
       }},
      {"build", 0, "", {}, "Runs actions (default). --nobuild stops behind the analysis.", "build", Bool(&BuildRequest::build)},
      {"keep_going", 'k', "", {}, "Builds as much as possible after a failure.", kBuilding, Bool(&BuildRequest::keep_going)},
      {"min_sandbox", 0, "TIER", {"S3"}, "Fails unless actions run in a sandbox at least this strong. Default and only tier: S3.",
       kBuilding, Text(&BuildRequest::min_sandbox)},
      {"subcommands", 's', "", {}, "Prints the command of every action that runs.", kBuilding, Bool(&BuildRequest::subcommands)},
      {"offline", 0, "", {}, "Downloads nothing; what is not in the cache is an error.", kBuilding, Bool(&BuildRequest::offline)},
      {"test_output", 0, "WHICH", {"errors", "all"}, "Whose output to show: of failing tests (default) or of all.", "test",
       Text(&BuildRequest::test_output)},
      {"cache_dir", 0, "DIR", {}, "Where the cache lies. Default: $COW_CACHE_DIR, $XDG_CACHE_HOME/cow or ~/.cache/cow.",
       kLoading, Text(&BuildRequest::cache_dir)},
      {"expunge", 0, "", {}, "Also removes the cache, which all workspaces of this user share.", "clean",
       Bool(&BuildRequest::expunge)},
      {"check", 0, "", {}, "Changes nothing; exit code 1 if a lock file would change.", "lock", Bool(&BuildRequest::check_only)},
      {"json", 0, "", {}, "Prints the result as one JSON object on stdout.", "build test info version",
       [](const std::string& value, Options& options) {
         options.json = value != "no";
         return absl::OkStatus();
       }},
      {"color", 0, "WHEN", {"auto", "yes", "no"}, "Colours: auto means only on a terminal.", "*", Choose(&Options::color)},
      {"progress", 0, "WHEN", {"auto", "yes", "no"}, "One line per worker: auto means only on a terminal.", "*",
       Choose(&Options::progress)},
      {"quiet", 'q', "", {}, "Prints errors and what was asked for, nothing else.", "*",
       [](const std::string& value, Options& options) {
         options.quiet = value != "no";
         return absl::OkStatus();
       }},
      {"help", 'h', "", {}, "Shows the command's flags.", "*",
       [](const std::string& value, Options& options) {
         options.help = value != "no";
         return absl::OkStatus();
       }},
  };
}

// NAME without a value takes the value that the variable has here; one that is not set is left out.
absl::Status SetFromEnvironment(const std::string& name, const std::string& text, Options& options) {
  if (absl::StrContains(text, '=')) {
    options.request.options.Set(name, text);
  } else if (std::string value = GetEnv(text); !value.empty()) {
    options.request.options.Set(name, absl::StrCat(text, "=", value));
  }
  return absl::OkStatus();
}

Flag NativeFlag(const NativeOption& option) {
  Flag flag{.name = option.name, .value = option.value_name, .choices = option.choices, .help = option.help,
            .commands = kBuilding};
  if (option.name == "compilation_mode") flag.letter = 'c';
  if (option.name.ends_with("_env")) {
    flag.apply = [&option](const std::string& value, Options& options) {
      return SetFromEnvironment(option.name, value, options);
    };
  } else {
    flag.apply = [&option](const std::string& value, Options& options) {
      options.request.options.Set(option.name, value);
      return absl::OkStatus();
    };
  }
  return flag;
}

// How to build, then what else there is.
std::vector<Flag> MakeFlags() {
  std::vector<Flag> flags;
  for (const NativeOption& option : NativeOptions()) {
    if (option.is_flag) flags.push_back(NativeFlag(option));
  }
  for (Flag& flag : OwnFlags()) flags.push_back(std::move(flag));
  return flags;
}

}  // namespace

const std::vector<Flag>& Flags() {
  static const auto& flags = *new std::vector<Flag>(MakeFlags());
  return flags;
}

bool Takes(const Flag& flag, std::string_view command) {
  if (flag.commands == "*") return true;
  for (std::string_view name : absl::StrSplit(flag.commands, ' ')) {
    if (name == command) return true;
  }
  return false;
}

}  // namespace cow::cli
