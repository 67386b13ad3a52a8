// Tags of a target that say how its actions run, as execution requirements.
#pragma once

#include <map>
#include <string>

namespace cow::loading {
class Target;
}  // namespace cow::loading

namespace cow::analysis {

// Adds the tags that Bazel passes on ("no-cache", "no-remote", "local", "requires-network", "cpu:4", ...), with an empty
// value. What is there already stays.
void AddExecutionTags(const loading::Target& target, std::map<std::string, std::string>& requirements);

}  // namespace cow::analysis
