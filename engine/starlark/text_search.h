// Searching in text; charges for what it takes, which for unlucky texts is the product of the
// lengths. Fails only if the evaluation has to end.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"

namespace cow::starlark {

// Where `part` begins at or behind `from`, or npos.
absl::StatusOr<size_t> FindText(std::string_view text, std::string_view part, size_t from);
// Where it begins last, or npos.
absl::StatusOr<size_t> FindLastText(std::string_view text, std::string_view part);

}  // namespace cow::starlark
