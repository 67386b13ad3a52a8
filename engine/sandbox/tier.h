// How strongly actions are kept apart from the machine. What each means is in README.md.
#pragma once

namespace cow::sandbox {

enum class Tier {
  kNamespaces,  // S3
  kChroot,      // S2
  kLandlock,    // S1
  kNone,        // S0
};

}  // namespace cow::sandbox
