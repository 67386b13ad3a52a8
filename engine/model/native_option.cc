#include "engine/model/native_option.h"

#include <algorithm>

namespace cow {

namespace {

using Type = NativeOption::Type;
using InTools = NativeOption::InTools;

const std::vector<std::string>& Modes() {
  static const auto& modes = *new std::vector<std::string>{"fastbuild", "dbg", "opt"};
  return modes;
}

// A list that is passed to a compiler or linker, and the same for tools.
void AddOptionList(std::vector<NativeOption>& table, const std::string& name,
                   const std::string& help) {
  table.push_back({.name = name,
                   .type = Type::kStringList,
                   .in_tools = InTools::kFromHost,
                   .is_flag = true,
                   .value_name = "OPTION",
                   .help = help + " May be repeated."});
  table.push_back({.name = "host_" + name,
                   .type = Type::kStringList,
                   .in_tools = InTools::kSame,
                   .is_flag = true,
                   .value_name = "OPTION",
                   .help = "Like --" + name + ", for programs that run in the build."});
}

void AddCompilation(std::vector<NativeOption>& table) {
  table.push_back({.name = "compilation_mode",
                   .default_text = "fastbuild",
                   .choices = Modes(),
                   .in_tools = InTools::kFromHost,
                   .is_flag = true,
                   .value_name = "MODE",
                   .help = "How to compile: fastbuild, dbg or opt."});
  table.push_back({.name = "host_compilation_mode",
                   .default_text = "opt",
                   .choices = Modes(),
                   .in_tools = InTools::kSame,
                   .is_flag = true,
                   .value_name = "MODE",
                   .help = "How to compile programs that run in the build. Default: opt."});
  AddOptionList(table, "copt", "One more option for every C and C++ compilation.");
  AddOptionList(table, "conlyopt", "One more option for every compilation of C.");
  AddOptionList(table, "cxxopt", "One more option for every compilation of C++.");
  AddOptionList(table, "linkopt", "One more option for every link.");
  table.push_back({.name = "features",
                   .type = Type::kStringList,
                   .in_tools = InTools::kFromHost,
                   .is_flag = true,
                   .value_name = "NAME",
                   .help = "Turns a feature on, or off with a leading '-'. May be repeated."});
  table.push_back({.name = "host_features",
                   .type = Type::kStringList,
                   .in_tools = InTools::kSame,
                   .is_flag = true,
                   .value_name = "NAME",
                   .help = "Like --features, for programs that run in the build."});
}

void AddLinking(std::vector<NativeOption>& table) {
  table.push_back({.name = "strip",
                   .default_text = "sometimes",
                   .choices = {"always", "sometimes", "never"},
                   .is_flag = true,
                   .value_name = "WHEN",
                   .help = "Leaves debugging information out of programs: always, sometimes (with "
                           "-c fastbuild) or never."});
  table.push_back({.name = "fission",
                   .type = Type::kCommaList,
                   .choices = {"yes", "no", "fastbuild", "dbg", "opt"},
                   .is_flag = true,
                   .value_name = "MODES",
                   .help = "In which compilation modes debugging information of C++ code is put into files beside the "
                           "objects: yes, no or modes, between commas. Default: no."});
  table.push_back({.name = "dynamic_mode",
                   .default_text = "default",
                   .choices = {"off", "default", "fully"},
                   .is_flag = true,
                   .value_name = "WHEN",
                   .help = "Libraries are linked into programs; default and off mean the same."});
  table.push_back({.name = "force_pic",
                   .type = Type::kBool,
                   .default_text = "false",
                   .in_tools = InTools::kSame,
                   .is_flag = true,
                   .help = "Objects of programs are position independent, as they always are."});
}

void AddPlatforms(std::vector<NativeOption>& table) {
  table.push_back({.name = "platforms",
                   .type = Type::kLabelList,
                   .is_flag = true,
                   .value_name = "LABEL",
                   .help = "The platform to build for. Default: the host platform."});
  table.push_back({.name = "host_platform",
                   .type = Type::kLabel,
                   .in_tools = InTools::kSame,
                   .is_flag = true,
                   .value_name = "LABEL",
                   .help = "The platform of this machine. Default: found out."});
  table.push_back({.name = "extra_toolchains",
                   .type = Type::kCommaList,
                   .in_tools = InTools::kSame,
                   .is_flag = true,
                   .value_name = "LABELS",
                   .help = "Toolchains that come before the registered ones. May be repeated."});
  table.push_back({.name = "extra_execution_platforms",
                   .type = Type::kCommaList,
                   .in_tools = InTools::kSame,
                   .is_flag = true,
                   .value_name = "LABELS",
                   .help = "Execution platforms before the registered ones. May be repeated."});
  table.push_back({.name = "cpu",
                   .is_flag = true,
                   .value_name = "NAME",
                   .help = "The platform by the name of its processor: k8, aarch64. --platforms "
                           "comes first."});
  table.push_back({.name = "host_cpu"});
}

void AddEnvironment(std::vector<NativeOption>& table) {
  table.push_back({.name = "define",
                   .type = Type::kAssignments,
                   .in_tools = InTools::kSame,
                   .is_flag = true,
                   .in_transitions = false,
                   .value_name = "NAME=VALUE",
                   .help = "Sets a name that config_setting(define_values) and $(NAME) can see. May "
                           "be repeated."});
  table.push_back({.name = "action_env",
                   .type = Type::kAssignments,
                   .in_tools = InTools::kFromHost,
                   .is_flag = true,
                   .value_name = "NAME[=VALUE]",
                   .help = "A variable for actions that ask for the default shell environment. May "
                           "be repeated."});
  table.push_back({.name = "host_action_env",
                   .type = Type::kAssignments,
                   .in_tools = InTools::kSame,
                   .is_flag = true,
                   .value_name = "NAME[=VALUE]",
                   .help = "Like --action_env, for programs that run in the build."});
  table.push_back({.name = "test_env",
                   .type = Type::kAssignments,
                   .is_flag = true,
                   .value_name = "NAME[=VALUE]",
                   .help = "A variable for tests. May be repeated."});
  table.push_back({.name = "test_arg",
                   .type = Type::kStringList,
                   .is_flag = true,
                   .value_name = "ARGUMENT",
                   .help = "One more argument for every test. May be repeated."});
  table.push_back({.name = "test_filter",
                   .is_flag = true,
                   .value_name = "FILTER",
                   .help = "Which cases of tests to run; test frameworks read it."});
}

// Conditions of projects ask for these; nothing in cow makes them differ from their defaults.
void AddKnown(std::vector<NativeOption>& table) {
  for (const char* name : {"stamp", "collect_code_coverage", "interface_shared_objects",
                           "android_incremental_dexing", "build_runfile_links"}) {
    table.push_back({.name = name, .type = Type::kBool, .default_text = "false"});
  }
  table.push_back({.name = "apple_platform_type", .default_text = "macos"});
  for (const char* name : {"compiler", "host_compiler", "crosstool_top", "host_crosstool_top",
                           "android_cpu", "android_crosstool_top", "apple_crosstool_top",
                           "grte_top", "ios_multi_cpus", "macos_cpus", "watchos_cpus",
                           "tvos_cpus", "minimum_os_version"}) {
    table.push_back({.name = name});
  }
}

std::vector<NativeOption> MakeTable() {
  std::vector<NativeOption> table;
  AddCompilation(table);
  AddLinking(table);
  AddPlatforms(table);
  AddEnvironment(table);
  AddKnown(table);
  std::sort(table.begin(), table.end(),
            [](const NativeOption& a, const NativeOption& b) { return a.name < b.name; });
  return table;
}

}  // namespace

std::span<const NativeOption> NativeOptions() {
  static const auto& table = *new std::vector<NativeOption>(MakeTable());
  return table;
}

const NativeOption* FindNativeOption(std::string_view name) {
  std::span<const NativeOption> table = NativeOptions();
  auto it = std::lower_bound(
      table.begin(), table.end(), name,
      [](const NativeOption& option, std::string_view wanted) { return option.name < wanted; });
  return it != table.end() && it->name == name ? &*it : nullptr;
}

}  // namespace cow
