// Image references and their normal form: `nginx` is docker.io/library/nginx:latest.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace cow::pack {

struct ImageReference {
  std::string domain;  // ghcr.io, localhost:5000
  std::string path;    // org/app
  std::string tag;     // "" only if there is a digest
  std::string digest;  // "sha256:..." or ""

  // The full reference.
  std::string ToString() const;
};

// A reference as people write it. The first part is a domain only if it holds '.' or ':' or is localhost.
absl::StatusOr<ImageReference> ParseImageReference(std::string_view text);

// Parse and ToString.
absl::StatusOr<std::string> NormalizeImageReference(std::string_view text);

}  // namespace cow::pack
