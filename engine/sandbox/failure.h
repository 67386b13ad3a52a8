// How a step of the helper reports that it failed.
//
//   if (mount(...) != 0) return Fail(failure, "mount a tmpfs on /build");
#pragma once

#include "engine/sandbox/protocol.h"

namespace cow::sandbox {

// Records errno, the step ("could not <step>") and the path it was about. Always returns false.
bool Fail(Failure* failure, const char* step, const char* detail = "");

}  // namespace cow::sandbox
