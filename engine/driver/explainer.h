// Explainer: why recorded actions had to run, from the history of a workspace alone: nothing is loaded or analysed.
//
// The direct causes of an action lie between its key and the one before. If one is an input that an action makes, the
// causes of that action come next, up to the sources.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/execution/key_difference.h"
#include "engine/model/build_record.h"
#include "engine/store/build_history.h"
#include "engine/store/cas.h"

namespace cow::driver {

struct Cause {
  enum class Kind {
    // How the key differs from the last one.
    kInputChanged,
    kInputAdded,
    kInputRemoved,
    kToolChanged,
    kArgumentChanged,
    kArgumentOrder,
    kEnvironmentChanged,
    kHostTreeChanged,
    kPlatformPropertyChanged,
    kOutputsChanged,
    kTimeoutChanged,
    kCachingChanged,
    kEngineChanged,
    kWrittenByRule,     // a file that a rule writes itself has other contents
    // Why there was no result although the key is known, or no key to compare with.
    kNeverBuilt,
    kResultEvicted,
    kOutputEvicted,     // `name` is the output whose bytes are gone
    kFailedBefore,
    kRefusedByPolicy,
    kNotCacheable,
    kCacheDisabled,
    kRecordLost,        // what the last key was made from is not known any more
  };

  Kind kind = Kind::kNeverBuilt;
  std::string name{};   // exec path, variable or property
  std::string before{};
  std::string after{};

  friend bool operator==(const Cause&, const Cause&) = default;
  friend auto operator<=>(const Cause&, const Cause&) = default;
};

// "input_changed"
std::string_view NameOf(Cause::Kind kind);

// An action by its place in the history.
struct ActionRef {
  size_t build = 0;   // index of Explainer::builds()
  size_t action = 0;  // index of its actions
};

// One action on the way from the action in question to the source of a change.
struct ChainLink {
  ActionRef action{};
  Cause cause{};      // why it ran
};

// Reads the blobs of a store.
execution::KeyComparison::ReadBlob ReadBlobsOf(store::LocalCas& cas);

class Explainer {
 public:
  // `history` outlives it.
  Explainer(const store::BuildHistory& history, execution::KeyComparison::ReadBlob read_blob);

  // Oldest first.
  const std::vector<BuildSummary>& builds() const { return builds_; }
  // Empty if they are not known any more.
  const std::vector<RecordedAction>& actions(size_t build);
  const RecordedAction& action(ActionRef ref) { return actions(ref.build)[ref.action]; }
  // The recorded action of a build that made this exec path, or a tree that holds it.
  std::optional<ActionRef> MakerOf(size_t build, const std::string& path);

  // Why it ran, or why its key changed: what is different from the key it had before. Never empty.
  const std::vector<Cause>& DirectCauses(ActionRef ref);
  // That key; nullopt if it had none.
  std::optional<LastKey> Since(ActionRef ref);
  // The same, with inputs that are made replaced by why they were made anew: sorted, distinct.
  const std::vector<Cause>& RootCauses(ActionRef ref);
  // From the action, because of its cause `cause`, to the source.
  std::vector<ChainLink> Chain(ActionRef ref, const Cause& cause);

  // In what the keys differ; kRecordLost if that is not known any more.
  std::vector<Cause> Compare(const Digest& before, const Digest& after);

 private:
  struct Direct {
    std::vector<Cause> causes;
    std::optional<LastKey> since;
  };
  struct Build {
    bool loaded = false;
    std::vector<RecordedAction> actions;
    absl::flat_hash_map<std::string_view, size_t> makers;  // by output
    std::vector<std::optional<Direct>> direct;
    std::vector<std::optional<std::vector<Cause>>> roots;
  };

  Build& Loaded(size_t build);
  Direct FindDirect(const RecordedAction& action);
  const Direct& DirectOf(ActionRef ref);
  Direct Nearest(const RecordedAction& action);
  // The action that made the input of `cause` anew since the last key of the action at `ref` was seen. What an input is an
  // alias of takes its place.
  std::optional<ActionRef> MakerSince(ActionRef ref, Cause* cause);

  const store::BuildHistory& history_;
  execution::KeyComparison comparison_;
  const std::vector<BuildSummary> builds_;
  std::vector<std::unique_ptr<Build>> loaded_;
};

}  // namespace cow::driver
