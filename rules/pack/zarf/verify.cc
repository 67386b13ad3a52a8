#include "rules/pack/zarf/verify.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "rules/pack/io/byte_source.h"
#include "rules/pack/oci/layout.h"
#include "rules/pack/oci/layout_verify.h"
#include "rules/pack/oci/media_types.h"
#include "rules/pack/oci/reference.h"
#include "rules/pack/yaml/yaml_node.h"
#include "rules/pack/zarf/archive_index.h"
#include "rules/pack/zarf/component.h"
#include "rules/pack/zarf/validate.h"

namespace cow::pack {
namespace {

constexpr std::string_view kKnownVersion = "0.84.0";

absl::Status Defect(std::string_view what) { return absl::InvalidArgumentError(what); }

std::vector<int> VersionNumbers(std::string_view version) {
  if (version.starts_with('v')) version.remove_prefix(1);
  std::vector<int> numbers;
  for (std::string_view part : std::vector<std::string_view>(absl::StrSplit(version.substr(0, version.find('-')), '.'))) {
    int number = 0;
    (void)absl::SimpleAtoi(part, &number);
    numbers.push_back(number);
  }
  return numbers;
}

class PackageVerifier {
 public:
  explicit PackageVerifier(const ArchiveIndex& archive) : archive_(archive) {}

  absl::Status Verify() {
    COW_ASSIGN_OR_RETURN(std::string definition, Text("zarf.yaml"));
    COW_ASSIGN_OR_RETURN(package_, ParseYaml(definition, "zarf.yaml"));
    if (!package_.IsMapping() || package_.Find("metadata") == nullptr) return Defect("zarf.yaml has no metadata");
    COW_RETURN_IF_ERROR(Checksums());
    COW_RETURN_IF_ERROR(Names());
    COW_RETURN_IF_ERROR(Versions());
    COW_RETURN_IF_ERROR(Images());
    return Contents();
  }

 private:
  absl::StatusOr<std::string> Text(const std::string& path) const {
    auto it = archive_.texts.find(path);
    if (it == archive_.texts.end()) return Defect(absl::StrCat(path, " is missing"));
    return it->second;
  }

  const YamlNode* Build() const { return package_.Find("build"); }

  absl::Status Checksums() {
    COW_ASSIGN_OR_RETURN(std::string text, Text("checksums.txt"));
    std::string aggregate = package_.Find("metadata")->TextOf("aggregateChecksum");
    if (std::string actual = Digest::Of(text).hex(); actual != aggregate) {
      return Defect(absl::StrCat("aggregateChecksum is '", aggregate, "', checksums.txt has '", actual, "'"));
    }
    std::set<std::string> listed;
    for (std::string_view line : std::vector<std::string_view>(absl::StrSplit(text, '\n', absl::SkipEmpty()))) {
      std::vector<std::string> fields = absl::StrSplit(line, ' ');
      if (fields.size() != 2) return Defect(absl::StrCat("checksums.txt line '", line, "' is not '<hash> <path>'"));
      auto file = archive_.files.find(fields[1]);
      if (file == archive_.files.end()) return Defect(absl::StrCat("'", fields[1], "' is listed but missing"));
      if (file->second.hex() != fields[0]) {
        return Defect(absl::StrCat("'", fields[1], "' has hash ", file->second.hex(), ", listed is ", fields[0]));
      }
      if (!listed.insert(fields[1]).second) return Defect(absl::StrCat("'", fields[1], "' is listed twice"));
    }
    return NothingElse(listed);
  }

  absl::Status NothingElse(const std::set<std::string>& listed) {
    std::set<std::string> allowed = {"zarf.yaml", "checksums.txt", "zarf.yaml.sig", "zarf.bundle.sig"};
    bool is_signed = Build() != nullptr && Build()->TrueAt("signed");
    if (is_signed) {
      for (const YamlNode& file : Build()->ItemsOf("provenanceFiles")) allowed.insert(file.text);
    }
    for (const auto& [path, digest] : archive_.files) {
      if (listed.count(path) == 0 && allowed.count(path) == 0) {
        return Defect(absl::StrCat("'", path, "' is not listed in checksums.txt"));
      }
    }
    if (is_signed && archive_.files.count("zarf.bundle.sig") + archive_.files.count("zarf.yaml.sig") == 0) {
      return Defect("build.signed is true but there is no signature");
    }
    return absl::OkStatus();
  }

