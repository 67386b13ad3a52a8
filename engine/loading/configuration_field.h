// ConfigurationField: configuration_field("cpp", "cc_toolchain"), a label that Bazel takes from its options.
#pragma once

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/model/label.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/host_object.h"

namespace cow::loading {

class ConfigurationField final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"LateBoundDefault"};
  // Without a label the attribute has no default: the feature the field is about does not exist here.
  explicit ConfigurationField(std::optional<Label> label) : HostObject(kType), label_(std::move(label)) {}
  const std::optional<Label>& label() const { return label_; }

 private:
  std::optional<Label> label_;
};

// The builtin. Fails for fields that mean something else in every build.
absl::StatusOr<starlark::Value> MakeConfigurationField(starlark::Thread& thread, const starlark::Arguments& args);

}  // namespace cow::loading
