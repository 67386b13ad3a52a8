// The control file of a package being built.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "rules/pack/deb/deb_builder.h"

namespace cow::pack {

// Fields in dpkg's order, checked; `shared_libraries` is the computed dependency text.
absl::StatusOr<std::string> RenderControl(const DebSpec& spec, const std::string& shared_libraries,
                                          int64_t installed_size);

// Sum over the data in KiB, as dpkg-gencontrol counts.
int64_t InstalledSize(const FileTree& data);

}  // namespace cow::pack
