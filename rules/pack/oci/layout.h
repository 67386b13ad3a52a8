// OCI layout directories: oci-layout, index.json and blobs/sha256/<hex>.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "rules/pack/io/content.h"
#include "rules/pack/oci/json.h"

namespace cow::pack {

// One entry of an index or manifest.
struct Descriptor {
  std::string media_type;
  Digest digest;
  Json platform;     // null if absent
  Json annotations;  // null if absent

  Json ToJson() const;
  static absl::StatusOr<Descriptor> FromJson(const Json& json);
  // An annotation, or "".
  std::string Annotation(std::string_view name) const;
};

// Reads a layout. Blobs are checked against their digest when they are read as JSON.
class Layout {
 public:
  // Checks the oci-layout file and reads index.json.
  static absl::StatusOr<Layout> Open(const std::string& directory);

  const std::string& directory() const { return directory_; }
  const std::vector<Descriptor>& manifests() const { return manifests_; }
  std::string BlobPath(const Digest& digest) const;
  absl::StatusOr<std::string> ReadBlob(const Digest& digest) const;
  absl::StatusOr<Json> ReadJson(const Descriptor& descriptor) const;

  // The one image manifest, or the one for a platform when index.json or a nested index has several.
  // An empty architecture means "there must be only one".
  absl::StatusOr<Descriptor> ImageManifest(std::string_view os, std::string_view architecture) const;

 private:
  absl::Status CollectImages(const std::vector<Descriptor>& descriptors, int depth,
                             std::vector<Descriptor>& images) const;

  std::string directory_;
  std::vector<Descriptor> manifests_;
};

absl::StatusOr<std::vector<Descriptor>> DescriptorsOf(const Json& json, std::string_view key);

// config and layers of an image manifest, in that order.
absl::StatusOr<std::vector<Descriptor>> BlobsOfManifest(const Json& manifest);

bool IsIndex(const Descriptor& descriptor);
bool IsManifest(const Descriptor& descriptor);

// Writes a layout into an absent or empty directory. A blob that is added twice is written once.
class LayoutWriter {
 public:
  static absl::StatusOr<LayoutWriter> Create(const std::string& directory);

  absl::StatusOr<Digest> AddBytes(std::string_view bytes);
  // kDataLoss if the file does not have the digest.
  absl::Status AddFile(const std::string& file, const Digest& digest);
  absl::Status Finish(const Json& index);

 private:
  explicit LayoutWriter(std::string directory) : directory_(std::move(directory)) {}

  std::string directory_;
  std::set<Digest> written_;
};

// {"schemaVersion":2,"mediaType":index,"manifests":[...]}
Json IndexJson(const std::vector<Descriptor>& manifests);

}  // namespace cow::pack
