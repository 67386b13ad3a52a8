// Feeds any bytes to the decoders of stored records. What is accepted must encode to the same bytes again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/status.h"
#include "engine/store/action_result_record.h"
#include "engine/store/directory.h"
#include "engine/store/tree_encoding.h"

namespace {

void CheckDirectory(std::string_view bytes) {
  absl::StatusOr<cow::store::Directory> directory = cow::store::DecodeDirectory(bytes);
  if (!directory.ok()) return;
  absl::StatusOr<std::string> again = cow::store::EncodeDirectory(*directory);
  COW_CHECK(again.ok() && *again == bytes);
}

void CheckTree(std::string_view bytes) {
  absl::StatusOr<cow::store::TreeContents> tree = cow::store::DecodeTree(bytes);
  if (!tree.ok()) return;
  absl::StatusOr<std::string> again = cow::store::EncodeTree(tree->entries);
  COW_CHECK(again.ok() && *again == bytes);
}

void CheckActionResult(std::string_view bytes) {
  // The key of the seeds.
  cow::Digest key = cow::Digest::Of("key");
  absl::StatusOr<cow::ActionResult> result = cow::store::DecodeActionResult(key, bytes);
  if (!result.ok()) return;
  absl::StatusOr<cow::ActionResult> again =
      cow::store::DecodeActionResult(key, cow::store::EncodeActionResult(key, *result));
  COW_CHECK(again.ok() && *again == *result);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      CheckDirectory(bytes);
      break;
    case 1:
      CheckTree(bytes);
      break;
    default:
      CheckActionResult(bytes);
      break;
  }
  return 0;
}
