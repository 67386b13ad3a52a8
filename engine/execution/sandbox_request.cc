#include "engine/execution/sandbox_request.h"

#include <set>

#include "engine/sandbox/protocol.h"

namespace cow::execution {

int64_t InputTime(std::string_view path, std::string_view content_identity) {
  // FNV-1a. It is part of what actions can observe: changing it changes the sandbox's semantics.
  uint32_t hash = 2166136261u;
  const auto add = [&hash](std::string_view bytes) {
    for (const char byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * 16777619u;
    hash = (hash ^ 0xffu) * 16777619u;
  };
  add(path);
  add(content_identity);
  return sandbox::kEpoch1980 + (hash & ((1u << 29) - 1));
}

std::vector<std::string> WritablePathsFor(const std::vector<std::string>& output_files,
                                          const std::vector<std::string>& output_directories) {
  std::set<std::string> paths(output_directories.begin(), output_directories.end());
  for (const std::string& file : output_files) {
    const size_t slash = file.rfind('/');
    paths.insert(slash == std::string::npos ? std::string() : file.substr(0, slash));
  }
  return {paths.begin(), paths.end()};
}

}  // namespace cow::execution
