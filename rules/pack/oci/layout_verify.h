// Checks a layout as a strict registry and runtime together would.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "rules/pack/oci/layout.h"

namespace cow::pack {

// Digests and sizes of everything reachable, diff ids (layers are decompressed), history counts, and that
// no blob is left over. The first defect is the status.
absl::Status VerifyLayout(const std::string& directory);

// Checks an image's config against its layers' digests, without reading layers.
absl::Status CheckImageConfig(const Json& config, size_t layers);

}  // namespace cow::pack
