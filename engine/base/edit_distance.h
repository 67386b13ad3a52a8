// "did you mean": the closest of some names to a misspelled one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cow {

// Number of single-character insertions, deletions, replacements and swaps of neighbours.
int EditDistance(std::string_view a, std::string_view b);

// The closest candidate, or "" if none is close enough to be a likely misspelling.
// Ties go to the candidate that comes first. Of very many or very long names only the first count.
std::string ClosestMatch(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace cow
