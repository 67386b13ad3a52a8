// What rule and aspect functions have in common once they have returned.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/analysis/configured_target.h"
#include "engine/loading/target.h"
#include "engine/starlark/value.h"

namespace cow::analysis {

// Stores the instances that `function` ("the rule function") returned: None, one, or a list of them. Failure: something
// else, or two of one provider.
absl::Status StoreReturned(std::string_view function, starlark::Value returned, ProviderSet& providers);

// The same for a rule function, which may also return struct(providers = [...], name = value, ...) as rules written
// before providers do: the other fields are what dependents see as `dep.name`. Failure: also for fields that only
// DefaultInfo and OutputGroupInfo can give.
absl::Status StoreReturnedByRule(starlark::Value returned, ProviderSet& providers);

// Failure: `who` ("the rule") promised a provider that is not there.
absl::Status CheckPromises(std::string_view who, const std::vector<starlark::Value>& promised,
                           const ProviderSet& providers);

// "path:line:col: error: HEAD:" before the traceback or the message, at the target.
absl::Status AtTarget(const loading::Target& target, std::string_view head, const absl::Status& status);

}  // namespace cow::analysis
