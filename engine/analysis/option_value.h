// OptionValue: what an option of a configuration is set to: a native one (--copt) or a build
// setting (--//a:flag). A regular value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/model/label.h"
#include "engine/starlark/heap.h"
#include "engine/starlark/value.h"

namespace cow::analysis {

using OptionValue = std::variant<bool, int64_t, std::string, std::vector<std::string>, Label,
                                 std::vector<Label>>;

// Adds the kind, the number of elements and each element: different values give different bytes.
void AddTo(RecordHasher& hasher, const OptionValue& value);

// For messages: "true", "3", "a,b", "//x:y".
std::string OptionText(const OptionValue& value);

// As rules and transitions see it; made in `heap`.
starlark::Value ToStarlark(starlark::Heap& heap, const OptionValue& value);

// "true", "1", "yes" and their opposites, in any of the spellings Bazel takes.
// kInvalidArgument: "'maybe' is not a boolean".
absl::StatusOr<bool> ParseBool(std::string_view text);

// kInvalidArgument: "'x' is not an int".
absl::StatusOr<int64_t> ParseInt(std::string_view text);

}  // namespace cow::analysis
