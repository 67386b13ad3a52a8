// The packages that an analysis looked at as bytes of a BuildState record.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/analysis/package_uses.h"
#include "engine/base/digest.h"

namespace cow::driver {

// `plan`: of the record of the plan that came out.
std::string EncodeUses(const analysis::PackageUses& uses, const Digest& plan);

// kDataLoss if the bytes are something else, or belong to another plan.
absl::StatusOr<analysis::PackageUses> DecodeUses(std::string_view bytes, const Digest& plan);

}  // namespace cow::driver
