// What the output of a failed action says about its declaration: an undeclared input, an undeclared
// output, the missing network.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/label.h"

namespace cow::execution {

struct FailureScene {
  Label owner{};                                           // of the failed action
  std::string workspace_root{};                            // absolute
  std::function<bool(const std::string&)> is_input{};      // by exec path
  // The label that generates the artifact of this exec path, or "".
  std::function<std::string(const std::string&)> made_by{};
};

// Complete sentences for "note: ", without repetition; empty if nothing is recognized. Looks at files of the workspace.
std::vector<std::string> HintsFor(std::string_view output, const FailureScene& scene);

}  // namespace cow::execution
