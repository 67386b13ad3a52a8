#include "rules/pack/oci/layout_verify.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "rules/pack/compress/compressor.h"
#include "rules/pack/io/byte_source.h"
#include "rules/pack/oci/media_types.h"

namespace cow::pack {
namespace {

class Verifier {
 public:
  explicit Verifier(const Layout& layout) : layout_(layout) {}

  absl::Status Walk(const std::vector<Descriptor>& descriptors, int depth) {
    if (depth > 4) return absl::InvalidArgumentError("indexes are nested too deep");
    for (const Descriptor& descriptor : descriptors) {
      COW_RETURN_IF_ERROR(CheckBlob(descriptor));
      if (IsIndex(descriptor)) {
        COW_ASSIGN_OR_RETURN(Json json, layout_.ReadJson(descriptor));
        COW_RETURN_IF_ERROR(CheckMediaType(descriptor, json));
        COW_ASSIGN_OR_RETURN(auto children, DescriptorsOf(json, "manifests"));
        COW_RETURN_IF_ERROR(Walk(children, depth + 1));
      } else if (IsManifest(descriptor)) {
        COW_RETURN_IF_ERROR(Annotate(CheckManifest(descriptor), DigestText(descriptor.digest)));
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckNothingElse() {
    std::string folder = layout_.directory() + "/blobs/sha256";
    COW_ASSIGN_OR_RETURN(auto entries, ListDirectory(folder));
    for (const DirectoryEntry& entry : entries) {
      if (reached_.count(entry.name) == 0) {
        return absl::InvalidArgumentError(absl::StrCat("blob ", entry.name, " is not reachable from index.json"));
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status CheckMediaType(const Descriptor& descriptor, const Json& json) {
    std::string inner = JsonTextOr(json, "mediaType", descriptor.media_type);
    if (inner == descriptor.media_type) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("descriptor says '", descriptor.media_type, "', the document '", inner, "'"));
  }

  absl::Status CheckBlob(const Descriptor& descriptor) {
    if (!reached_.insert(descriptor.digest.hex()).second) return absl::OkStatus();
    COW_ASSIGN_OR_RETURN(ContentPtr content, FileContent(layout_.BlobPath(descriptor.digest)));
    COW_ASSIGN_OR_RETURN(Digest actual, DigestOf(*content));
    if (actual == descriptor.digest) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("blob ", descriptor.digest.ToString(), " has content ", actual.ToString()));
  }

  absl::Status CheckManifest(const Descriptor& descriptor) {
    COW_ASSIGN_OR_RETURN(Json manifest, layout_.ReadJson(descriptor));
    COW_RETURN_IF_ERROR(CheckMediaType(descriptor, manifest));
    COW_ASSIGN_OR_RETURN(std::vector<Descriptor> blobs, BlobsOfManifest(manifest));
    for (const Descriptor& blob : blobs) COW_RETURN_IF_ERROR(CheckBlob(blob));
    bool image = blobs[0].media_type == kImageConfig ||
                 blobs[0].media_type == "application/vnd.docker.container.image.v1+json";
    if (!image) return absl::OkStatus();
    COW_ASSIGN_OR_RETURN(Json config, layout_.ReadJson(blobs[0]));
    COW_RETURN_IF_ERROR(CheckImageConfig(config, blobs.size() - 1));
    for (size_t i = 1; i < blobs.size(); ++i) {
      COW_RETURN_IF_ERROR(CheckDiffId(blobs[i], config["rootfs"]["diff_ids"][i - 1].get<std::string>()));
    }
    return absl::OkStatus();
  }

  absl::Status CheckDiffId(const Descriptor& layer, const std::string& expected) {
    COW_ASSIGN_OR_RETURN(auto file, FileSource::Open(layout_.BlobPath(layer.digest)));
    COW_ASSIGN_OR_RETURN(auto plain, NewDecompressor(*file));
    HashingSink hash(nullptr);
    COW_RETURN_IF_ERROR(Annotate(CopyAll(*plain, hash), DigestText(layer.digest)));
    COW_RETURN_IF_ERROR(hash.Finish());
    if (DigestText(hash.digest()) == expected) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("layer ", DigestText(layer.digest), " unpacks to ",
                                                   DigestText(hash.digest()), ", its diff id is ", expected));
  }

  const Layout& layout_;
  std::set<std::string> reached_;
};

}  // namespace

absl::Status CheckImageConfig(const Json& config, size_t layers) {
  COW_RETURN_IF_ERROR(JsonText(config, "architecture").status());
  COW_RETURN_IF_ERROR(JsonText(config, "os").status());
  COW_ASSIGN_OR_RETURN(Json rootfs, JsonObject(config, "rootfs"));
  COW_ASSIGN_OR_RETURN(Json diff_ids, JsonArray(rootfs, "diff_ids"));
  bool texts = std::all_of(diff_ids.begin(), diff_ids.end(), [](const Json& id) { return id.is_string(); });
  if (!texts || diff_ids.size() != layers) {
    return absl::InvalidArgumentError(absl::StrCat(layers, " layers but ", diff_ids.size(), " diff ids"));
  }
  COW_ASSIGN_OR_RETURN(Json history, JsonArray(config, "history"));
  auto filled = static_cast<size_t>(std::count_if(
      history.begin(), history.end(), [](const Json& entry) { return !JsonBoolOr(entry, "empty_layer", false); }));
  if (history.empty() || filled == layers) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(layers, " layers but a history of ", filled));
}

absl::Status VerifyLayout(const std::string& directory) {
  COW_ASSIGN_OR_RETURN(Layout layout, Layout::Open(directory));
  if (layout.manifests().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(directory, ": index.json names no manifest"));
  }
  Verifier verifier(layout);
  COW_RETURN_IF_ERROR(Annotate(verifier.Walk(layout.manifests(), 0), directory));
  return Annotate(verifier.CheckNothingElse(), directory);
}

}  // namespace cow::pack
