// Serve: the service on its ports.
#pragma once

#include <string>

#include "packages/repeater/src/config.h"

namespace repeater {

// Binds, announces the addresses on stderr, and answers requests until SIGTERM or SIGINT; requests that are being
// answered then are finished. Call it from the main thread before any other thread exists.
// Returns "" after a signal, else what went wrong.
std::string Serve(const Config& config);

}  // namespace repeater
