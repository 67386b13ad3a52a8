// One OCI layer: a tree written as a deterministic tar blob, and the metadata images are assembled from.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "rules/pack/compress/compressor.h"
#include "rules/pack/tree/file_tree.h"

namespace cow::pack {

struct LayerMetadata {
  std::string media_type;
  Digest digest;   // of the blob
  Digest diff_id;  // of the tar inside

  // {"mediaType","digest","size","diff_id","diff_size"}
  std::string ToJson() const;
  static absl::StatusOr<LayerMetadata> FromJson(std::string_view json);
};

// Media type of a layer blob; kInvalidArgument for a compression OCI does not know.
absl::StatusOr<std::string> LayerMediaType(Compression compression);

// Refuses names starting with ".wh." other than those AddWhiteout made.
absl::StatusOr<LayerMetadata> WriteLayer(const FileTree& tree, Compression compression, int64_t mtime,
                                         const std::string& out);

// Marks `path` of a lower layer as removed. kInvalidArgument if the tree has the path itself.
absl::Status AddWhiteout(std::string_view path, FileTree& tree);

// Modes runtimes expect of well-known parents: /tmp 1777, /root 0700.
uint32_t RootParentMode(std::string_view path);

}  // namespace cow::pack
