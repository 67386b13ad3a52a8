// From what somebody wrote for an attribute to the value a Target holds.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/loading/attribute.h"
#include "engine/loading/file_table.h"
#include "engine/model/label.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/value.h"

namespace cow::loading {

struct ConversionContext {
  starlark::Heap* heap = nullptr;       // where converted values are made
  const FileTable* files = nullptr;     // how labels are read
  PackageId base{};                     // what relative labels are relative to
  std::string what{};                   // "attribute 'srcs' in 'filegroup' rule": for messages
  std::vector<Label>* labels = nullptr; // if set: receives every label of the value, keys of selects excluded
};

// A copy of `value` that has exactly the attribute's type. Failure: a plain message.
absl::StatusOr<starlark::Value> ConvertValue(const Attribute& attribute, starlark::Value value,
                                             const ConversionContext& context);

// What an attribute of this type is without default: False, 0, "", [], {}; unset for label and output.
starlark::Value EmptyValue(AttributeType type, starlark::Heap& heap);

}  // namespace cow::loading
