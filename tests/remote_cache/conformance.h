// What the conformance tests share: where the server is, and calls that fail the test if they fail.
#pragma once

#include <string>

#include "engine/base/digest.h"
#include "wire/reapi.pb.h"

namespace cow::conformance {

// "HOST:PORT" of the command line; "" if it is not to be tested.
const std::string& GrpcAddress();
const std::string& HttpAddress();

// Bytes that no other test and no earlier run has.
std::string Unique(size_t size);

inline build::bazel::remote::execution::v2::Digest ToWire(const Digest& digest) {
  build::bazel::remote::execution::v2::Digest wire;
  wire.set_hash(digest.hex());
  wire.set_size_bytes(digest.size_bytes());
  return wire;
}

}  // namespace cow::conformance
