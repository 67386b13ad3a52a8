// What the very first action of an engine checks, from inside: that the sandbox is one.
#pragma once

namespace cow::sandbox {

// Prints the first promise that does not hold to stdout. Returns the exit code: 0 if all hold.
// `writable` is a writable directory below /build, `input` a staged input inside of it.
int RunCanary(bool with_proc, const char* writable, const char* input);

}  // namespace cow::sandbox
