// Images: a layout from layers, settings and an optional base; several layouts as one index.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rules/pack/oci/layer.h"

namespace cow::pack {

struct LayerInput {
  std::string blob_file;
  LayerMetadata metadata;
};

using TextPairs = std::vector<std::pair<std::string, std::string>>;

struct ImageSpec {
  std::vector<LayerInput> layers;  // lowest first
  std::string base;                // layout directory, or ""
  std::string reference;           // or ""
  std::string architecture, os = "linux", variant;
  std::vector<std::string> entrypoint, command, exposed_ports, volumes;
  TextPairs environment, labels, annotations;
  std::string user, working_directory, stop_signal, author;
  int64_t created = 0;
};

// Writes the layout. kInvalidArgument if the base is for another platform or its history does not fit its layers.
absl::Status WriteImage(const ImageSpec& spec, const std::string& out);

// Writes a layout whose index.json has one descriptor: an index with a manifest for each platform.
// kInvalidArgument if two images have the same platform.
absl::Status WriteImageIndex(const std::vector<std::string>& layouts, const std::string& reference,
                             const std::string& out);

// One tar that docker-archive and oci-archive readers both accept. `references` become RepoTags; if there are none,
// the layout's own name is used.
absl::Status WriteImageTar(const std::string& layout, const std::vector<std::string>& references,
                           const std::string& out);

}  // namespace cow::pack
