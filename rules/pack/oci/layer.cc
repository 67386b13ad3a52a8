#include "rules/pack/oci/layer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/oci/json.h"
#include "rules/pack/oci/media_types.h"
#include "rules/pack/tar/tar_writer.h"

namespace cow::pack {
namespace {
constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr std::string_view kWhiteoutOrigin = "--whiteout";
}  // namespace

std::string LayerMetadata::ToJson() const {
  Json json;
  json["mediaType"] = media_type;
  json["digest"] = DigestText(digest);
  json["size"] = digest.size_bytes();
  json["diff_id"] = DigestText(diff_id);
  json["diff_size"] = diff_id.size_bytes();
  return json.dump() + "\n";
}

absl::StatusOr<LayerMetadata> LayerMetadata::FromJson(std::string_view text) {
  COW_ASSIGN_OR_RETURN(Json json, ParseJson(text));
  LayerMetadata metadata;
  COW_ASSIGN_OR_RETURN(metadata.media_type, JsonText(json, "mediaType"));
  COW_ASSIGN_OR_RETURN(metadata.digest, JsonDigest(json, "digest", "size"));
  COW_ASSIGN_OR_RETURN(metadata.diff_id, JsonDigest(json, "diff_id", "diff_size"));
  return metadata;
}

absl::StatusOr<std::string> LayerMediaType(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return std::string(kLayerTar);
    case Compression::kGzip:
    case Compression::kGzipMax:
      return std::string(kLayerTarGzip);
    case Compression::kZstd:
      return std::string(kLayerTarZstd);
    case Compression::kXz:
      break;
  }
  return absl::InvalidArgumentError("OCI has no xz layers");
}

static absl::Status CheckWhiteouts(const FileTree& tree) {
  for (const auto& [path, node] : tree.nodes()) {
    if (PathBasename(path).starts_with(kWhiteoutPrefix) && node.origin != kWhiteoutOrigin) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", path, "' from ", node.origin, ": names starting with .wh. are whiteouts, see --whiteout"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<LayerMetadata> WriteLayer(const FileTree& tree, Compression compression, int64_t mtime,
                                         const std::string& out) {
  COW_RETURN_IF_ERROR(CheckWhiteouts(tree));
  LayerMetadata metadata;
  COW_ASSIGN_OR_RETURN(metadata.media_type, LayerMediaType(compression));
  COW_ASSIGN_OR_RETURN(auto file, FileSink::Create(out));
  HashingSink blob(file.get());
  COW_ASSIGN_OR_RETURN(auto compressor, NewCompressor(compression, blob));
  HashingSink plain(compressor.get());
  TarWriter tar(TarFormat::kPax, plain);
  COW_RETURN_IF_ERROR(WriteTreeAsTar(tree, {.mtime = mtime}, tar));
  COW_RETURN_IF_ERROR(tar.Finish());
  COW_RETURN_IF_ERROR(plain.Finish());
  COW_RETURN_IF_ERROR(compressor->Finish());
  COW_RETURN_IF_ERROR(blob.Finish());
  COW_RETURN_IF_ERROR(file->Finish());
  metadata.digest = blob.digest();
  metadata.diff_id = plain.digest();
  return metadata;
}

absl::Status AddWhiteout(std::string_view path, FileTree& tree) {
  COW_ASSIGN_OR_RETURN(std::string safe, ArchivePath(path));
  if (safe.empty() || tree.Find(safe) != nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("--whiteout '", path, "': the layer itself holds this path"));
  }
  std::string name = absl::StrCat(kWhiteoutPrefix, PathBasename(safe));
  return tree.Add(JoinPath(PathDirname(safe), name),
                  FileNode(BytesContent(""), 0644, std::string(kWhiteoutOrigin)));
}

uint32_t RootParentMode(std::string_view path) {
  if (path == "tmp" || path == "var/tmp") return 01777;
  if (path == "root") return 0700;
  return 0755;
}

}  // namespace cow::pack
