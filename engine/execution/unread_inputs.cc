#include "engine/execution/unread_inputs.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_split.h"
#include "engine/execution/reapi_messages.h"

namespace cow::execution {

bool IsWatched(const Action& action) { return action.execution_requirements.contains(kIgnoreUnreadInputs); }

bool MayIgnoreUnread(const Action& action) { return IsWatched(action) || action.unused_inputs_list.valid(); }

Digest ShapeOf(const PreparedAction& prepared) {
  ActionMessage message = prepared.preimage.action;
  message.input_root = Digest();
  RecordHasher shape("cow/shape");
  shape.Add(EncodeAction(message)).AddInt(static_cast<int64_t>(prepared.inputs.size()));
  for (const SpawnInput& input : prepared.inputs) {
    // That a file is empty can be learned without opening it.
    const bool empty = input.kind == SpawnInput::Kind::kFile && input.digest.size_bytes() == 0;
    shape.AddInt(static_cast<int64_t>(input.kind)).Add(input.path).AddInt(input.executable).AddInt(empty);
    shape.Add(input.target).Add(input.kind == SpawnInput::Kind::kTree ? input.digest : Digest());
  }
  return shape.Finish();
}

Digest KeyOfRead(const Digest& shape, const PreparedAction& prepared, const store::ReadSet& read) {
  RecordHasher key("cow/key-of-read");
  key.Add(shape);
  for (size_t i = 0; i < prepared.inputs.size(); ++i) {
    if (read[i]) key.AddInt(static_cast<int64_t>(i)).Add(prepared.inputs[i].digest);
  }
  return key.Finish();
}

void MarkUnused(const PreparedAction& prepared, std::string_view list, store::ReadSet* read) {
  const absl::flat_hash_set<std::string_view> unused = absl::StrSplit(list, '\n', absl::SkipEmpty());
  for (size_t i = 0; i < prepared.inputs.size(); ++i) {
    const SpawnInput& input = prepared.inputs[i];
    if (input.kind == SpawnInput::Kind::kFile && unused.contains(input.path)) (*read)[i] = false;
  }
}

}  // namespace cow::execution
