// OfflineFetcher: what `--offline` puts in the fetcher's place: everything must be in the cache already.
#pragma once

#include "absl/strings/str_cat.h"
#include "engine/store/cas.h"
#include "engine/store/fetcher.h"

namespace cow::driver {

class OfflineFetcher final : public store::Fetcher {
 public:
  // `cas` outlives the fetcher.
  explicit OfflineFetcher(store::LocalCas& cas) : cas_(cas) {}

  absl::Status Fetch(const FetchSpec& spec) override {
    if (cas_.Contains(spec.digest)) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("'", spec.url, "' is not in the cache, and --offline forbids to download it"));
  }

 private:
  store::LocalCas& cas_;
};

}  // namespace cow::driver
