// ExecGroup: actions of a rule that may run on another execution platform than the rest, with toolchains of their own:
// the value of exec_group(). Immutable.
#pragma once

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/loading/rule_class.h"
#include "engine/model/label.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/host_object.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

class ExecGroupValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"exec_group"};
  explicit ExecGroupValue(ExecGroup group) : HostObject(kType), group_(std::move(group)) {}
  const ExecGroup& group() const { return group_; }

 private:
  ExecGroup group_;
};

// exec_group(toolchains, exec_compatible_with)
absl::StatusOr<starlark::Value> MakeExecGroup(starlark::Thread& thread, const starlark::Arguments& args);

// rule(exec_groups = {"name": exec_group(...)})
absl::StatusOr<std::vector<ExecGroup>> ExecGroupsParameter(starlark::Value value);

}  // namespace cow::loading
