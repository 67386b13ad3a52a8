// Expansion of what BUILD files write with dollar signs: $(location :x) and Make variables.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace cow::analysis {

// Replaces $(NAME), $X and $$ (a dollar sign). `lookup` gives the value of a name without dollar
// and parentheses, or nothing. Failure: "$(NAME) not defined", "unterminated variable reference".
using VariableLookup = std::function<std::optional<std::string>(std::string_view name)>;
absl::StatusOr<std::string> ExpandMakeVariables(std::string_view text,
                                                const VariableLookup& lookup);

// Replaces $(location L) and its kin. `resolve` gets the function (location, locations, execpath,
// execpaths, rootpath, rootpaths, rlocationpath, rlocationpaths) and the label text, and gives the
// paths. Other uses of dollar signs stay as they are, and so does everything after "$$".
using LocationLookup =
    std::function<absl::StatusOr<std::string>(std::string_view function, std::string_view label)>;
absl::StatusOr<std::string> ExpandLocations(std::string_view text, const LocationLookup& resolve);

// Words as a shell splits them: blanks separate, quotes and backslashes protect. An unclosed quote
// is an error.
absl::StatusOr<std::vector<std::string>> SplitShellWords(std::string_view text);

}  // namespace cow::analysis
