#include "rules/pack/zarf/images.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "rules/pack/oci/layout.h"
#include "rules/pack/oci/media_types.h"
#include "rules/pack/oci/reference.h"

namespace cow::pack {
namespace {

absl::StatusOr<std::set<std::string>> WantedImages(const YamlNode& package) {
  std::set<std::string> wanted;
  for (const YamlNode& component : package.ItemsOf("components")) {
    for (const YamlNode& image : component.ItemsOf("images")) {
      COW_ASSIGN_OR_RETURN(std::string name, NormalizeImageReference(image.text));
      wanted.insert(std::move(name));
    }
  }
  return wanted;
}

absl::Status MissingImage(const std::string& wanted, const std::map<std::string, std::string>& given) {
  std::vector<std::string> names;
  for (const auto& [name, layout] : given) names.push_back(name);
  std::string closest = ClosestMatch(wanted, names);
  return absl::InvalidArgumentError(
      absl::StrCat("image '", wanted, "' of zarf.yaml has no --image",
                   closest.empty() ? "" : absl::StrCat(" (there is one for '", closest, "')")));
}

absl::Status AddBlob(const Layout& layout, const Digest& digest, FileTree& tree) {
  std::string place = absl::StrCat("images/blobs/sha256/", digest.hex());
  if (tree.Find(place) != nullptr) return absl::OkStatus();
  std::string path = layout.BlobPath(digest);
  COW_ASSIGN_OR_RETURN(ContentPtr content, FileContent(path));
  if (content->size() != digest.size_bytes()) {
    return absl::DataLossError(
        absl::StrCat(path, ": has ", content->size(), " bytes, its descriptor says ", digest.size_bytes()));
  }
  return tree.Add(place, FileNode(std::move(content), 0644, path));
}

absl::StatusOr<Descriptor> AddImage(const std::string& directory, const std::string& reference,
                                    const std::string& architecture, FileTree& tree) {
  COW_ASSIGN_OR_RETURN(Layout layout, Layout::Open(directory));
  COW_ASSIGN_OR_RETURN(Descriptor image, layout.ImageManifest("linux", architecture));
  COW_RETURN_IF_ERROR(AddBlob(layout, image.digest, tree));
  COW_ASSIGN_OR_RETURN(Json manifest, layout.ReadJson(image));
  COW_ASSIGN_OR_RETURN(std::vector<Descriptor> blobs, BlobsOfManifest(manifest));
  for (const Descriptor& blob : blobs) COW_RETURN_IF_ERROR(AddBlob(layout, blob.digest, tree));
  Descriptor named;
  named.media_type = image.media_type;
  named.digest = image.digest;
  named.annotations[std::string(kBaseName)] = reference;
  named.annotations[std::string(kRefName)] = reference;
  return named;
}

}  // namespace

absl::Status AddZarfImages(const YamlNode& package, const std::vector<std::pair<std::string, std::string>>& given,
                           const std::string& architecture, FileTree& tree) {
  COW_ASSIGN_OR_RETURN(std::set<std::string> wanted, WantedImages(package));
  std::map<std::string, std::string> layouts;
  for (const auto& [text, directory] : given) {
    COW_ASSIGN_OR_RETURN(std::string name, NormalizeImageReference(text));
    if (!layouts.emplace(name, directory).second) {
      return absl::InvalidArgumentError(absl::StrCat("--image '", name, "' is given twice"));
    }
    if (wanted.count(name) == 0) {
      return absl::InvalidArgumentError(absl::StrCat("--image '", name, "' is not in zarf.yaml, which has [",
                                                     absl::StrJoin(wanted, ", "), "]"));
    }
  }
  if (wanted.empty()) return absl::OkStatus();
  std::vector<Descriptor> images;
  for (const std::string& name : wanted) {
    auto layout = layouts.find(name);
    if (layout == layouts.end()) return MissingImage(name, layouts);
    absl::StatusOr<Descriptor> image = AddImage(layout->second, name, architecture, tree);
    if (!image.ok()) return Annotate(image.status(), absl::StrCat("image '", name, "'"));
    images.push_back(*std::move(image));
  }
  std::stable_sort(images.begin(), images.end(),
                   [](const Descriptor& a, const Descriptor& b) { return a.digest < b.digest; });
  COW_ASSIGN_OR_RETURN(std::string index, RenderJson(IndexJson(images)));
  COW_RETURN_IF_ERROR(tree.Add("images/index.json", FileNode(BytesContent(index), 0644, "images")));
  return tree.Add("images/oci-layout", FileNode(BytesContent(std::string(kOciLayoutFile)), 0644, "images"));
}

}  // namespace cow::pack
