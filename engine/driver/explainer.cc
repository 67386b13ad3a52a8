#include "engine/driver/explainer.h"

#include <algorithm>
#include <utility>

#include "engine/base/rel_path.h"

namespace cow::driver {
namespace {

using execution::KeyDifference;
using Kind = Cause::Kind;
using Outcome = RecordedAction::Outcome;

Kind KindOf(KeyDifference::Kind kind) {
  switch (kind) {
    case KeyDifference::Kind::kInputChanged: return Kind::kInputChanged;
    case KeyDifference::Kind::kInputAdded: return Kind::kInputAdded;
    case KeyDifference::Kind::kInputRemoved: return Kind::kInputRemoved;
    case KeyDifference::Kind::kTool: return Kind::kToolChanged;
    case KeyDifference::Kind::kArgument: return Kind::kArgumentChanged;
    case KeyDifference::Kind::kArgumentOrder: return Kind::kArgumentOrder;
    case KeyDifference::Kind::kEnvironment: return Kind::kEnvironmentChanged;
    case KeyDifference::Kind::kHostTree: return Kind::kHostTreeChanged;
    case KeyDifference::Kind::kPlatformProperty: return Kind::kPlatformPropertyChanged;
    case KeyDifference::Kind::kOutputs: return Kind::kOutputsChanged;
    case KeyDifference::Kind::kTimeout: return Kind::kTimeoutChanged;
    case KeyDifference::Kind::kCaching: return Kind::kCachingChanged;
    case KeyDifference::Kind::kEngine: return Kind::kEngineChanged;
  }
  return Kind::kRecordLost;
}

// Why a key without differences had no result.
Cause WhyMissed(const RecordedAction& action, const std::optional<LastKey>& same) {
  switch (action.miss) {
    case MissReason::kBlobLost: return {.kind = Kind::kOutputEvicted, .name = action.lost};
    case MissReason::kRefused: return {.kind = Kind::kRefusedByPolicy};
    case MissReason::kNone:
    case MissReason::kNoResult:
    case MissReason::kNotCacheable:
    case MissReason::kCacheOff: break;
  }
  if (!same) return {.kind = Kind::kNeverBuilt};
  if (action.miss == MissReason::kCacheOff) return {.kind = Kind::kCacheDisabled};
  if (same->failed) return {.kind = Kind::kFailedBefore};
  return {.kind = action.miss == MissReason::kNotCacheable ? Kind::kNotCacheable : Kind::kResultEvicted};
}

bool IsChange(const Cause& cause) { return cause.kind == Kind::kInputChanged || cause.kind == Kind::kToolChanged; }

// Made of the bytes of its source: without a key of its own.
bool IsAlias(const RecordedAction& action) {
  return action.outcome == Outcome::kMade && !action.source.empty() && action.previous.empty();
}

// Whether all of `part` are among `causes`, and not all of those.
bool IsProperPart(const std::vector<Cause>& part, const std::vector<Cause>& causes) {
  return part.size() < causes.size() && std::all_of(part.begin(), part.end(), [&](const Cause& cause) {
           return std::find(causes.begin(), causes.end(), cause) != causes.end();
         });
}

void SortUnique(std::vector<Cause>& causes) {
  std::sort(causes.begin(), causes.end());
  causes.erase(std::unique(causes.begin(), causes.end()), causes.end());
}

}  // namespace

std::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kInputChanged: return "input_changed";
    case Kind::kInputAdded: return "input_added";
    case Kind::kInputRemoved: return "input_removed";
    case Kind::kToolChanged: return "tool_changed";
    case Kind::kArgumentChanged: return "argument_changed";
    case Kind::kArgumentOrder: return "argument_order_changed";
    case Kind::kEnvironmentChanged: return "environment_changed";
    case Kind::kHostTreeChanged: return "host_tree_changed";
    case Kind::kPlatformPropertyChanged: return "platform_property_changed";
    case Kind::kOutputsChanged: return "outputs_changed";
    case Kind::kTimeoutChanged: return "timeout_changed";
    case Kind::kCachingChanged: return "caching_changed";
    case Kind::kEngineChanged: return "engine_changed";
    case Kind::kWrittenByRule: return "written_by_rule";
    case Kind::kNeverBuilt: return "never_built";
    case Kind::kResultEvicted: return "result_evicted";
    case Kind::kOutputEvicted: return "output_evicted";
    case Kind::kFailedBefore: return "failed_before";
    case Kind::kRefusedByPolicy: return "refused_by_policy";
    case Kind::kNotCacheable: return "not_cacheable";
    case Kind::kCacheDisabled: return "cache_disabled";
    case Kind::kRecordLost: return "record_lost";
  }
  return "";
}

execution::KeyComparison::ReadBlob ReadBlobsOf(store::LocalCas& cas) {
  return [&cas](const Digest& digest) -> std::optional<std::string> {
    absl::StatusOr<std::string> bytes = cas.Get(digest);
    if (!bytes.ok()) return std::nullopt;
    return *std::move(bytes);
  };
}

Explainer::Explainer(const store::BuildHistory& history, execution::KeyComparison::ReadBlob read_blob)
    : history_(history),
      comparison_(history.preimages(), std::move(read_blob)),
      builds_(history.Builds()),
      loaded_(builds_.size()) {}

