#include "engine/execution/key_preimage.h"

#include <cstdint>
#include <utility>

#include "engine/base/status.h"

namespace cow::execution {
namespace {

constexpr std::string_view kTag = "cow.preimage.v2";
constexpr size_t kLengthBytes = 8;

void AppendField(std::string_view field, std::string* out) {
  const uint64_t size = field.size();
  for (size_t i = 0; i < kLengthBytes; ++i) out->push_back(static_cast<char>(size >> (8 * i)));
  out->append(field);
}

absl::StatusOr<std::string_view> TakeField(std::string_view* rest) {
  const absl::Status cut = absl::InvalidArgumentError("preimage record is cut short");
  if (rest->size() < kLengthBytes) return cut;
  uint64_t size = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) size |= uint64_t{static_cast<uint8_t>((*rest)[i])} << (8 * i);
  rest->remove_prefix(kLengthBytes);
  if (rest->size() < size) return cut;
  std::string_view field = rest->substr(0, size);
  rest->remove_prefix(size);
  return field;
}

}  // namespace

std::string EncodePreimage(const ActionMessage& action, const CommandMessage& command, std::string_view root) {
  std::string out;
  AppendField(kTag, &out);
  AppendField(EncodeAction(action), &out);
  AppendField(EncodeCommand(command), &out);
  AppendField(root, &out);
  return out;
}

absl::StatusOr<StoredPreimage> DecodePreimage(std::string_view bytes) {
  COW_ASSIGN_OR_RETURN(std::string_view tag, TakeField(&bytes));
  if (tag != kTag) return absl::InvalidArgumentError("not a preimage record");
  COW_ASSIGN_OR_RETURN(std::string_view action, TakeField(&bytes));
  COW_ASSIGN_OR_RETURN(std::string_view command, TakeField(&bytes));
  COW_ASSIGN_OR_RETURN(std::string_view root, TakeField(&bytes));
  if (!bytes.empty()) return absl::InvalidArgumentError("preimage record is too long");
  StoredPreimage preimage;
  COW_ASSIGN_OR_RETURN(preimage.action, DecodeAction(action));
  COW_ASSIGN_OR_RETURN(preimage.command, DecodeCommand(command));
  COW_ASSIGN_OR_RETURN(preimage.root, store::DecodeDirectory(root));
  if (Digest::Of(command) != preimage.action.command || Digest::Of(root) != preimage.action.input_root) {
    return absl::InvalidArgumentError("the messages of a preimage record do not belong together");
  }
  return preimage;
}

void StorePreimage(const Digest& key, const KeyPreimage& preimage, store::PreimageStore& preimages) {
  for (size_t i = 1; i < preimage.directories.size(); ++i) {
    preimages.Put(preimage.directories[i].digest, preimage.directories[i].bytes);
  }
  preimages.Put(key, EncodePreimage(preimage.action, preimage.command, preimage.directories.front().bytes));
}

std::optional<StoredPreimage> FindPreimage(const Digest& key, const store::PreimageStore& preimages) {
  std::optional<std::string> bytes = preimages.Get(key);
  if (!bytes) return std::nullopt;
  absl::StatusOr<StoredPreimage> preimage = DecodePreimage(*bytes);
  if (!preimage.ok() || Digest::Of(EncodeAction(preimage->action)) != key) return std::nullopt;
  return *std::move(preimage);
}

std::optional<store::Directory> FindDirectory(const Digest& digest, const store::PreimageStore& preimages) {
  std::optional<std::string> bytes = preimages.Get(digest);
  if (!bytes || Digest::Of(*bytes) != digest) return std::nullopt;
  absl::StatusOr<store::Directory> directory = store::DecodeDirectory(*bytes);
  if (!directory.ok()) return std::nullopt;
  return *std::move(directory);
}

}  // namespace cow::execution
