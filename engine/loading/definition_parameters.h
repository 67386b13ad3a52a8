// Reading the parameters that rule(), aspect(), macro() and attr.xxx() share.
//
// All fail with a plain message that names `function` and the parameter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/loading/attribute.h"
#include "engine/loading/file_table.h"
#include "engine/loading/rule_class.h"
#include "engine/model/label.h"
#include "engine/starlark/value.h"

namespace cow::loading {

// Where a parameter stands, for messages and for reading labels.
struct ParameterPlace {
  std::string_view function{};
  const FileTable* files = nullptr;
  PackageId base{};
};

// None and absent values give nothing.
absl::StatusOr<std::vector<std::string>> StringsParameter(const ParameterPlace& place, std::string_view parameter,
                                                          starlark::Value value);
absl::StatusOr<std::vector<Label>> LabelsParameter(const ParameterPlace& place, std::string_view parameter,
                                                   starlark::Value value);
// Labels, strings and values of config_common.toolchain_type().
absl::StatusOr<std::vector<ToolchainRequirement>> ToolchainsParameter(const ParameterPlace& place,
                                                                      starlark::Value value);
// [A, B], one alternative, or [[A], [B, C]].
absl::StatusOr<std::vector<std::vector<starlark::Value>>> ProvidersParameter(std::string_view function,
                                                                             std::string_view parameter,
                                                                             starlark::Value value);

// A Label or the text of one.
absl::StatusOr<Label> LabelParameter(const ParameterPlace& place, std::string_view parameter, starlark::Value value);

// One entry of `attrs`: None adds nothing.
absl::Status AddDeclaredAttribute(std::string_view name, starlark::Value value, std::vector<Attribute>& attributes);

}  // namespace cow::loading