  absl::Status Names() {
    const YamlNode& metadata = *package_.Find("metadata");
    COW_RETURN_IF_ERROR(CheckZarfName("metadata.name", metadata.TextOf("name")));
    COW_RETURN_IF_ERROR(CheckZarfName("metadata.version", metadata.TextOf("version")));
    if (Build() == nullptr || Build()->TextOf("architecture").empty()) return Defect("build.architecture is missing");
    COW_RETURN_IF_ERROR(CheckZarfName("build.flavor", Build()->TextOf("flavor")));
    COW_RETURN_IF_ERROR(
        CheckZarfName("build.differentialPackageVersion", Build()->TextOf("differentialPackageVersion")));
    for (const YamlNode& component : package_.ItemsOf("components")) {
      COW_RETURN_IF_ERROR(CheckZarfName("component name", component.TextOf("name")));
      for (const YamlNode& chart : component.ItemsOf("charts")) {
        COW_RETURN_IF_ERROR(CheckZarfName("chart name", chart.TextOf("name")));
        COW_RETURN_IF_ERROR(CheckZarfName("chart version", chart.TextOf("version")));
      }
      for (const YamlNode& manifest : component.ItemsOf("manifests")) {
        COW_RETURN_IF_ERROR(CheckZarfName("manifest name", manifest.TextOf("name")));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Versions() {
    for (const YamlNode& requirement : Build()->ItemsOf("versionRequirements")) {
      std::string version = requirement.TextOf("version");
      if (VersionNumbers(version) > VersionNumbers(kKnownVersion)) {
        return Defect(absl::StrCat("requires Zarf ", version, ", known is v", kKnownVersion));
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Json> BlobJson(const Descriptor& descriptor) {
    COW_RETURN_IF_ERROR(Blob(descriptor));
    COW_ASSIGN_OR_RETURN(std::string text, Text(absl::StrCat("images/blobs/sha256/", descriptor.digest.hex())));
    return ParseJson(text);
  }

  absl::Status Blob(const Descriptor& descriptor) {
    auto file = archive_.files.find(absl::StrCat("images/blobs/sha256/", descriptor.digest.hex()));
    if (file == archive_.files.end()) return Defect(absl::StrCat("blob ", descriptor.digest.hex(), " is missing"));
    if (file->second == descriptor.digest) return absl::OkStatus();
    return Defect(absl::StrCat("blob is ", file->second.ToString(), ", its descriptor says ",
                               descriptor.digest.ToString()));
  }

  absl::Status Manifest(const Descriptor& image) {
    COW_ASSIGN_OR_RETURN(Json json, BlobJson(image));
    if (IsIndex(image)) {
      COW_ASSIGN_OR_RETURN(std::vector<Descriptor> children, DescriptorsOf(json, "manifests"));
      for (const Descriptor& child : children) COW_RETURN_IF_ERROR(Manifest(child));
      return absl::OkStatus();
    }
    COW_ASSIGN_OR_RETURN(std::vector<Descriptor> blobs, BlobsOfManifest(json));
    for (const Descriptor& blob : blobs) COW_RETURN_IF_ERROR(Blob(blob));
    if (blobs[0].media_type != kImageConfig) return absl::OkStatus();
    COW_ASSIGN_OR_RETURN(Json config, BlobJson(blobs[0]));
    return CheckImageConfig(config, blobs.size() - 1);
  }

  absl::Status Images() {
    std::set<std::string> present;
    if (archive_.files.count("images/index.json") > 0) {
      COW_ASSIGN_OR_RETURN(std::string marker, Text("images/oci-layout"));
      COW_ASSIGN_OR_RETURN(std::string text, Text("images/index.json"));
      absl::StatusOr<Json> index = ParseJson(text);
      if (!index.ok()) return Annotate(index.status(), "images/index.json");
      COW_ASSIGN_OR_RETURN(std::vector<Descriptor> images, DescriptorsOf(*index, "manifests"));
      for (const Descriptor& image : images) {
        std::string name = image.Annotation(kRefName);
        COW_RETURN_IF_ERROR(Annotate(Manifest(image), absl::StrCat("image '", name, "'")));
        if (image.Annotation(kBaseName) == name) present.insert(std::move(name));
      }
    }
    for (const YamlNode& component : package_.ItemsOf("components")) {
      for (const YamlNode& image : component.ItemsOf("images")) {
        COW_ASSIGN_OR_RETURN(std::string name, NormalizeImageReference(image.text));
        if (present.count(name) == 0) return Defect(absl::StrCat("image '", name, "' is not in images/index.json"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Place(const std::string& component, const std::string& inner) const {
    auto entries = archive_.component_entries.find(component);
    if (entries != archive_.component_entries.end() && entries->second.count(absl::StrCat(component, "/", inner)) > 0) {
      return absl::OkStatus();
    }
    return Defect(absl::StrCat("components/", component, ".tar has no '", component, "/", inner, "'"));
  }

  absl::Status Contents() {
    for (const YamlNode& component : package_.ItemsOf("components")) {
      std::string name = component.TextOf("name");
      for (const YamlNode& chart : component.ItemsOf("charts")) {
        COW_RETURN_IF_ERROR(Place(name, ChartPlace(chart)));
        size_t values = chart.ItemsOf("valuesFiles").size() + chart.ItemsOf("templatedValuesFiles").size();
        for (size_t i = 0; i < values; ++i) COW_RETURN_IF_ERROR(Place(name, ValuesPlace(chart, i)));
      }
      for (const YamlNode& manifest : component.ItemsOf("manifests")) {
        for (size_t i = 0; i < manifest.ItemsOf("files").size(); ++i) {
          COW_RETURN_IF_ERROR(Place(name, ManifestPlace(manifest, i)));
        }
      }
      const std::vector<YamlNode>& files = component.ItemsOf("files");
      for (size_t i = 0; i < files.size(); ++i) COW_RETURN_IF_ERROR(Place(name, FilePlace(files[i], i)));
      const std::vector<YamlNode>& injections = component.ItemsOf("dataInjections");
      for (size_t i = 0; i < injections.size(); ++i) COW_RETURN_IF_ERROR(Place(name, DataPlace(injections[i], i)));
    }
    return absl::OkStatus();
  }

  const ArchiveIndex& archive_;
  YamlNode package_;
};

// Zarf tells the archive's form by its name alone.
absl::Status CheckExtension(const std::string& file) {
  if (!file.ends_with(".tar") && !file.ends_with(".tar.zst")) {
    return Defect("a package's name ends in .tar.zst or .tar");
  }
  COW_ASSIGN_OR_RETURN(auto source, FileSource::Open(file));
  char magic[4] = {};
  COW_RETURN_IF_ERROR(ReadFully(*source, magic, sizeof(magic)).status());
  bool zstd = std::string_view(magic, 4) == "\x28\xb5\x2f\xfd";
  if (zstd == file.ends_with(".zst")) return absl::OkStatus();
  return Defect(zstd ? "the content is zstd but the name does not end in .zst"
                     : "the name ends in .zst but the content is not zstd");
}

}  // namespace

absl::Status VerifyZarfPackage(const std::string& file) {
  COW_RETURN_IF_ERROR(Annotate(CheckExtension(file), file));
  absl::StatusOr<ArchiveIndex> archive = ReadZarfArchive(file);
  if (!archive.ok()) return Annotate(archive.status(), file);
  return Annotate(PackageVerifier(*archive).Verify(), file);
}

}  // namespace cow::pack
