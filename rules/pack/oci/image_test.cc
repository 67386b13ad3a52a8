#include "rules/pack/oci/image.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/oci/layout.h"
#include "rules/pack/oci/layout_verify.h"
#include "rules/pack/oci/media_types.h"
#include "rules/pack/oci/reference.h"
#include "rules/pack/testing/archives.h"
#include "rules/pack/testing/temp_folder.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;

LayerInput MakeLayer(const TempFolder& temp, const std::string& name, const std::string& content,
                     Compression compression = Compression::kGzip) {
  FileTree tree;
  EXPECT_TRUE(tree.Add("opt/" + name, FileNode(BytesContent(content), 0644, "test")).ok());
  EXPECT_TRUE(tree.AddParents(RootParentMode).ok());
  std::string blob = temp / ("layer-" + name);
  return {blob, *WriteLayer(tree, compression, 0, blob)};
}

ImageSpec SampleSpec(const TempFolder& temp) {
  ImageSpec spec;
  spec.layers = {MakeLayer(temp, "one", "1"), MakeLayer(temp, "two", "2")};
  spec.architecture = "amd64";
  spec.reference = "ghcr.io/org/app:1.2";
  spec.entrypoint = {"/opt/one"};
  spec.command = {"run"};
  spec.environment = {{"A", "1"}, {"B", "2"}};
  spec.labels = {{"z", "1"}, {"a", "2"}};
  spec.exposed_ports = {"8080", "53/udp"};
  spec.user = "65532";
  return spec;
}

Json ConfigOf(const std::string& directory) {
  Layout layout = *Layout::Open(directory);
  Json manifest = *layout.ReadJson(layout.manifests()[0]);
  return *layout.ReadJson((*BlobsOfManifest(manifest))[0]);
}

TEST(LayerTest, MetadataDescribesBlobAndTar) {
  TempFolder temp;
  LayerInput layer = MakeLayer(temp, "x", "content");
  std::string blob = temp.Read("layer-x");
  EXPECT_EQ(layer.metadata.digest, Digest::Of(blob));
  EXPECT_EQ(layer.metadata.diff_id, Digest::Of(Decompressed(blob)));
  absl::StatusOr<LayerMetadata> again = LayerMetadata::FromJson(layer.metadata.ToJson());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->ToJson(), layer.metadata.ToJson());
}

TEST(LayerTest, RefusesWhiteoutNamesOfRealFiles) {
  TempFolder temp;
  FileTree tree;
  ASSERT_TRUE(tree.Add("a/.wh.b", FileNode(BytesContent(""), 0644, "src")).ok());
  EXPECT_FALSE(WriteLayer(tree, Compression::kGzip, 0, temp / "l").ok());
  FileTree marked;
  ASSERT_TRUE(AddWhiteout("/a/b", marked).ok());
  EXPECT_NE(marked.Find("a/.wh.b"), nullptr);
  EXPECT_TRUE(WriteLayer(marked, Compression::kGzip, 0, temp / "l").ok());
  ASSERT_TRUE(marked.Add("a/c", FileNode(BytesContent(""), 0644, "src")).ok());
  EXPECT_FALSE(AddWhiteout("a/c", marked).ok());
}

TEST(ImageTest, WritesAVerifiedLayout) {
  TempFolder temp;
  ASSERT_TRUE(WriteImage(SampleSpec(temp), temp / "img").ok());
  absl::Status status = VerifyLayout(temp / "img");
  EXPECT_TRUE(status.ok()) << status;
  Json config = ConfigOf(temp / "img");
  EXPECT_EQ(config["config"].dump(),
            R"({"User":"65532","ExposedPorts":{"53/udp":{},"8080/tcp":{}},"Env":["A=1","B=2"],)"
            R"("Entrypoint":["/opt/one"],"Cmd":["run"],"Labels":{"a":"2","z":"1"}})");
  EXPECT_EQ(config["created"], "1970-01-01T00:00:00Z");
  Descriptor image = Layout::Open(temp / "img")->manifests()[0];
  EXPECT_EQ(image.Annotation(kRefName), "1.2");
  EXPECT_EQ(image.Annotation(kContainerdName), "ghcr.io/org/app:1.2");
}

TEST(ImageTest, BaseGivesLayersSettingsAndHistory) {
  TempFolder temp;
  ASSERT_TRUE(WriteImage(SampleSpec(temp), temp / "base").ok());
  ImageSpec spec;
  spec.base = temp / "base";
  spec.architecture = "amd64";
  spec.layers = {MakeLayer(temp, "three", "3")};
  spec.environment = {{"B", "new"}, {"C", "3"}};
  spec.entrypoint = {"/opt/three"};
  ASSERT_TRUE(WriteImage(spec, temp / "img").ok());
  EXPECT_TRUE(VerifyLayout(temp / "img").ok());
  Json config = ConfigOf(temp / "img");
  EXPECT_EQ(config["config"]["Env"].dump(), R"(["A=1","B=new","C=3"])");
  EXPECT_FALSE(config["config"].contains("Cmd")) << "the base's arguments belong to its own entrypoint";
  EXPECT_EQ(config["rootfs"]["diff_ids"].size(), 3u);
  EXPECT_EQ(config["history"].size(), 3u);
}

TEST(ImageTest, RefusesBaseOfAnotherArchitecture) {
  TempFolder temp;
  ASSERT_TRUE(WriteImage(SampleSpec(temp), temp / "base").ok());
  ImageSpec spec;
  spec.base = temp / "base";
  spec.architecture = "arm64";
  EXPECT_THAT(std::string(WriteImage(spec, temp / "img").message()), HasSubstr("no image for linux/arm64, found [linux/amd64]"));
}

