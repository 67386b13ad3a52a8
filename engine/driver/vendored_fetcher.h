// VendoredFetcher: takes what a vendor directory has from there, and asks another fetcher for the rest.
#pragma once

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store/cas.h"
#include "engine/store/fetcher.h"
#include "engine/store/vendor_directory.h"

namespace cow::driver {

class VendoredFetcher final : public store::Fetcher {
 public:
  // All outlive the fetcher.
  VendoredFetcher(store::Fetcher& others, store::LocalCas& cas, const store::VendorDirectory& directory)
      : others_(others), cas_(cas), directory_(directory) {}

  absl::Status Fetch(const FetchSpec& spec) override {
    if (cas_.Contains(spec.digest)) return absl::OkStatus();
    absl::StatusOr<std::string> path = directory_.Find(spec.digest.hex());
    if (!path.ok()) return others_.Fetch(spec);
    COW_ASSIGN_OR_RETURN(Digest found, cas_.PutFile(*path));
    if (found == spec.digest) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("the vendored file ", *path, " has sha256 ", found.hex(), ", not that of its name"));
  }

  int parallel() const override { return others_.parallel(); }

 private:
  store::Fetcher& others_;
  store::LocalCas& cas_;
  const store::VendorDirectory& directory_;
};

}  // namespace cow::driver
