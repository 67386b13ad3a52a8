#include "engine/base/edit_distance.h"

#include <algorithm>

namespace cow {

int EditDistance(std::string_view a, std::string_view b) {
  const size_t width = b.size() + 1;
  std::vector<std::vector<int>> rows(a.size() + 1, std::vector<int>(width));
  for (size_t i = 0; i <= a.size(); ++i) rows[i][0] = static_cast<int>(i);
  for (size_t j = 0; j < width; ++j) rows[0][j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j < width; ++j) {
      int cost = a[i - 1] == b[j - 1] ? 0 : 1;
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.size()][b.size()];
}

// Thousands of usual names. A suggestion is not worth more than some milliseconds.
constexpr size_t kMostCells = size_t{1} << 20;

std::string ClosestMatch(std::string_view name, const std::vector<std::string>& candidates) {
  const int limit = std::max(1, static_cast<int>(name.size()) / 3);
  int best = limit + 1;
  std::string result;
  size_t cells = 0;
  for (const std::string& candidate : candidates) {
    if (candidate == name) continue;
    if (candidate.size() > name.size() + static_cast<size_t>(limit)) continue;
    if (candidate.size() + static_cast<size_t>(limit) < name.size()) continue;
    cells += (candidate.size() + 1) * (name.size() + 1);
    if (cells > kMostCells) break;
    int distance = EditDistance(name, candidate);
    if (distance < best) {
      best = distance;
      result = candidate;
    }
  }
  return result;
}

}  // namespace cow
