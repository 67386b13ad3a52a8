#include "engine/loading/configuration_field.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

absl::StatusOr<starlark::Value> MakeConfigurationField(starlark::Thread& thread, const starlark::Arguments& args) {
  std::string_view fragment;
  std::string_view name;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {starlark::Required("fragment", &fragment), starlark::Required("name", &name)}));
  if (fragment == "cpp" && name == "cc_toolchain") {
    COW_ASSIGN_OR_RETURN(Label label, Label::Parse("@bazel_tools//tools/cpp:current_cc_toolchain", PackageId()));
    return thread.heap().New<ConfigurationField>(std::move(label));
  }
  bool of_coverage = fragment == "coverage" && (name == "output_generator" || name == "lcov_merger");
  bool of_profile = fragment == "cpp" && (name == "zipper" || name == "libc_top" || name == "target_libc_top_DO_NOT_USE_ONLY_FOR_CC_TOOLCHAIN");
  if (of_coverage || of_profile) return thread.heap().New<ConfigurationField>(std::nullopt);
  return absl::InvalidArgumentError(absl::StrCat("configuration_field(): there is no field '", name,
                                                 "' on configuration fragment '", fragment, "'"));
}

}  // namespace cow::loading
