// AspectUse: an aspect as a rule or the command line applies it. AspectPath: one to run, after those it may see.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/analysis/configured_target.h"
#include "engine/loading/aspect_class.h"
#include "engine/model/label.h"

namespace cow::analysis {

struct AspectUse {
  const loading::AspectClass* aspect = nullptr;
  // Values of its public attributes, by index of attribute; private ones are false.
  std::vector<std::variant<bool, int64_t, std::string>> parameters{};
  // Aspects that require it: it goes wherever they go.
  std::vector<const loading::AspectClass*> required_by{};

  bool GoesAlong(std::string_view attribute) const;
  friend bool operator==(const AspectUse&, const AspectUse&) = default;
};

// The last one runs; it sees on its target what the others gave. Compared by address: see AspectPaths.
struct AspectPath {
  std::vector<AspectUse> uses{};

  const loading::AspectClass& aspect() const { return *uses.back().aspect; }
};

// Makes one AspectPath per content. One thread.
class AspectPaths {
 public:
  const AspectPath* Intern(std::vector<AspectUse> uses);

  // Which of `uses` run on a target, in order: those whose required providers it has, each after the
  // ones it sees.
  std::vector<const AspectPath*> For(const std::vector<AspectUse>& uses, const ConfiguredTarget& target);

 private:
  absl::flat_hash_map<std::string, std::unique_ptr<AspectPath>> paths_;
};

// The value of a rule's attribute, to be a parameter; unset if the rule has none of that name.
using ParameterLookup = absl::FunctionRef<starlark::Value(std::string_view name)>;

// Aspects as uses: those they require come first, parameters are filled in. Failure: a parameter is missing or not
// one of its values; a plain message.
absl::StatusOr<std::vector<AspectUse>> MakeAspectUses(const std::vector<starlark::Value>& aspects,
                                                      ParameterLookup lookup);

// A target with what aspects gave it besides. `target` and `aspects` must outlive the result. Failure: two give the
// same provider; output groups are joined.
absl::StatusOr<std::unique_ptr<ConfiguredTarget>> MergeAspects(
    const ConfiguredTarget& target, const std::vector<const ConfiguredTarget*>& aspects);

}  // namespace cow::analysis
