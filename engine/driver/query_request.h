// QueryRequest: what `cow query` was asked. QueryResult: what came out.
#pragma once

#include <string>

#include "engine/driver/build_request.h"

namespace cow::driver {

struct QueryRequest {
  std::string expression{};
  std::string query_file{};             // instead of an expression: a file that holds it
  std::string at = "target";            // target, configured or action
  std::string output{};                 // "" = label, for actions text
  std::string order_output = "auto";
  std::string universe_scope = "//...";
  bool tool_deps = true;
  bool implicit_deps = true;
};

struct QueryResult {
  ExitCode exit_code = ExitCode::kOk;
  std::string text{};                   // complete lines for stdout
};

}  // namespace cow::driver
