#include "engine/execution/key_notes.h"

#include <utility>

namespace cow::execution {

std::optional<KeyNote> KeyNotes::OnKnown(const std::string& output, const Digest& key) const {
  if (history_ == nullptr) return std::nullopt;
  std::optional<LastKey> last = history_->LastKeyOf(output);
  if (last && last->key == key && !last->failed) return std::nullopt;
  history_->SetLastKey(output, {.key = key, .unix_micros = unix_micros_});
  if (!last || last->key == key) return std::nullopt;
  return KeyNote{.key = key, .previous = std::move(last)};
}

std::optional<KeyNote> KeyNotes::OnMiss(const std::string& output, KeyNote note) const {
  if (history_ == nullptr) return std::nullopt;
  note.previous = history_->LastKeyOf(output);
  return note;
}

void KeyNotes::OnSameReads(const Digest& key, const KeyPreimage& preimage) const {
  if (history_ != nullptr) StorePreimage(key, preimage, history_->preimages());
}

void KeyNotes::OnRan(const std::string& output, const Digest& key, const KeyPreimage& preimage, bool failed) const {
  if (history_ == nullptr) return;
  StorePreimage(key, preimage, history_->preimages());
  history_->SetLastKey(output, {.key = key, .failed = failed, .unix_micros = unix_micros_});
}

}  // namespace cow::execution