Explainer::Build& Explainer::Loaded(size_t build) {
  if (!loaded_[build]) loaded_[build] = std::make_unique<Build>();
  Build& loaded = *loaded_[build];
  if (loaded.loaded) return loaded;
  loaded.loaded = true;
  loaded.actions = history_.ActionsOf(builds_[build].unix_micros).value_or(std::vector<RecordedAction>());
  loaded.direct.resize(loaded.actions.size());
  loaded.roots.resize(loaded.actions.size());
  for (size_t i = 0; i < loaded.actions.size(); ++i) {
    for (const std::string& output : loaded.actions[i].outputs) loaded.makers.emplace(output, i);
  }
  return loaded;
}

const std::vector<RecordedAction>& Explainer::actions(size_t build) { return Loaded(build).actions; }

std::optional<ActionRef> Explainer::MakerOf(size_t build, const std::string& path) {
  const Build& loaded = Loaded(build);
  for (std::string_view part = path; !part.empty(); part = PathDirname(part)) {
    auto found = loaded.makers.find(part);
    if (found != loaded.makers.end()) return ActionRef{build, found->second};
  }
  return std::nullopt;
}

std::vector<Cause> Explainer::Compare(const Digest& before, const Digest& after) {
  std::optional<std::vector<KeyDifference>> differences = comparison_.Compare(before, after);
  if (!differences) return {{.kind = Kind::kRecordLost}};
  std::vector<Cause> causes;
  causes.reserve(differences->size());
  for (KeyDifference& difference : *differences) {
    causes.push_back({.kind = KindOf(difference.kind),
                      .name = std::move(difference.name),
                      .before = std::move(difference.before),
                      .after = std::move(difference.after)});
  }
  return causes;
}

// The newest key, unless the changes since an older one are only a part of those since the newest: then what else changed
// had been changed back, in a build that left no trace.
Explainer::Direct Explainer::Nearest(const RecordedAction& action) {
  Direct nearest;
  for (const LastKey& last : action.previous) {
    std::vector<Cause> causes = Compare(last.key, action.key);
    if (!nearest.since || IsProperPart(causes, nearest.causes)) nearest = {std::move(causes), last};
  }
  return nearest;
}

Explainer::Direct Explainer::FindDirect(const RecordedAction& action) {
  if (action.outcome == Outcome::kMade) {
    // What it was made from has no preimage; only whether that is something else is known.
    if (action.previous.empty()) return {{{.kind = Kind::kWrittenByRule, .name = action.outputs[0]}}, std::nullopt};
    const LastKey& last = action.previous.front();
    return {{{.kind = Kind::kInputChanged,
              .name = action.source,
              .before = last.key.ToString(),
              .after = action.key.ToString()}},
            last};
  }
  auto same = std::find_if(action.previous.begin(), action.previous.end(),
                           [&](const LastKey& last) { return last.key == action.key; });
  if (same != action.previous.end()) return {{WhyMissed(action, *same)}, *same};
  Direct direct = Nearest(action);
  // Under its new key there was a result that could not be used.
  const bool unusable = action.miss == MissReason::kBlobLost || action.miss == MissReason::kRefused;
  if (direct.causes.empty() || unusable) direct.causes.push_back(WhyMissed(action, std::nullopt));
  return direct;
}

const Explainer::Direct& Explainer::DirectOf(ActionRef ref) {
  Build& build = Loaded(ref.build);
  std::optional<Direct>& known = build.direct[ref.action];
  if (!known) known = FindDirect(build.actions[ref.action]);
  return *known;
}

const std::vector<Cause>& Explainer::DirectCauses(ActionRef ref) { return DirectOf(ref).causes; }
std::optional<LastKey> Explainer::Since(ActionRef ref) { return DirectOf(ref).since; }

std::optional<ActionRef> Explainer::MakerSince(ActionRef ref, Cause* cause) {
  if (!IsChange(*cause)) return std::nullopt;
  const std::optional<LastKey> before = Since(ref);
  const int64_t since = before ? before->unix_micros : 0;
  for (size_t build = ref.build + 1; build-- > 0 && builds_[build].unix_micros > since;) {
    while (std::optional<ActionRef> maker = MakerOf(build, cause->name)) {
      if (!IsAlias(action(*maker))) return maker;
      cause->name = action(*maker).source;
    }
  }
  return std::nullopt;
}

const std::vector<Cause>& Explainer::RootCauses(ActionRef ref) {
  std::optional<std::vector<Cause>>& known = Loaded(ref.build).roots[ref.action];
  if (known) return *known;
  known.emplace();  // an action that would need itself adds nothing
  std::vector<Cause> roots;
  for (Cause cause : DirectCauses(ref)) {
    if (std::optional<ActionRef> maker = MakerSince(ref, &cause)) {
      const std::vector<Cause>& further = RootCauses(*maker);
      roots.insert(roots.end(), further.begin(), further.end());
    } else {
      roots.push_back(std::move(cause));
    }
  }
  SortUnique(roots);
  known = std::move(roots);
  return *known;
}

std::vector<ChainLink> Explainer::Chain(ActionRef ref, const Cause& cause) {
  std::vector<ChainLink> chain = {{ref, cause}};
  while (true) {
    std::optional<ActionRef> maker = MakerSince(chain.back().action, &chain.back().cause);
    if (!maker) return chain;
    const bool seen = std::any_of(chain.begin(), chain.end(), [&](const ChainLink& link) {
      return link.action.build == maker->build && link.action.action == maker->action;
    });
    if (seen) return chain;
    chain.push_back({*maker, DirectCauses(*maker).front()});
  }
}

}  // namespace cow::driver
