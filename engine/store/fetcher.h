// Fetcher: brings bytes whose digest is known beforehand into the CAS.
#pragma once

#include "absl/status/status.h"
#include "engine/model/action.h"

namespace cow::store {

class Fetcher {
 public:
  virtual ~Fetcher() = default;

  // After success the CAS holds spec.digest; cheap if it does already. Any thread.
  // kFailedPrecondition: the source has other bytes (names the URL and both hashes). kUnavailable: no source answered.
  // kInvalidArgument: a URL of unknown kind.
  virtual absl::Status Fetch(const FetchSpec& spec) = 0;
};

}  // namespace cow::store
