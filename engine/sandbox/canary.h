// What the very first action of an engine checks, from inside: that the sandbox is one.
#pragma once

namespace cow::sandbox {

// Prints the first promise that does not hold to stdout. Returns the exit code: 0 if all hold.
// `tier` is the one it should be in: S3, S3p (without /proc), S2, S1 or S0. `writable` is a writable directory below the
// execution root, `input` a staged input inside of it.
int RunCanary(const char* tier, const char* writable, const char* input);

}  // namespace cow::sandbox
