#include "engine/analysis/execution_tags.h"

#include <algorithm>
#include <string_view>

#include "engine/loading/target.h"

namespace cow::analysis {
namespace {

constexpr std::string_view kPrefixes[] = {"block-", "cpu:", "disable-", "no-", "requires-", "resources:", "supports-"};

bool SaysHowToRun(std::string_view tag) {
  return tag == "local" || std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                                       [&](std::string_view prefix) { return tag.starts_with(prefix); });
}

}  // namespace

void AddExecutionTags(const loading::Target& target, std::map<std::string, std::string>& requirements) {
  for (const std::string& tag : target.tags()) {
    if (SaysHowToRun(tag)) requirements.try_emplace(tag, "");
  }
}

}  // namespace cow::analysis
