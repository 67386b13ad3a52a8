#include "engine/execution/key_notes.h"

#include <utility>

namespace cow::execution {

std::optional<KeyNote> KeyNotes::OnKnown(const std::string& output, const Digest& key) const {
  if (history_ == nullptr) return std::nullopt;
  std::vector<LastKey> known = history_->LastKeysOf(output);
  if (!known.empty() && known.front().key == key && !known.front().failed) return std::nullopt;
  history_->AddLastKey(output, {.key = key, .unix_micros = unix_micros_});
  if (known.empty() || known.front().key == key) return std::nullopt;
  std::erase_if(known, [&](const LastKey& last) { return last.key == key; });
  return KeyNote{.key = key, .previous = std::move(known)};
}

std::optional<KeyNote> KeyNotes::OnMiss(const std::string& output, KeyNote note) const {
  if (history_ == nullptr) return std::nullopt;
  note.previous = history_->LastKeysOf(output);
  return note;
}

std::optional<KeyNote> KeyNotes::OnRemote(const std::string& output, const Digest& key, const KeyPreimage& preimage) const {
  if (history_ == nullptr) return std::nullopt;
  KeyNote note{.key = key, .miss = MissReason::kNoResult, .previous = history_->LastKeysOf(output)};
  StorePreimage(key, preimage, history_->preimages());
  history_->AddLastKey(output, {.key = key, .unix_micros = unix_micros_});
  return note;
}

void KeyNotes::OnSameReads(const Digest& key, const KeyPreimage& preimage) const {
  if (history_ != nullptr) StorePreimage(key, preimage, history_->preimages());
}

void KeyNotes::OnRan(const std::string& output, const Digest& key, const KeyPreimage& preimage, bool failed) const {
  if (history_ == nullptr) return;
  StorePreimage(key, preimage, history_->preimages());
  history_->AddLastKey(output, {.key = key, .failed = failed, .unix_micros = unix_micros_});
}

}  // namespace cow::execution
