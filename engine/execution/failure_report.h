// The text a person reads when an action fails.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/execution/spawn_runner.h"
#include "engine/model/action.h"

namespace cow::execution {

// "error: //a:b: CppCompile failed: exit code 1", the command, all it printed, the hints as notes.
std::string DescribeFailedSpawn(const Action& action, const std::vector<std::string>& argv, const SpawnResult& result,
                                const std::vector<std::string>& hints);

// "error: //a:b: CppCompile failed: <reason>", the command, all it printed.
std::string DescribeBrokenPromise(const Action& action, const std::vector<std::string>& argv, const SpawnResult& result,
                                  std::string_view reason);

// "error: //a:b: CppCompile failed: <reason>"
std::string DescribeFailure(const Action& action, std::string_view reason);

// What a process printed: stdout, then stderr, without trailing newlines.
std::string PrintedText(const std::string& out, const std::string& err);

// "Compiling a.cc" or, if the rule says nothing, "CppCompile a/a.o".
std::string ProgressText(const Action& action, std::string_view first_output);

}  // namespace cow::execution
