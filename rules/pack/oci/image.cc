#include "rules/pack/oci/image.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/rel_path.h"
#include "engine/base/status.h"
#include "rules/pack/io/time_text.h"
#include "rules/pack/oci/layout.h"
#include "rules/pack/oci/media_types.h"
#include "rules/pack/oci/reference.h"

namespace cow::pack {
namespace {

struct BaseImage {
  Json config = Json::object();
  std::vector<Descriptor> layers;
};

std::string OciMediaType(const std::string& media_type) {
  if (media_type == "application/vnd.docker.image.rootfs.diff.tar.gzip") return std::string(kLayerTarGzip);
  if (media_type == "application/vnd.docker.image.rootfs.diff.tar") return std::string(kLayerTar);
  return media_type;
}

absl::Status CheckSame(std::string_view what, std::string_view wanted, const Json& config) {
  std::string found = JsonTextOr(config, what, "");
  if (found == wanted) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the base's ", what, " is '", found, "', wanted is '", wanted, "'"));
}

// Copies the base's layers and checks that its config fits them.
absl::StatusOr<BaseImage> ReadBase(const ImageSpec& spec, LayoutWriter& writer) {
  BaseImage base;
  COW_ASSIGN_OR_RETURN(Layout layout, Layout::Open(spec.base));
  COW_ASSIGN_OR_RETURN(Descriptor image, layout.ImageManifest(spec.os, spec.architecture));
  COW_ASSIGN_OR_RETURN(Json manifest, layout.ReadJson(image));
  COW_ASSIGN_OR_RETURN(std::vector<Descriptor> blobs, BlobsOfManifest(manifest));
  COW_ASSIGN_OR_RETURN(base.config, layout.ReadJson(blobs[0]));
  COW_RETURN_IF_ERROR(CheckSame("architecture", spec.architecture, base.config));
  COW_RETURN_IF_ERROR(CheckSame("os", spec.os, base.config));
  base.layers.assign(blobs.begin() + 1, blobs.end());
  for (Descriptor& layer : base.layers) {
    layer.media_type = OciMediaType(layer.media_type);
    COW_RETURN_IF_ERROR(writer.AddFile(layout.BlobPath(layer.digest), layer.digest));
  }
  COW_ASSIGN_OR_RETURN(Json rootfs, JsonObject(base.config, "rootfs"));
  COW_ASSIGN_OR_RETURN(Json diff_ids, JsonArray(rootfs, "diff_ids"));
  if (diff_ids.size() != base.layers.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the base has ", base.layers.size(), " layers but ", diff_ids.size(), " diff ids"));
  }
  return base;
}

void SetText(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) json[key] = value;
}

// Replaces variables of the same name where they stand, appends the others.
Json MergeEnvironment(const Json& base, const TextPairs& added) {
  std::vector<std::pair<std::string, std::string>> all;
  auto set = [&](const std::string& name, const std::string& value) {
    auto it = std::find_if(all.begin(), all.end(), [&](const auto& pair) { return pair.first == name; });
    if (it == all.end()) {
      all.emplace_back(name, value);
    } else {
      it->second = value;
    }
  };
  for (const Json& item : base) {
    std::string text = item.is_string() ? item.get<std::string>() : "";
    size_t equals = std::min(text.find('='), text.size());
    set(text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
  }
  for (const auto& [name, value] : added) set(name, value);
  Json merged = Json::array();
  for (const auto& [name, value] : all) merged.push_back(absl::StrCat(name, "=", value));
  return merged;
}

// Sorted by key, so that the order of flags does not show.
Json MergeObject(const Json& base, const TextPairs& added) {
  std::map<std::string, Json> all;
  for (const auto& [key, value] : base.items()) all[key] = value;
  for (const auto& [key, value] : added) all[key] = value;
  Json merged = Json::object();
  for (const auto& [key, value] : all) merged[key] = value;
  return merged;
}

Json MergeKeys(const Json& base, const std::vector<std::string>& added) {
  Json merged = MergeObject(base, {});
  for (const std::string& key : added) merged[key] = Json::object();
  return MergeObject(merged, {});
}

absl::StatusOr<Json> RunSettings(const ImageSpec& spec, const Json& base) {
  COW_ASSIGN_OR_RETURN(Json settings, JsonObject(base, "config"));
  COW_ASSIGN_OR_RETURN(Json environment, JsonArray(settings, "Env"));
  COW_ASSIGN_OR_RETURN(Json labels, JsonObject(settings, "Labels"));
  COW_ASSIGN_OR_RETURN(Json ports, JsonObject(settings, "ExposedPorts"));
  COW_ASSIGN_OR_RETURN(Json volumes, JsonObject(settings, "Volumes"));
  SetText(settings, "User", spec.user);
  std::vector<std::string> exposed = spec.exposed_ports;
  for (std::string& port : exposed) {
    if (!absl::StrContains(port, '/')) port += "/tcp";
  }
  ports = MergeKeys(ports, exposed);
  if (!ports.empty()) settings["ExposedPorts"] = ports;
  environment = MergeEnvironment(environment, spec.environment);
  if (!environment.empty()) settings["Env"] = environment;
  if (!spec.entrypoint.empty()) {
    settings["Entrypoint"] = spec.entrypoint;
    settings.erase("Cmd");  // the base's arguments were for the base's entrypoint
  }
  if (!spec.command.empty()) settings["Cmd"] = spec.command;
  volumes = MergeKeys(volumes, spec.volumes);
  if (!volumes.empty()) settings["Volumes"] = volumes;
  SetText(settings, "WorkingDir", spec.working_directory);
  labels = MergeObject(labels, spec.labels);
  if (!labels.empty()) settings["Labels"] = labels;
  SetText(settings, "StopSignal", spec.stop_signal);
  return settings;
}

Json HistoryEntry(const std::string& created) {
  Json entry;
  entry["created"] = created;
  entry["created_by"] = "cow layer";
  return entry;
}

absl::StatusOr<Json> History(const ImageSpec& spec, const BaseImage& base, const std::string& created) {
  COW_ASSIGN_OR_RETURN(Json history, JsonArray(base.config, "history"));
  auto layers = static_cast<size_t>(std::count_if(history.begin(), history.end(), [](const Json& entry) {
    return !JsonBoolOr(entry, "empty_layer", false);
  }));
  if (history.empty()) {
    for (size_t i = 0; i < base.layers.size(); ++i) history.push_back(HistoryEntry(created));
  } else if (layers != base.layers.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the base has ", base.layers.size(), " layers but a history of ", layers));
  }
  for (size_t i = 0; i < spec.layers.size(); ++i) history.push_back(HistoryEntry(created));
  return history;
}

absl::StatusOr<Json> ImageConfig(const ImageSpec& spec, const BaseImage& base) {
  std::string created = Rfc3339(spec.created);
  Json config;
  config["created"] = created;
  SetText(config, "author", spec.author);
  config["architecture"] = spec.architecture;
  SetText(config, "variant", spec.variant.empty() ? JsonTextOr(base.config, "variant", "") : spec.variant);
  config["os"] = spec.os;
  COW_ASSIGN_OR_RETURN(config["config"], RunSettings(spec, base.config));
  COW_ASSIGN_OR_RETURN(Json rootfs, JsonObject(base.config, "rootfs"));
  COW_ASSIGN_OR_RETURN(Json diff_ids, JsonArray(rootfs, "diff_ids"));
  for (const LayerInput& layer : spec.layers) diff_ids.push_back(DigestText(layer.metadata.diff_id));
  config["rootfs"]["type"] = "layers";
  config["rootfs"]["diff_ids"] = diff_ids;
  COW_ASSIGN_OR_RETURN(config["history"], History(spec, base, created));
  return config;
}

Json PlatformOf(const Json& config) {
  Json platform;
  platform["architecture"] = JsonTextOr(config, "architecture", "");
  platform["os"] = JsonTextOr(config, "os", "");
  SetText(platform, "variant", JsonTextOr(config, "variant", ""));
  return platform;
}

// Both names readers look for: the tag for OCI tools, the full name for containerd and Docker.
absl::StatusOr<Json> NameAnnotations(const std::string& text) {
  if (text.empty()) return Json();
  COW_ASSIGN_OR_RETURN(ImageReference reference, ParseImageReference(text));
  Json annotations;
  annotations[std::string(kContainerdName)] = reference.ToString();
  if (!reference.tag.empty()) annotations[std::string(kRefName)] = reference.tag;
  return annotations;
}

absl::StatusOr<Descriptor> AddJson(std::string_view media_type, const Json& json, LayoutWriter& writer) {
  COW_ASSIGN_OR_RETURN(std::string text, RenderJson(json));
  Descriptor descriptor;
  descriptor.media_type = std::string(media_type);
  COW_ASSIGN_OR_RETURN(descriptor.digest, writer.AddBytes(text));
  return descriptor;
}

absl::Status CopyImage(const Layout& layout, const Descriptor& image, LayoutWriter& writer) {
  COW_RETURN_IF_ERROR(writer.AddFile(layout.BlobPath(image.digest), image.digest));
  COW_ASSIGN_OR_RETURN(Json manifest, layout.ReadJson(image));
  COW_ASSIGN_OR_RETURN(std::vector<Descriptor> blobs, BlobsOfManifest(manifest));
  for (const Descriptor& blob : blobs) {
    COW_RETURN_IF_ERROR(writer.AddFile(layout.BlobPath(blob.digest), blob.digest));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteImage(const ImageSpec& spec, const std::string& out) {
  COW_ASSIGN_OR_RETURN(LayoutWriter writer, LayoutWriter::Create(out));
  BaseImage base;
  if (!spec.base.empty()) {
    absl::StatusOr<BaseImage> read = ReadBase(spec, writer);
    if (!read.ok()) return Annotate(read.status(), spec.base);
    base = *std::move(read);
  }
  std::vector<Descriptor> layers = base.layers;
  for (const LayerInput& layer : spec.layers) {
    COW_RETURN_IF_ERROR(writer.AddFile(layer.blob_file, layer.metadata.digest));
    Descriptor descriptor;
    descriptor.media_type = layer.metadata.media_type;
    descriptor.digest = layer.metadata.digest;
    layers.push_back(std::move(descriptor));
  }
  COW_ASSIGN_OR_RETURN(Json config, ImageConfig(spec, base));
  COW_ASSIGN_OR_RETURN(Descriptor config_descriptor, AddJson(kImageConfig, config, writer));
  Json manifest;
  manifest["schemaVersion"] = 2;
  manifest["mediaType"] = kImageManifest;
  manifest["config"] = config_descriptor.ToJson();
  manifest["layers"] = Json::array();
  for (const Descriptor& layer : layers) manifest["layers"].push_back(layer.ToJson());
  if (!spec.annotations.empty()) manifest["annotations"] = MergeObject(Json::object(), spec.annotations);
  COW_ASSIGN_OR_RETURN(Descriptor image, AddJson(kImageManifest, manifest, writer));
  image.platform = PlatformOf(config);
  COW_ASSIGN_OR_RETURN(image.annotations, NameAnnotations(spec.reference));
  return writer.Finish(IndexJson({image}));
}

absl::Status WriteImageIndex(const std::vector<std::string>& layouts, const std::string& reference,
                             const std::string& out) {
  COW_ASSIGN_OR_RETURN(LayoutWriter writer, LayoutWriter::Create(out));
  std::map<std::string, Descriptor> by_platform;
  for (const std::string& directory : layouts) {
    COW_ASSIGN_OR_RETURN(Layout layout, Layout::Open(directory));
    COW_ASSIGN_OR_RETURN(Descriptor image, layout.ImageManifest("", ""));
    COW_ASSIGN_OR_RETURN(Json manifest, layout.ReadJson(image));
    COW_ASSIGN_OR_RETURN(std::vector<Descriptor> blobs, BlobsOfManifest(manifest));
    COW_ASSIGN_OR_RETURN(Json config, layout.ReadJson(blobs[0]));
    image.platform = PlatformOf(config);
    image.annotations = Json();
    if (!by_platform.try_emplace(image.platform.dump(), image).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(directory, ": a second image for platform ", image.platform.dump()));
    }
    COW_RETURN_IF_ERROR(CopyImage(layout, image, writer));
  }
  std::vector<Descriptor> images;
  for (auto& [platform, image] : by_platform) images.push_back(image);
  COW_ASSIGN_OR_RETURN(Descriptor index, AddJson(kImageIndex, IndexJson(images), writer));
  COW_ASSIGN_OR_RETURN(index.annotations, NameAnnotations(reference));
  return writer.Finish(IndexJson({index}));
}

}  // namespace cow::pack
