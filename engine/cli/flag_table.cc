#include "engine/cli/flag_table.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/cli/remote_flags.h"
#include "engine/model/native_option.h"

namespace cow::cli {
namespace {

constexpr char kBuilding[] = "build test run query toolchain fetch vendor push";
constexpr char kExecuting[] = "build test run";
constexpr char kLoading[] = "build test run query toolchain fetch vendor push lock info clean cache why stats";

absl::Status SetPositive(const std::string& text, std::string_view name, int* target) {
  int value = 0;
  if (!absl::SimpleAtoi(text, &value) || value < 1) {
    return absl::InvalidArgumentError(absl::StrCat("--", name, " wants a number of at least 1, got '", text, "'"));
  }
  *target = value;
  return absl::OkStatus();
}

// "4096", "64K", "384M", "2G".
absl::Status SetLimit(const std::string& text, std::string_view name, uint64_t* target) {
  static constexpr std::string_view kUnits = "KMG";
  std::string_view digits = text;
  int shift = 0;
  const size_t unit = text.empty() ? kUnits.npos : kUnits.find(text.back());
  if (unit != kUnits.npos) {
    shift = 10 * static_cast<int>(unit + 1);
    digits.remove_suffix(1);
  }
  uint64_t value = 0;
  if (!absl::SimpleAtoi(digits, &value) || value > (uint64_t{1} << 62 >> shift)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", name, " wants a number, as 0, 5000, 64K, 384M or 2G, got '", text, "'"));
  }
  *target = value << shift;
  return absl::OkStatus();
}

absl::Status SetFlakyAttempts(const std::string& value, Options& options) {
  if (value == "default") {
    options.request.test_options.flaky_attempts.reset();
    return absl::OkStatus();
  }
  int attempts = 0;
  COW_RETURN_IF_ERROR(SetPositive(value, "flaky_test_attempts", &attempts));
  options.request.test_options.flaky_attempts = attempts;
  return absl::OkStatus();
}

absl::Status SetTestTimeouts(const std::string& text, Options& options) {
  std::vector<int64_t> timeouts;
  for (std::string_view word : absl::StrSplit(text, ',')) {
    if (!absl::SimpleAtoi(word, &timeouts.emplace_back()) || timeouts.back() == 0) timeouts.clear();
    if (timeouts.empty()) break;
  }
  if (timeouts.size() == 1) timeouts.resize(4, timeouts.front());
  if (timeouts.size() != 4) {
    return absl::InvalidArgumentError(
        absl::StrCat("--test_timeout wants a number of seconds, or four between commas, got '", text, "'"));
  }
  options.request.test_options.timeouts = std::move(timeouts);
  return absl::OkStatus();
}

absl::Status SetSharding(const std::string& text, Options& options) {
  TestOptions& tests = options.request.test_options;
  tests.sharded = text != "disabled";
  tests.forced_shards = 0;
  if (text == "explicit" || text == "disabled") return absl::OkStatus();
  absl::string_view number = text;
  if (absl::ConsumePrefix(&number, "forced=") && absl::SimpleAtoi(number, &tests.forced_shards) && tests.forced_shards > 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--test_sharding_strategy wants explicit, disabled or forced=N, got '", text, "'"));
}

std::function<absl::Status(const std::string&, Options&)> Limit(std::string_view name,
                                                                uint64_t driver::StarlarkRequest::*member) {
  return [name, member](const std::string& value, Options& options) {
    return SetLimit(value, name, &(options.starlark.*member));
  };
}

std::function<absl::Status(const std::string&, Options&)> SizeLimit(std::string_view name,
                                                                   uint64_t driver::BuildRequest::*member) {
  return [name, member](const std::string& value, Options& options) {
    return SetLimit(value, name, &(options.request.*member));
  };
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

// Comma separated; given several times, the words add up.
std::function<absl::Status(const std::string&, Options&)> AppendWords(
    std::vector<std::string> driver::BuildRequest::*member) {
  return [member](const std::string& value, Options& options) {
    for (std::string_view word : absl::StrSplit(value, ',', absl::SkipEmpty())) {
      (options.request.*member).emplace_back(word);
    }
    return absl::OkStatus();
  };
}

std::function<absl::Status(const std::string&, Options&)> Append(std::vector<std::string> driver::BuildRequest::*member) {
  return [member](const std::string& value, Options& options) {
    (options.request.*member).push_back(value);
    return absl::OkStatus();
  };
}

std::function<absl::Status(const std::string&, Options&)> QueryText(std::string driver::QueryRequest::*member) {
  return [member](const std::string& value, Options& options) {
    options.query.*member = value;
    return absl::OkStatus();
  };
}

std::function<absl::Status(const std::string&, Options&)> QueryBool(bool driver::QueryRequest::*member) {
  return [member](const std::string& value, Options& options) {
    options.query.*member = value != "no";
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
  using driver::QueryRequest;
  return {
      {"flag_alias", 0, "NAME=LABEL", {}, "Another name for the flag of a build setting: --NAME is then --LABEL.", kBuilding,
       [](const std::string&, Options&) { return absl::OkStatus(); }},  // read before all others
      {"config", 0, "NAME", {}, "Adds the flags of the lines 'COMMAND:NAME' in .cowrc.", "*",
       [](const std::string& value, Options&) {
         return absl::InvalidArgumentError(absl::StrCat("--config=", value, " cannot stand here"));
       }},
      {"rc", 0, "", {}, "--norc reads no .cowrc, neither that of the workspace nor that of the user.", "*",
       [](const std::string&, Options&) { return absl::OkStatus(); }},  // read before all others
      {"jobs", 'j', "N", {}, "How many actions run at once. Default: the number of processors.", kBuilding,
       [](const std::string& value, Options& options) { return SetPositive(value, "jobs", &options.request.jobs); }},
      {"loading_phase_threads", 0, "N", {}, "How many packages load at once. Default: the number of processors.", kBuilding,
       [](const std::string& value, Options& options) {
         return SetPositive(value, "loading_phase_threads", &options.request.loading_phase_threads);
       }},
      {"build", 0, "", {}, "Runs actions (default). --nobuild stops behind the analysis.", "build", Bool(&BuildRequest::build)},
      {"keep_going", 'k', "", {}, "Builds as much as possible after a failure.", kBuilding, Bool(&BuildRequest::keep_going)},
      {"min_sandbox", 0, "TIER", {"S3", "S2", "S1"},
       "The weakest sandbox to run actions in, or to take results from, if the machine gives no better one. S3 (default): "
       "namespaces; S2: another root and user, for root only; S1: Landlock.",
       kExecuting, Text(&BuildRequest::min_sandbox)},
      {"sandbox", 0, "WHICH", {"auto", "none"}, "none runs actions without any sandbox, as tier S0. Default: auto.", kExecuting,
       [](const std::string& value, Options& options) {
         if (value == "none") options.request.min_sandbox = "S0";
         return absl::OkStatus();
       }},
      {"sandbox_memory_limit", 0, "SIZE", {},
       "Memory of all processes of an action together, and of what it writes to /tmp: 512M, 2G; 0 (default): any amount.",
       kExecuting, SizeLimit("sandbox_memory_limit", &BuildRequest::sandbox_memory_limit)},
      {"experimental_sandbox_memory_limit_mb", 0, "N", {}, "Bazel's name of --sandbox_memory_limit, in MiB.", kExecuting,
       [](const std::string& value, Options& options) {
         return SetLimit(value + "M", "experimental_sandbox_memory_limit_mb", &options.request.sandbox_memory_limit);
       }},
      {"sandbox_process_limit", 0, "N", {}, "Processes and threads of an action at once; 0 (default): any number.", kExecuting,
       SizeLimit("sandbox_process_limit", &BuildRequest::sandbox_process_limit)},
      {"sandbox_file_size_limit", 0, "SIZE", {}, "Size of any file that an action writes; 0 (default): any.", kExecuting,
       SizeLimit("sandbox_file_size_limit", &BuildRequest::sandbox_file_size_limit)},
      {"sandbox_output_limit", 0, "SIZE", {},
       "How much is kept of what an action prints on stdout, and on stderr; 0: everything. Default: 16M.", kExecuting,
       SizeLimit("sandbox_output_limit", &BuildRequest::sandbox_output_limit)},
      {"mnemonic", 0, "NAME", {}, "Which action of the target: CppCompile, Genrule.", "shell", Text(&BuildRequest::shell_mnemonic)},
      {"output_file", 0, "PATH", {}, "Which action of the target: the one that makes this file; the end of its path will do.", "shell",
       Text(&BuildRequest::shell_output)},
      {"check_visibility", 0, "", {}, "--nocheck_visibility lets targets depend on what is not visible to them.", kBuilding,
       Bool(&BuildRequest::check_visibility)},
      {"subcommands", 's', "", {}, "Prints the command of every action that runs.", kExecuting, Bool(&BuildRequest::subcommands)},
      {"sandbox_debug", 0, "", {}, "Describes the sandboxes of failed actions and keeps what they left, below cow-out/sandbox-debug.",
       kExecuting, Bool(&BuildRequest::sandbox_debug)},
      {"audit", 0, "", {}, "Runs every action and says what it asks for but does not declare, and what would declare it.", kExecuting,
       Bool(&BuildRequest::audit)},
      {"paranoid", 0, "", {}, "Reads every source and output: times of files do not tell of writes through a mapping (mmap).", kExecuting,
       Bool(&BuildRequest::paranoid)},
      {"explain", 0, "FILE", {}, "Writes a line for every action that ran, with the reason, to this file.", kExecuting,
       Text(&BuildRequest::explain)},
      {"verbose_explanations", 0, "", {}, "All reasons of each action in the file of --explain, up to the source.", kExecuting,
       Bool(&BuildRequest::verbose_explanations)},
      {"profile", 0, "FILE", {}, "Writes a trace of the build, for ui.perfetto.dev or chrome://tracing, to this file, and "
       "shows the critical path.", kExecuting,
       [](const std::string& value, Options& options) {
         options.profile = value;
         return absl::OkStatus();
       }},
      {"against", 0, "BUILD", {}, "Compares with this recorded build instead of with what each action was before.", "why",
       [](const std::string& value, Options& options) {
         options.against = value;
         return absl::OkStatus();
       }},
      {"list", 0, "", {}, "Shows the recorded builds.", "why",
       [](const std::string& value, Options& options) {
         options.list = value != "no";
         return absl::OkStatus();
       }},
      {"output_groups", 0, "NAMES", {}, "Builds these output groups, comma separated, instead of the default outputs; +NAME adds "
       "one, -NAME takes one away.", kBuilding, AppendWords(&BuildRequest::output_groups)},
      {"aspects", 0, "LABELS", {}, "Runs these aspects, //pkg:file.bzl%name, comma separated, on the targets.", kBuilding,
       AppendWords(&BuildRequest::aspects)},
      {"aspects_parameters", 0, "NAME=VALUE", {}, "The value of an attribute of those aspects.", kBuilding,
       [](const std::string& value, Options& options) {
         std::pair<std::string, std::string> parts = absl::StrSplit(value, absl::MaxSplits('=', 1));
         options.request.aspect_parameters[parts.first] = parts.second;
         return absl::OkStatus();
       }},
      {"toolchain_resolution_debug", 0, "REGEX", {},
       "Says why toolchains were chosen and rejected, of toolchain types and targets that the expression matches.", kBuilding,
       Text(&BuildRequest::toolchain_resolution_debug)},
      {"offline", 0, "", {}, "Downloads nothing; what is not in the cache is an error.", kBuilding, Bool(&BuildRequest::offline)},
      {"frozen", 0, "", {}, "As --offline; and 'cow lock' only checks.", "build test run query toolchain fetch vendor lock",
       [](const std::string& value, Options& options) {
         options.request.offline = value != "no";
         return absl::OkStatus();
       }},
      {"vendor_dir", 0, "DIR", {}, "Takes what 'cow vendor DIR' has put there from there; each file's hash is checked.", kBuilding,
       Text(&BuildRequest::vendor_dir)},
      {"snapshot_mirror", 0, "URL", {}, "Where packages are that mirrors have deleted: URL/<date of the lock file>/pool/... May be "
       "repeated.", kBuilding, Append(&BuildRequest::snapshot_mirrors)},
      {"http_max_parallel_downloads", 0, "N", {}, "Downloads at once. Default: 8.", kBuilding,
       [](const std::string& value, Options& options) {
         return SetPositive(value, "http_max_parallel_downloads", &options.request.parallel_downloads);
       }},
      {"http_connector_attempts", 0, "N", {}, "How often the sources of a download are asked, until one answers. Default: 3.", kBuilding,
       [](const std::string& value, Options& options) {
         return SetPositive(value, "http_connector_attempts", &options.request.download_attempts);
       }},
      {"http_timeout_scaling", 0, "FACTOR", {}, "How much longer, or shorter, than 60 seconds a silent server is waited for.", kBuilding,
       [](const std::string& value, Options& options) {
         double factor = 0;
         if (!absl::SimpleAtod(value, &factor) || !(factor > 0) || factor > 1e6) {
           return absl::InvalidArgumentError(absl::StrCat("--http_timeout_scaling wants a number above 0, got '", value, "'"));
         }
         options.request.download_timeout_scale = factor;
         return absl::OkStatus();
       }},
      {"fetch", 0, "", {}, "With --nofetch, repositories are used as an earlier command left them.", kBuilding,
       Bool(&BuildRequest::fetch)},
      {"distdir", 0, "DIR", {}, "Where downloads may lie already, under the last part of their URL. May be repeated.", kBuilding,
       Append(&BuildRequest::distdirs)},
      {"repository_cache", 0, "DIR", {}, "A directory of downloads by hash, shared with Bazel. The cache keeps them in any case.",
       kBuilding, Text(&BuildRequest::repository_cache)},
      {"test_output", 0, "WHICH", {"errors", "all", "summary"},
       "Whose output to show: of failing tests (default), of all, or of none.", "test", Text(&BuildRequest::test_output)},
      {"runs_per_test", 0, "N", {}, "Runs every test so often; these runs are not cached.", "test",
       [](const std::string& value, Options& options) {
         return SetPositive(value, "runs_per_test", &options.request.test_options.runs_per_test);
       }},
      {"flaky_test_attempts", 0, "N", {},
       "How often a failing test is started before it counts as failed. Default: 3 if it is flaky, else 1.", "test",
       SetFlakyAttempts},
      {"test_timeout", 0, "SECONDS", {}, "Of every test; or four numbers for those that are short, moderate, long and eternal.",
       "test", SetTestTimeouts},
      {"test_sharding_strategy", 0, "WHICH", {},
       "explicit (default): tests run in parts as shard_count says; disabled; forced=N: all in N parts.", "test", SetSharding},
      {"cache_test_results", 't', "", {}, "--nocache_test_results runs tests again that passed before.", "test",
       [](const std::string& value, Options& options) {
         options.request.test_options.cached = value != "no" && value != "false" && value != "0";
         return absl::OkStatus();
       }},
      {"cache_dir", 0, "DIR", {}, "Where the cache lies. Default: $COW_CACHE_DIR, $XDG_CACHE_HOME/cow or ~/.cache/cow.",
       kLoading, Text(&BuildRequest::cache_dir)},
      {"disk_cache_max", 0, "SIZE", {},
       "What the cache may take when the command ends: 500M, 20G; what was used longest ago goes. Default: any size.",
       "build test run cache",
       [](const std::string& value, Options& options) {
         return SetLimit(value, "disk_cache_max", &options.request.disk_cache_max);
       }},
      {"at", 0, "LEVEL", {"target", "configured", "action"},
       "What is asked about: targets as declared (default), as configured, or their actions.", "query",
       QueryText(&QueryRequest::at)},
      {"output", 0, "FORMAT", {},
       "label, label_kind, build, json, graph, files, package, location, minrank or maxrank; of actions text, json or label.",
       "query", QueryText(&QueryRequest::output)},
      {"order_output", 0, "ORDER", {"auto", "no", "deps", "full"},
       "auto: by label. deps and full: what depends on something comes before it. no: as found.", "query",
       QueryText(&QueryRequest::order_output)},
      {"query_file", 0, "FILE", {}, "Reads the expression from a file.", "query", QueryText(&QueryRequest::query_file)},
      {"universe_scope", 0, "PATTERNS", {}, "Where allrdeps() and rbuildfiles() look: patterns between commas. Default: //...",
       "query", QueryText(&QueryRequest::universe_scope)},
      {"tool_deps", 0, "", {}, "With --notool_deps, tools that run in the build are no dependencies.", "query",
       QueryBool(&QueryRequest::tool_deps)},
      {"implicit_deps", 0, "", {}, "With --noimplicit_deps, only what BUILD files write is a dependency.", "query",
       QueryBool(&QueryRequest::implicit_deps)},
      {"expunge", 0, "", {}, "Also removes the cache, which all workspaces of this user share.", "clean",
       Bool(&BuildRequest::expunge)},
      {"check", 0, "", {}, "Changes nothing; exit code 1 if a lock file would change, or a vendored file is damaged.", "lock vendor", Bool(&BuildRequest::check_only)},
      {"code", 'c', "CODE", {}, "Runs this text instead of a file.", "starlark",
       [](const std::string& value, Options& options) {
         options.starlark.code = value;
         return absl::OkStatus();
       }},
      {"chunked", 0, "", {}, "The files are suites: chunks split by '---', '### regex' marks an expected error.", "starlark",
       [](const std::string& value, Options& options) {
         options.starlark.chunked = value != "no";
         return absl::OkStatus();
       }},
      {"max_starlark_steps", 0, "N", {},
       "Work, in rounds of a loop, before a BUILD file, macro or rule function fails; 0: any amount. Default: 1 billion.",
       kBuilding,
       [](const std::string& value, Options& options) {
         return SetLimit(value, "max_starlark_steps", &options.request.max_starlark_steps);
       }},
      {"max_steps", 0, "N", {}, "Work, in rounds of a loop, before a program fails; 0: any amount. Default: 50 million.",
       "starlark", Limit("max_steps", &driver::StarlarkRequest::max_steps)},
      {"max_heap", 0, "SIZE", {}, "Memory for values before a program fails: 64M, 2G; 0: any size. Default: 384M.", "starlark",
       Limit("max_heap", &driver::StarlarkRequest::max_heap)},
      {"max_depth", 0, "N", {}, "Nested calls before a program fails. Default: 2000.", "starlark",
       [](const std::string& value, Options& options) {
         return SetPositive(value, "max_depth", &options.starlark.max_depth);
       }},
      {"json", 0, "", {}, "Prints the result as JSON on stdout.", "build test toolchain info cache push why stats version starlark",
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
  // Several values may come at once; they are checked where they are taken apart.
  if (option.type == NativeOption::Type::kCommaList) flag.choices.clear();
  // Conditions may ask for the third value, but programs are never linked so.
  if (option.name == "dynamic_mode") flag.choices = {"default", "off"};
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
  for (Flag& flag : RemoteFlags()) flags.push_back(std::move(flag));
  return flags;
}

}  // namespace

const std::vector<Flag>& Flags() {
  static const auto& flags = *new std::vector<Flag>(MakeFlags());
  return flags;
}

bool Takes(const Flag& flag, std::string_view command) {
  if (flag.commands == "*") return true;
  command.remove_prefix(command.rfind(' ') + 1);
  for (std::string_view name : absl::StrSplit(flag.commands, ' ')) {
    if (name == command) return true;
  }
  return false;
}

}  // namespace cow::cli
