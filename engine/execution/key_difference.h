// KeyDifference: in what two action keys differ, told from their stored preimages.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/digest.h"
#include "engine/execution/key_preimage.h"
#include "engine/store/preimage_store.h"

namespace cow::execution {

struct KeyDifference {
  enum class Kind {
    kInputChanged,      // `name` is its exec path; before and after are digests, "<hex>/<size>", or what else it is
    kInputAdded,
    kInputRemoved,
    kTool,              // like kInputChanged, of the program that runs
    kArgument,          // one of before and after may be empty: an argument more, or less
    kArgumentOrder,
    kEnvironment,       // `name` is the variable; empty: not set
    kHostTree,          // before and after are digests of the tree of the machine's files it may read
    kPlatformProperty,  // `name` is the property
    kOutputs,           // before and after are exec paths
    kTimeout,
    kCaching,           // whether results are kept
    kEngine,            // another version of cow, which takes the same action for another one
  };

  Kind kind = Kind::kInputChanged;
  std::string name{};
  std::string before{};
  std::string after{};

  friend bool operator==(const KeyDifference&, const KeyDifference&) = default;
  friend auto operator<=>(const KeyDifference&, const KeyDifference&) = default;
};

// Compares many keys; what many actions share is compared once. One thread at a time.
class KeyComparison {
 public:
  using ReadBlob = std::function<std::optional<std::string>(const Digest&)>;

  // `preimages` outlives it. `read_blob` reads files of arguments, to tell which argument changed.
  KeyComparison(const store::PreimageStore& preimages, ReadBlob read_blob)
      : preimages_(preimages), read_blob_(std::move(read_blob)) {}

  // nullopt if one of the preimages is gone. Empty only if the keys are the same.
  std::optional<std::vector<KeyDifference>> Compare(const Digest& before, const Digest& after);

 private:
  using Differences = std::vector<KeyDifference>;

  void CompareInputs(const StoredPreimage& before, const StoredPreimage& after, Differences* out);
  void CompareDirectories(const std::string& path, const store::Directory& before, const store::Directory& after,
                          Differences* out);
  const Differences& CompareDirectories(const Digest& before, const Digest& after);
  void AddAll(KeyDifference::Kind kind, const std::string& path, const Digest& directory, Differences* out);
  bool CompareParamFile(const KeyDifference& input, Differences* out);

  const store::PreimageStore& preimages_;
  const ReadBlob read_blob_;
  std::map<std::pair<Digest, Digest>, Differences> directories_;  // with paths below the directory
};

}  // namespace cow::execution
