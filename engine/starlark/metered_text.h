// MeteredText: watches a text grow, for what writes one that may be far longer than the values it is
// made of.
#pragma once

#include <string>
#include <string_view>

#include "engine/starlark/work_meter.h"

namespace cow::starlark {

class MeteredText {
 public:
  // `text` must outlive this.
  explicit MeteredText(std::string& text) : text_(text), charged_(text.size()) {}
  // Charges for what was not yet.
  ~MeteredText() { NoteWork(SingleBytes(text_.size() - charged_)); }
  MeteredText(const MeteredText&) = delete;
  MeteredText& operator=(const MeteredText&) = delete;

  // To be asked often: fails if the evaluation has to end, or has no room for so much text.
  absl::Status Check() {
    return text_.size() < next_ ? absl::OkStatus() : CheckNow(0);
  }
  // Appends a piece of any length, if there is room.
  absl::Status Append(std::string_view piece);

 private:
  absl::Status CheckNow(size_t more);

  std::string& text_;
  size_t charged_;
  size_t next_ = 4096;
};

// A finished text as long as this has to fit in memory some times: grown by doubling, then copied.
uint64_t TextRoom(uint64_t bytes);

}  // namespace cow::starlark
