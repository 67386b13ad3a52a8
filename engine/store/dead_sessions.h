// Whether a session was killed and its scratch directory is still there (session_dir.h), for commands that need no
// session themselves: somebody has to begin one that removes it. Any thread.
#pragma once

#include "engine/store/cache_layout.h"

namespace cow::store {

bool AnyDeadSession(const CacheLayout& layout);

}  // namespace cow::store
