#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "rules/pack/cli/commands.h"
#include "rules/pack/oci/image.h"
#include "rules/pack/oci/layout_verify.h"

namespace cow::pack {
namespace {

absl::StatusOr<std::vector<LayerInput>> ReadLayers(const ParsedFlags& flags) {
  COW_ASSIGN_OR_RETURN(auto pairs, flags.Pairs("layer"));
  std::vector<LayerInput> layers;
  for (const auto& [blob, meta] : pairs) {
    COW_ASSIGN_OR_RETURN(std::string json, ReadFile(meta));
    absl::StatusOr<LayerMetadata> metadata = LayerMetadata::FromJson(json);
    if (!metadata.ok()) return Annotate(metadata.status(), meta);
    layers.push_back({blob, *std::move(metadata)});
  }
  return layers;
}

absl::Status RunImage(const ParsedFlags& flags) {
  ImageSpec spec;
  COW_ASSIGN_OR_RETURN(spec.layers, ReadLayers(flags));
  COW_ASSIGN_OR_RETURN(spec.environment, flags.Pairs("env"));
  COW_ASSIGN_OR_RETURN(spec.labels, flags.Pairs("label"));
  COW_ASSIGN_OR_RETURN(spec.annotations, flags.Pairs("annotation"));
  COW_ASSIGN_OR_RETURN(spec.created, flags.Number("mtime", 0));
  spec.base = flags.Get("base");
  spec.reference = flags.Get("ref");
  spec.architecture = flags.Get("arch");
  spec.os = flags.Get("os", "linux");
  spec.variant = flags.Get("variant");
  spec.entrypoint = flags.All("entrypoint");
  spec.command = flags.All("cmd");
  spec.exposed_ports = flags.All("expose");
  spec.volumes = flags.All("volume");
  spec.user = flags.Get("user");
  spec.working_directory = flags.Get("workdir");
  spec.stop_signal = flags.Get("stop-signal");
  spec.author = flags.Get("author");
  return WriteImage(spec, flags.Get("out"));
}

absl::Status RunImageIndex(const ParsedFlags& flags) {
  return WriteImageIndex(flags.All("image"), flags.Get("ref"), flags.Get("out"));
}

absl::Status RunImageTar(const ParsedFlags& flags) {
  return WriteImageTar(flags.Get("layout"), flags.All("ref"), flags.Get("out"));
}

absl::Status RunOciVerify(const ParsedFlags& flags) { return VerifyLayout(flags.positional()); }

}  // namespace

Command ImageCommand() {
  return {"image", "assembles an OCI layout directory from layers", "",
          {{"out", FlagKind::kRequired, "DIR", "the layout"},
           {"layer", FlagKind::kRepeated, "BLOB=META", "a layer and its metadata, lowest first"},
           {"base", FlagKind::kValue, "DIR", "layout whose layers and settings come first"},
           {"ref", FlagKind::kValue, "NAME", "full image reference"},
           {"arch", FlagKind::kRequired, "ARCH", "amd64, arm64, ..."},
           {"os", FlagKind::kValue, "OS", "default linux"},
           {"variant", FlagKind::kValue, "VARIANT", "e.g. v8"},
           {"entrypoint", FlagKind::kRepeated, "ARG", "one word of the entrypoint"},
           {"cmd", FlagKind::kRepeated, "ARG", "one word of the default arguments"},
           {"env", FlagKind::kRepeated, "KEY=VALUE", "environment variable"},
           {"label", FlagKind::kRepeated, "KEY=VALUE", "label of the config"},
           {"annotation", FlagKind::kRepeated, "KEY=VALUE", "annotation of the manifest"},
           {"expose", FlagKind::kRepeated, "PORT[/udp]", "exposed port"},
           {"volume", FlagKind::kRepeated, "PATH", "volume"},
           {"user", FlagKind::kValue, "USER", "user of the process"},
           {"workdir", FlagKind::kValue, "DIR", "working directory"},
           {"stop-signal", FlagKind::kValue, "SIGNAL", "e.g. SIGTERM"},
           {"author", FlagKind::kValue, "TEXT", "author in the config"},
           {"mtime", FlagKind::kValue, "SECONDS", "creation time, default 0"}},
          RunImage};
}

Command ImageIndexCommand() {
  return {"image-index", "joins layouts of several platforms into one", "",
          {{"out", FlagKind::kRequired, "DIR", "the layout"},
           {"image", FlagKind::kRepeated, "DIR", "layout of one image"},
           {"ref", FlagKind::kValue, "NAME", "full image reference"}},
          RunImageIndex};
}

Command ImageTarCommand() {
  return {"image-tar", "writes a layout as a tar for docker load, podman load and skopeo", "",
          {{"layout", FlagKind::kRequired, "DIR", "layout of one image"},
           {"out", FlagKind::kRequired, "FILE", "the tar"},
           {"ref", FlagKind::kRepeated, "NAME", "reference, default the layout's own"}},
          RunImageTar};
}

Command OciVerifyCommand() {
  return {"oci-verify", "checks an OCI layout: digests, sizes, diff ids, leftovers", "LAYOUT_DIR", {}, RunOciVerify};
}

}  // namespace cow::pack
