// Options: what the flags of one command line mean. Filled by the flag table, read by the commands.
#pragma once

#include <string>
#include <vector>

#include "engine/driver/build_request.h"
#include "engine/driver/query_request.h"
#include "engine/driver/starlark_script.h"

namespace cow::cli {

enum class Switch { kAuto, kYes, kNo };

struct Options {
  std::string command{};                // its name
  driver::BuildRequest request{};       // everything that concerns the build
  driver::QueryRequest query{};         // cow query; its expression is in `arguments`
  Switch color = Switch::kAuto;         // auto: only on a terminal
  Switch progress = Switch::kAuto;      // auto: one line per worker on a terminal, plain lines elsewhere
  bool json = false;                    // the result as one JSON object on stdout
  bool help = false;
  std::string against{};                // cow why: number of the build to compare with
  bool list = false;                    // cow why: the recorded builds
  std::string profile{};                // file to write a trace of the build to; "" = none
  driver::StarlarkRequest starlark{};   // what `cow starlark` runs, and how far
  bool quiet = false;                   // errors and requested output only
  std::vector<std::string> arguments{}; // what is not a flag, in order
  std::vector<std::string> after_dashes{};  // what follows "--"
};

}  // namespace cow::cli
