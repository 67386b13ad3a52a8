#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/oci/image.h"
#include "rules/pack/oci/layout.h"
#include "rules/pack/oci/media_types.h"
#include "rules/pack/oci/reference.h"

namespace cow::pack {
namespace {

std::string BlobName(const Digest& digest) { return absl::StrCat("blobs/sha256/", digest.hex()); }

absl::StatusOr<std::vector<std::string>> RepoTags(const Descriptor& image,
                                                  const std::vector<std::string>& references) {
  std::vector<std::string> tags;
  for (const std::string& text : references) {
    COW_ASSIGN_OR_RETURN(std::string tag, NormalizeImageReference(text));
    tags.push_back(std::move(tag));
  }
  std::string own = image.Annotation(kContainerdName);
  if (tags.empty() && !own.empty()) tags.push_back(std::move(own));
  return tags;
}

}  // namespace

absl::Status WriteImageTar(const std::string& directory, const std::vector<std::string>& references,
                           const std::string& out) {
  COW_ASSIGN_OR_RETURN(Layout layout, Layout::Open(directory));
  if (layout.manifests().size() != 1 || !IsManifest(layout.manifests()[0])) {
    return absl::InvalidArgumentError(
        absl::StrCat(directory, ": a loadable tar needs a layout of exactly one image manifest"));
  }
  const Descriptor& image = layout.manifests()[0];
  COW_ASSIGN_OR_RETURN(Json manifest, layout.ReadJson(image));
  COW_ASSIGN_OR_RETURN(std::vector<Descriptor> blobs, BlobsOfManifest(manifest));
  COW_ASSIGN_OR_RETURN(std::vector<std::string> tags, RepoTags(image, references));

  FileTree tree;
  auto add_file = [&](const std::string& name, const std::string& file) {
    return tree.AddFromDisk(name, file, 0644);
  };
  COW_RETURN_IF_ERROR(add_file("oci-layout", JoinPath(directory, "oci-layout")));
  COW_RETURN_IF_ERROR(add_file("index.json", JoinPath(directory, "index.json")));
  COW_RETURN_IF_ERROR(add_file(BlobName(image.digest), layout.BlobPath(image.digest)));
  Json docker;
  docker["Config"] = BlobName(blobs[0].digest);
  docker["RepoTags"] = tags;
  docker["Layers"] = Json::array();
  for (size_t i = 0; i < blobs.size(); ++i) {
    COW_RETURN_IF_ERROR(add_file(BlobName(blobs[i].digest), layout.BlobPath(blobs[i].digest)));
    if (i > 0) docker["Layers"].push_back(BlobName(blobs[i].digest));
  }
  COW_ASSIGN_OR_RETURN(std::string docker_text, RenderJson(Json::array({docker})));
  COW_RETURN_IF_ERROR(tree.Add("manifest.json", FileNode(BytesContent(docker_text), 0644, directory)));
  COW_RETURN_IF_ERROR(tree.AddParents(DefaultParentMode));

  COW_ASSIGN_OR_RETURN(auto file, FileSink::Create(out));
  TarWriter tar(TarFormat::kPax, *file);
  COW_RETURN_IF_ERROR(WriteTreeAsTar(tree, {}, tar));
  COW_RETURN_IF_ERROR(tar.Finish());
  return file->Finish();
}

}  // namespace cow::pack