TEST(ImageTest, RefusesLayerThatDoesNotMatchItsMetadata) {
  TempFolder temp;
  ImageSpec spec = SampleSpec(temp);
  temp.Write("layer-one", "other bytes");
  EXPECT_THAT(std::string(WriteImage(spec, temp / "img").message()), HasSubstr("expected digest"));
}

TEST(ImageIndexTest, JoinsPlatformsUnderOneName) {
  TempFolder temp;
  ImageSpec spec = SampleSpec(temp);
  ASSERT_TRUE(WriteImage(spec, temp / "amd64").ok());
  spec.architecture = "arm64";
  ASSERT_TRUE(WriteImage(spec, temp / "arm64").ok());
  ASSERT_TRUE(WriteImageIndex({temp / "arm64", temp / "amd64"}, "r.io/x:1", temp / "all").ok());
  EXPECT_TRUE(VerifyLayout(temp / "all").ok());
  Layout layout = *Layout::Open(temp / "all");
  ASSERT_EQ(layout.manifests().size(), 1u);
  EXPECT_TRUE(layout.ImageManifest("linux", "arm64").ok());
  EXPECT_FALSE(layout.ImageManifest("linux", "riscv64").ok());
  EXPECT_FALSE(layout.ImageManifest("", "").ok()) << "two images and no platform asked for";
  EXPECT_FALSE(WriteImageIndex({temp / "amd64", temp / "amd64"}, "", temp / "twice").ok());
}

TEST(ImageTarTest, HoldsBothIndexAndDockerManifest) {
  TempFolder temp;
  ASSERT_TRUE(WriteImage(SampleSpec(temp), temp / "img").ok());
  ASSERT_TRUE(WriteImageTar(temp / "img", {}, temp / "img.tar").ok());
  absl::StatusOr<EntryList> entries = ReadTar(temp.Read("img.tar"));
  ASSERT_TRUE(entries.ok()) << entries.status();
  std::map<std::string, std::string> files;
  for (const auto& [entry, bytes] : *entries) files[entry.name] = bytes;
  Json docker = Json::parse(files["manifest.json"])[0];
  EXPECT_EQ(docker["RepoTags"].dump(), R"(["ghcr.io/org/app:1.2"])");
  EXPECT_EQ(files.count(docker["Config"].get<std::string>()), 1u);
  EXPECT_EQ(docker["Layers"].size(), 2u);
  EXPECT_EQ(files["oci-layout"], kOciLayoutFile);
}

// Every defect must be found; the sample is rebuilt for each.
struct Defect {
  std::string_view name;
  void (*spoil)(const TempFolder& temp, const std::string& config_blob);
  std::string_view want;
};

TEST(LayoutVerifyTest, FindsEachDefect) {
  const Defect defects[] = {
      {"changed blob", [](const TempFolder& t, const std::string& blob) { t.Write(blob, "{}"); }, "has content"},
      {"missing blob", [](const TempFolder& t, const std::string& blob) { (void)RemoveFile(t / blob); }, "No such file"},
      {"left-over blob",
       [](const TempFolder& t, const std::string&) { t.Write("img/blobs/sha256/abc", "x"); }, "not reachable"},
      {"no layout file", [](const TempFolder& t, const std::string&) { (void)RemoveFile(t / "img/oci-layout"); }, "oci-layout"},
      {"empty index",
       [](const TempFolder& t, const std::string&) { t.Write("img/index.json", R"({"manifests":[]})"); }, "no manifest"},
      {"broken index", [](const TempFolder& t, const std::string&) { t.Write("img/index.json", "["); }, "not valid JSON"}};
  for (const Defect& defect : defects) {
    TempFolder temp;
    ASSERT_TRUE(WriteImage(SampleSpec(temp), temp / "img").ok());
    Layout layout = *Layout::Open(temp / "img");
    Json manifest = *layout.ReadJson(layout.manifests()[0]);
    defect.spoil(temp, "img/blobs/sha256/" + (*BlobsOfManifest(manifest))[0].digest.hex());
    EXPECT_THAT(std::string(VerifyLayout(temp / "img").message()), HasSubstr(std::string(defect.want))) << defect.name;
  }
}

TEST(LayoutVerifyTest, FindsWrongDiffId) {
  TempFolder temp;
  ImageSpec spec = SampleSpec(temp);
  spec.layers[0].metadata.diff_id = Digest::Of("something else");
  ASSERT_TRUE(WriteImage(spec, temp / "img").ok());
  EXPECT_THAT(std::string(VerifyLayout(temp / "img").message()), HasSubstr("its diff id is"));
}


TEST(ReferenceTest, NormalizesAsDockerDoes) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const std::pair<std::string, std::string> cases[] = {
      {"nginx", "docker.io/library/nginx:latest"},
      {"kiwigrid/k8s-sidecar:1.23.3", "docker.io/kiwigrid/k8s-sidecar:1.23.3"},
      {"localhost/x", "localhost/x:latest"},
      {"localhost:5000/x:1", "localhost:5000/x:1"},
      {"ghcr.io/a/b/c:v1", "ghcr.io/a/b/c:v1"},
      {"index.docker.io/library/x", "docker.io/library/x:latest"},
      {"r.io/x@" + digest, "r.io/x@" + digest},
      {"r.io/x:1@" + digest, "r.io/x:1@" + digest},
      {"", "!"}, {"UPPER/x", "!"}, {"r.io/x:", "!"}, {"r.io/x:-a", "!"}, {"r.io/x@sha256:12", "!"}, {"r.io//x", "!"}, {"a/b c", "!"}};
  for (const auto& [text, want] : cases) {
    absl::StatusOr<std::string> name = NormalizeImageReference(text);
    EXPECT_EQ(name.ok() ? *name : "!", want) << text;
  }
}

}  // namespace
}  // namespace cow::pack
