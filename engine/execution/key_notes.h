// KeyNotes: what the workspace's history says about the key of an action, asked and told while the action is looked at.
//
// Without a history there are no notes. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "engine/execution/key_preimage.h"
#include "engine/model/build_record.h"
#include "engine/store/build_history.h"

namespace cow::execution {

// What will be recorded of an action besides its outcome.
struct KeyNote {
  Digest key{};
  MissReason miss = MissReason::kNone;
  std::string lost{};                 // kBlobLost: exec path of the output
  std::vector<LastKey> previous{};
};

class KeyNotes {
 public:
  // `history` may be null and outlives it. `unix_micros`: when the build began.
  KeyNotes(store::BuildHistory* history, int64_t unix_micros) : history_(history), unix_micros_(unix_micros) {}

  // The action whose first output is `output` is up to date under this key. A note if it had another one.
  std::optional<KeyNote> OnKnown(const std::string& output, const Digest& key) const;

  // Its result was found under this new key because it read the same.
  void OnSameReads(const Digest& key, const KeyPreimage& preimage) const;

  // Its result was found on another machine.
  std::optional<KeyNote> OnRemote(const std::string& output, const Digest& key, const KeyPreimage& preimage) const;

  // It has to run.
  std::optional<KeyNote> OnMiss(const std::string& output, KeyNote note) const;

  // It ran.
  void OnRan(const std::string& output, const Digest& key, const KeyPreimage& preimage, bool failed) const;

 private:
  store::BuildHistory* const history_;
  const int64_t unix_micros_;
};

}  // namespace cow::execution
