#include "rules/pack/oci/layout.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/oci/media_types.h"
#include "rules/pack/tree/file_tree.h"

namespace cow::pack {

Json Descriptor::ToJson() const {
  Json json;
  json["mediaType"] = media_type;
  json["digest"] = DigestText(digest);
  json["size"] = digest.size_bytes();
  if (!platform.is_null()) json["platform"] = platform;
  if (!annotations.is_null()) json["annotations"] = annotations;
  return json;
}

absl::StatusOr<Descriptor> Descriptor::FromJson(const Json& json) {
  Descriptor descriptor;
  COW_ASSIGN_OR_RETURN(descriptor.media_type, JsonText(json, "mediaType"));
  COW_ASSIGN_OR_RETURN(descriptor.digest, JsonDigest(json, "digest", "size"));
  if (json.contains("platform")) descriptor.platform = json["platform"];
  if (json.contains("annotations")) descriptor.annotations = json["annotations"];
  return descriptor;
}

std::string Descriptor::Annotation(std::string_view name) const {
  if (!annotations.is_object()) return "";
  auto it = annotations.find(std::string(name));
  return it != annotations.end() && it->is_string() ? it->get<std::string>() : "";
}

bool IsIndex(const Descriptor& d) { return d.media_type == kImageIndex || d.media_type == kDockerManifestList; }
bool IsManifest(const Descriptor& d) { return d.media_type == kImageManifest || d.media_type == kDockerManifest; }

absl::StatusOr<std::vector<Descriptor>> DescriptorsOf(const Json& json, std::string_view key) {
  COW_ASSIGN_OR_RETURN(Json array, JsonArray(json, key));
  std::vector<Descriptor> descriptors;
  for (const Json& item : array) {
    COW_ASSIGN_OR_RETURN(Descriptor descriptor, Descriptor::FromJson(item));
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

absl::StatusOr<std::vector<Descriptor>> BlobsOfManifest(const Json& manifest) {
  COW_ASSIGN_OR_RETURN(Json config, JsonObject(manifest, "config"));
  COW_ASSIGN_OR_RETURN(Descriptor first, Descriptor::FromJson(config));
  COW_ASSIGN_OR_RETURN(std::vector<Descriptor> blobs, DescriptorsOf(manifest, "layers"));
  blobs.insert(blobs.begin(), std::move(first));
  return blobs;
}

absl::StatusOr<Layout> Layout::Open(const std::string& directory) {
  Layout layout;
  layout.directory_ = directory;
  std::string marker = JoinPath(directory, "oci-layout");
  COW_ASSIGN_OR_RETURN(std::string marker_text, ReadFile(marker));
  absl::StatusOr<Json> marker_json = ParseJson(marker_text);
  if (!marker_json.ok()) return Annotate(marker_json.status(), marker);
  absl::StatusOr<std::string> version = JsonText(*marker_json, "imageLayoutVersion");
  if (!version.ok() || *version != "1.0.0") {
    return absl::InvalidArgumentError(absl::StrCat(marker, ": imageLayoutVersion is not 1.0.0"));
  }
  std::string index = JoinPath(directory, "index.json");
  COW_ASSIGN_OR_RETURN(std::string index_text, ReadFile(index));
  absl::StatusOr<Json> json = ParseJson(index_text);
  if (!json.ok()) return Annotate(json.status(), index);
  absl::StatusOr<std::vector<Descriptor>> manifests = DescriptorsOf(*json, "manifests");
  if (!manifests.ok()) return Annotate(manifests.status(), index);
  layout.manifests_ = *std::move(manifests);
  return layout;
}

std::string Layout::BlobPath(const Digest& digest) const {
  return absl::StrCat(directory_, "/blobs/sha256/", digest.hex());
}

absl::StatusOr<std::string> Layout::ReadBlob(const Digest& digest) const {
  std::string path = BlobPath(digest);
  COW_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  Digest actual = Digest::Of(bytes);
  if (actual == digest) return bytes;
  return absl::DataLossError(
      absl::StrCat(path, ": expected digest ", digest.ToString(), ", content has ", actual.ToString()));
}

absl::StatusOr<Json> Layout::ReadJson(const Descriptor& descriptor) const {
  COW_ASSIGN_OR_RETURN(std::string bytes, ReadBlob(descriptor.digest));
  absl::StatusOr<Json> json = ParseJson(bytes);
  if (!json.ok()) return Annotate(json.status(), BlobPath(descriptor.digest));
  return json;
}

absl::Status Layout::CollectImages(const std::vector<Descriptor>& descriptors, int depth,
                                   std::vector<Descriptor>& images) const {
  if (depth > 4) return absl::InvalidArgumentError(absl::StrCat(directory_, ": indexes are nested too deep"));
  for (const Descriptor& descriptor : descriptors) {
    if (IsManifest(descriptor)) {
      // Build attestations stand in the index as manifests of no platform.
      if (descriptor.Annotation("vnd.docker.reference.type").empty()) images.push_back(descriptor);
    } else if (IsIndex(descriptor)) {
      COW_ASSIGN_OR_RETURN(Json json, ReadJson(descriptor));
      COW_ASSIGN_OR_RETURN(auto children, DescriptorsOf(json, "manifests"));
      COW_RETURN_IF_ERROR(CollectImages(children, depth + 1, images));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Descriptor> Layout::ImageManifest(std::string_view os, std::string_view architecture) const {
  std::vector<Descriptor> images;
  COW_RETURN_IF_ERROR(CollectImages(manifests_, 0, images));
  std::string seen;
  std::vector<Descriptor> matching;
  for (const Descriptor& image : images) {
    COW_ASSIGN_OR_RETURN(Json manifest, ReadJson(image));
    COW_ASSIGN_OR_RETURN(auto blobs, BlobsOfManifest(manifest));
    COW_ASSIGN_OR_RETURN(Json config, ReadJson(blobs[0]));
    std::string image_os = JsonTextOr(config, "os", ""), image_arch = JsonTextOr(config, "architecture", "");
    absl::StrAppend(&seen, seen.empty() ? "" : ", ", image_os, "/", image_arch);
    if (architecture.empty() || (image_os == os && image_arch == architecture)) matching.push_back(image);
  }
  if (matching.size() == 1 || (!architecture.empty() && !matching.empty())) return matching[0];
  return absl::InvalidArgumentError(
      architecture.empty()
          ? absl::StrCat(directory_, ": expected one image, found ", images.size(), " [", seen, "]")
          : absl::StrCat(directory_, ": no image for ", os, "/", architecture, ", found [", seen, "]"));
}

absl::StatusOr<LayoutWriter> LayoutWriter::Create(const std::string& directory) {
  COW_RETURN_IF_ERROR(MakeEmptyDirectory(directory));
  COW_RETURN_IF_ERROR(MakeDirectories(JoinPath(directory, "blobs/sha256")));
  return LayoutWriter(directory);
}

absl::StatusOr<Digest> LayoutWriter::AddBytes(std::string_view bytes) {
  Digest digest = Digest::Of(bytes);
  if (!written_.insert(digest).second) return digest;
  COW_RETURN_IF_ERROR(WriteFile(absl::StrCat(directory_, "/blobs/sha256/", digest.hex()), bytes));
  return digest;
}

absl::Status LayoutWriter::AddFile(const std::string& file, const Digest& digest) {
  if (!written_.insert(digest).second) return absl::OkStatus();
  COW_ASSIGN_OR_RETURN(ContentPtr content, FileContent(file));
  COW_ASSIGN_OR_RETURN(Digest actual, DigestOf(*content));
  if (actual != digest) {
    return absl::DataLossError(
        absl::StrCat(file, ": expected digest ", digest.ToString(), ", content has ", actual.ToString()));
  }
  return CopyFile(file, absl::StrCat(directory_, "/blobs/sha256/", digest.hex()), 0644);
}

absl::Status LayoutWriter::Finish(const Json& index) {
  COW_ASSIGN_OR_RETURN(std::string text, RenderJson(index));
  COW_RETURN_IF_ERROR(WriteFile(JoinPath(directory_, "index.json"), text));
  return WriteFile(JoinPath(directory_, "oci-layout"), kOciLayoutFile);
}

Json IndexJson(const std::vector<Descriptor>& manifests) {
  Json json;
  json["schemaVersion"] = 2;
  json["mediaType"] = kImageIndex;
  json["manifests"] = Json::array();
  for (const Descriptor& descriptor : manifests) json["manifests"].push_back(descriptor.ToJson());
  return json;
}

}  // namespace cow::pack
