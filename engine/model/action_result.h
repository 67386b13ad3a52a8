// ActionResult: what an action produced. The value of the action cache.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/digest.h"

namespace cow {

struct ActionOutput {
  enum class Kind { kFile, kTree, kSymlink };

  Kind kind = Kind::kFile;
  std::string path{};        // exec path as declared
  Digest digest{};           // kFile: of the bytes; kTree: of the encoded tree (store/tree_encoding.h)
  bool executable = false;   // kFile
  std::string target{};      // kSymlink

  friend bool operator==(const ActionOutput&, const ActionOutput&) = default;
};

struct ActionResult {
  int32_t exit_code = 0;
  std::vector<ActionOutput> outputs{};   // in declared order
  Digest stdout_digest{};                // empty digest if it printed nothing
  Digest stderr_digest{};
  std::string sandbox_tier{};            // "S3"; how strong the isolation was
  int64_t wall_micros = 0;               // how long it ran when it ran
  int64_t max_rss_kib = 0;

  friend bool operator==(const ActionResult&, const ActionResult&) = default;
};

}  // namespace cow
