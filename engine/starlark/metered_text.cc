#include "engine/starlark/metered_text.h"

#include "engine/base/status.h"

namespace cow::starlark {

uint64_t TextRoom(uint64_t bytes) { return bytes * 4; }

absl::Status MeteredText::CheckNow(size_t more) {
  const size_t wanted = text_.size() + more;
  next_ = wanted + wanted / 8 + 4096;
  const uint64_t written = text_.size() - charged_;
  charged_ = text_.size();
  COW_RETURN_IF_ERROR(ChargeWork(SingleBytes(written) + 1));
  return CheckWorkingMemory(TextRoom(wanted));
}

absl::Status MeteredText::Append(std::string_view piece) {
  if (text_.size() + piece.size() >= next_) COW_RETURN_IF_ERROR(CheckNow(piece.size()));
  text_ += piece;
  return absl::OkStatus();
}

}  // namespace cow::starlark
