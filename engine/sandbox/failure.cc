#include "engine/sandbox/failure.h"

#include <cerrno>
#include <cstdio>

namespace cow::sandbox {

bool Fail(Failure* failure, const char* step, const char* detail) {
  failure->error = errno != 0 ? errno : EIO;
  snprintf(failure->step, sizeof failure->step, "%s", step);
  snprintf(failure->detail, sizeof failure->detail, "%s", detail);
  return false;
}

}  // namespace cow::sandbox
