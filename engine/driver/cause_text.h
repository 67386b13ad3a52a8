// The words for a cause.
#pragma once

#include <string>

#include "engine/driver/explainer.h"

namespace cow::driver {

// "input 'a.h' changed (4f53cda18c2b -> 0a1b2c3d4e5f)". One line, no final period.
std::string TextOf(const Cause& cause);

}  // namespace cow::driver
