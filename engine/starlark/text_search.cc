#include "engine/starlark/text_search.h"

#include <cstring>

#include "engine/base/status.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

namespace {

// Charges for the places that begin like the text looked for.
class Candidates {
 public:
  explicit Candidates(std::string_view part) : part_(part) {}

  absl::StatusOr<bool> Matches(const char* at) {
    if (std::memcmp(at, part_.data(), part_.size()) == 0) return true;
    if ((++tried_ & 63) == 0) COW_RETURN_IF_ERROR(ChargeWork(32 + 64 * BulkBytes(part_.size())));
    return false;
  }

 private:
  std::string_view part_;
  uint64_t tried_ = 0;
};

}  // namespace

absl::StatusOr<size_t> FindText(std::string_view text, std::string_view part, size_t from) {
  if (part.size() > text.size() || from > text.size() - part.size()) return text.npos;
  if (part.empty()) return from;
  const char* at = text.data() + from;
  const char* const end = text.data() + (text.size() - part.size()) + 1;
  Candidates candidates(part);
  while (at < end) {
    at = static_cast<const char*>(std::memchr(at, part[0], static_cast<size_t>(end - at)));
    if (at == nullptr) break;
    COW_ASSIGN_OR_RETURN(bool found, candidates.Matches(at));
    if (found) {
      const auto place = static_cast<size_t>(at - text.data());
      NoteWork(1 + BulkBytes(place - from));
      return place;
    }
    ++at;
  }
  NoteWork(1 + BulkBytes(text.size() - from));
  return text.npos;
}

absl::StatusOr<size_t> FindLastText(std::string_view text, std::string_view part) {
  if (part.size() > text.size()) return text.npos;
  if (part.empty()) return text.size();
  size_t places = text.size() - part.size() + 1;
  Candidates candidates(part);
  while (places > 0) {
    const void* found = memrchr(text.data(), part[0], places);
    if (found == nullptr) break;
    const char* at = static_cast<const char*>(found);
    places = static_cast<size_t>(at - text.data());
    COW_ASSIGN_OR_RETURN(bool matches, candidates.Matches(at));
    if (matches) {
      NoteWork(1 + BulkBytes(text.size() - places));
      return places;
    }
  }
  NoteWork(1 + BulkBytes(text.size()));
  return text.npos;
}

}  // namespace cow::starlark
