// Build: from what was asked to what came out, through all layers.
#pragma once

#include <stop_token>

#include "engine/driver/build_request.h"
#include "engine/model/build_event.h"

namespace cow::driver {

// Everything that goes wrong is announced to `events` as an error message, complete with its place, and shows in the
// result's exit code. Called from one thread; starts and joins its own.
BuildResult Build(const BuildRequest& request, EventSink& events, std::stop_token cancelled);

}  // namespace cow::driver
