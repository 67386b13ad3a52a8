// Fetcher: brings bytes whose digest is known beforehand into the CAS.
#pragma once

#include <vector>

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

  // How many calls of Fetch at once make sense.
  virtual int parallel() const { return 1; }
};

// Fetches all, several at once, and all others even if one fails; then the error of the first in the list that has one,
// saying which file it was. After kCancelled no more begin.
absl::Status FetchAll(Fetcher& fetcher, const std::vector<const FetchSpec*>& specs);

}  // namespace cow::store
