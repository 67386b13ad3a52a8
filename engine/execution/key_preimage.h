// KeyPreimage: everything an ActionKey was made from, kept so that it can be told later why an action ran again.
//
// It is kept in pieces (store/preimage_store.h): under the key the messages that hardly two actions share, the Action,
// its Command and the root of its inputs; every other directory under its own digest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/execution/reapi_messages.h"
#include "engine/store/directory.h"
#include "engine/store/directory_builder.h"
#include "engine/store/preimage_store.h"

namespace cow::execution {

struct KeyPreimage {
  ActionMessage action{};
  CommandMessage command{};
  std::vector<store::EncodedDirectory> directories{};  // of the inputs; the first is the root
};

void StorePreimage(const Digest& key, const KeyPreimage& preimage, store::PreimageStore& preimages);

// What lies under a key.
struct StoredPreimage {
  ActionMessage action{};
  CommandMessage command{};
  store::Directory root{};

  friend bool operator==(const StoredPreimage&, const StoredPreimage&) = default;
};

// nullopt if it is gone or does not belong to the key.
std::optional<StoredPreimage> FindPreimage(const Digest& key, const store::PreimageStore& preimages);

// A directory below the root; nullopt if it is gone, or was made by an action as part of a tree.
std::optional<store::Directory> FindDirectory(const Digest& digest, const store::PreimageStore& preimages);

// The record of a key, a tag and three messages, each after its length. `root` is encoded.
std::string EncodePreimage(const ActionMessage& action, const CommandMessage& command, std::string_view root);

// Any bytes may come in; kInvalidArgument unless they are what EncodePreimage gives and the messages belong together.
absl::StatusOr<StoredPreimage> DecodePreimage(std::string_view bytes);

}  // namespace cow::execution
