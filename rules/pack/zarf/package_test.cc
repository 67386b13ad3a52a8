#include "rules/pack/zarf/package.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/testing/archives.h"
#include "rules/pack/testing/zarf_sample.h"
#include "rules/pack/zarf/schema.h"
#include "rules/pack/zarf/verify.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;

std::map<std::string, std::string> FilesOf(const std::string& package) {
  std::map<std::string, std::string> files;
  EntryList entries = *ReadTar(Decompressed(package));
  for (const auto& [entry, bytes] : entries) files[entry.name] = bytes;
  return files;
}

TEST(ZarfPackageTest, PutsEverythingWhereDeployLooks) {
  TempFolder temp;
  std::string out = temp / kSampleName;
  absl::Status status = BuildZarfPackage(SampleZarf(temp), out);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(VerifyZarfPackage(out).ok()) << VerifyZarfPackage(out);
  std::map<std::string, std::string> files = FilesOf(temp.Read(kSampleName));
  EXPECT_EQ(Manifest(*ReadTar(files["components/app.tar"])),
            "0700 0:0 0 app\n"
            "0700 0:0 0 app/charts\n"
            "0600 0:0 168 app/charts/demo-chart-0.1.0.tgz\n"
            "0700 0:0 0 app/data\n"
            "0700 0:0 0 app/data/0\n"
            "0700 0:0 0 app/data/0/.model\n"
            "0600 0:0 4 app/data/0/.model/weights.bin\n"
            "0700 0:0 0 app/files\n"
            "0700 0:0 0 app/files/0\n"
            "0700 0:0 10 app/files/0/tool\n"
            "0700 0:0 0 app/manifests\n"
            "0600 0:0 16 app/manifests/extra-0.yaml\n"
            "0700 0:0 0 app/values\n"
            "0600 0:0 5 app/values/demo-chart-0.1.0-0\n");
  EXPECT_THAT(files["images/index.json"],
              HasSubstr(R"("annotations":{"org.opencontainers.image.base.name":"docker.io/org/app:1.0",)"
                        R"("org.opencontainers.image.ref.name":"docker.io/org/app:1.0"})"));
  EXPECT_THAT(files["zarf.yaml"], HasSubstr("version: \"1.0\"\n"));
  EXPECT_THAT(files["zarf.yaml"], HasSubstr("- org/app:1.0\n"));
  EXPECT_THAT(files["zarf.yaml"], HasSubstr("aggregateChecksum: " + Digest::Of(files["checksums.txt"]).hex()));
}

TEST(ZarfPackageTest, IsReproducible) {
  TempFolder one, two;
  ASSERT_TRUE(BuildZarfPackage(SampleZarf(one), one / kSampleName).ok());
  ASSERT_TRUE(BuildZarfPackage(SampleZarf(two), two / kSampleName).ok());
  EXPECT_EQ(one.Read(kSampleName), two.Read(kSampleName));
}

TEST(ZarfPackageTest, PackageWithoutContentHasALoneNewlineAsChecksums) {
  TempFolder temp;
  ZarfSpec spec = SampleZarf(temp, "kind: ZarfPackageConfig\nmetadata:\n  name: demo\n  version: '1.0'\ncomponents:\n- name: a\n");
  spec.images.clear();
  ASSERT_TRUE(BuildZarfPackage(spec, temp / kSampleName).ok());
  EXPECT_EQ(FilesOf(temp.Read(kSampleName))["checksums.txt"], "\n");
  EXPECT_TRUE(VerifyZarfPackage(temp / kSampleName).ok());
}

TEST(ZarfPackageTest, UncompressedPackageIsAPlainTar) {
  TempFolder temp;
  std::string yaml(kSampleZarf);
  yaml.insert(yaml.find("components:"), "  uncompressed: true\n");
  std::string out = temp / "zarf-package-demo-amd64-1.0.tar";
  ASSERT_TRUE(BuildZarfPackage(SampleZarf(temp, yaml), out).ok());
  EXPECT_TRUE(VerifyZarfPackage(out).ok());
}

TEST(ZarfPackageTest, NameIsCheckedAgainstTheOutput) {
  TempFolder temp;
  EXPECT_THAT(std::string(BuildZarfPackage(SampleZarf(temp), temp / "demo.tar.zst").message()),
              HasSubstr("this package is named 'zarf-package-demo-amd64-1.0.tar.zst', not 'demo.tar.zst'"));
}

// A change of the sample's text and the error it must give.
struct BadDefinition {
  std::string_view from, to, want;
};

TEST(ZarfPackageTest, RefusesWhatItCannotBuild) {
  const BadDefinition cases[] = {
      {"###ZARF_PKG_TMPL_VERSION###", "###ZARF_PKG_TMPL_OTHER###", "zarf.yaml:4: '###ZARF_PKG_TMPL_OTHER###' has no value"},
      {"    required: true\n", "    repos: [a]\n", "zarf.yaml:7: 'components[0].repos' is not supported"},
      {"    required: true\n", "    requird: true\n", "(did you mean 'required'?)"},
      {"    required: true\n", "    required: 1\n", "zarf.yaml:7: 'components[0].required' must be true or false"},
      {"    required: true\n", "    import:\n      url: oci://x\n", "'components[0].import.url' is not supported"},
      {"    required: true\n", "    actions:\n      onCreate:\n        before:\n        - cmd: make\n", "actions.onCreate.before"},
      {"    required: true\n", "    required: true\n    default: true\n", "both default and required"},
      {"        localPath: chart\n", "        url: https://x\n", "'components[0].charts[0].url' is not supported"},
      {"        localPath: chart\n", "", "'chart.localPath' is missing"},
      {"        namespace: demo\n        localPath", "        localPath", "'chart.namespace' is missing"},
      {"name: demo-chart", "name: Demo", "must be a DNS label"},
      {"version: 0.1.0", "version: a/b", "may not hold a path separator"},
      {"        files:\n          - extra.yaml\n", "        kustomizations: [k]\n", "kustomizations' is not supported"},
      {"          - extra.yaml", "          - other.yaml", "no content for 'other.yaml'"},
      {"          - extra.yaml", "          - https://x/y.yaml", "nothing is downloaded here"},
      {"      - org/app:1.0", "      - org/app:2.0", "--image 'docker.io/org/app:1.0' is not in zarf.yaml"},
      {"      - org/app:1.0", "      - org/app:1.0\n      - org/new:1", "image 'docker.io/org/new:1' of zarf.yaml has no --image"},
      {"        executable: true", "        shasum: abc", "shasum is 'abc'"},
      {"kind: ZarfPackageConfig", "kind: ZarfInitConfig", "supported is 'ZarfPackageConfig'"},
      {"  name: demo\n", "  name: demo\n  architecture: arm64\n", "metadata.architecture is 'arm64', --arch is 'amd64'"}};
  for (const BadDefinition& c : cases) {
    TempFolder temp;
    std::string yaml(kSampleZarf);
    size_t at = yaml.find(c.from);
    ASSERT_NE(at, std::string::npos) << c.from;
    yaml.replace(at, c.from.size(), c.to);
    absl::Status status = BuildZarfPackage(SampleZarf(temp, yaml), temp / kSampleName);
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(c.want))) << c.to;
  }
}

TEST(ZarfDefinitionTest, ImportsMergeAsZarfMergesThem) {
  TempFolder temp;
  temp.Write("pkg/common/zarf.yaml", R"(kind: ZarfPackageConfig
variables:
  - name: A
    default: imported
  - name: B
components:
  - name: base
    description: from base
    required: true
    charts:
      - name: c
        version: 1.0.0
        namespace: old
        localPath: ../chart
        valuesFiles: [base.yaml]
    images: [base:1]
    actions:
      onDeploy:
        defaults:
          dir: base
        after:
          - cmd: first
)");
  DefinitionOptions options;
  options.architecture = "amd64";
  options.flavor = "up";
  options.file = temp.Write("pkg/zarf.yaml", R"(kind: ZarfPackageConfig
variables:
  - name: A
    default: own
components:
  - name: other
    only:
      flavor: down
  - name: app
    only:
      flavor: up
    import:
      path: common
      name: base
    charts:
      - name: c
        namespace: new
        valuesFiles: [values/own.yaml]
    images: [own:1]
    actions:
      onDeploy:
        after:
          - cmd: "second ###ZARF_COMPONENT_NAME### ###ZARF_VAR_X###"
)");
  absl::StatusOr<YamlNode> package = LoadDefinition(options, SourceMap(temp / "pkg", {}));
  ASSERT_TRUE(package.ok()) << package.status();
  EXPECT_EQ(RenderYaml(*package), R"(kind: ZarfPackageConfig
variables:
  - name: A
    default: own
  - name: B
components:
  - name: app
    description: from base
    charts:
      - name: c
        version: "1.0.0"
        namespace: new
        localPath: chart
        valuesFiles:
          - common/base.yaml
          - values/own.yaml
    images:
      - base:1
      - own:1
    only:
      flavor: up
    actions:
      onDeploy:
        after:
          - cmd: first
          - cmd: "second app ###ZARF_VAR_X###"
)");
}

TEST(ZarfDefinitionTest, FindsImportCycles) {
  TempFolder temp;
  DefinitionOptions options;
  options.architecture = "amd64";
  options.file = temp.Write("zarf.yaml", "components:\n- name: a\n  import: {path: b}\n");
  temp.Write("b/zarf.yaml", "components:\n- name: a\n  import: {path: ..}\n");
  // The first file is met again under another spelling, then under the same.
  EXPECT_THAT(std::string(LoadDefinition(options, SourceMap(temp / "", {})).status().message()), HasSubstr("import cycle"));
}

TEST(ZarfTemplateTest, ReplacesPackageTemplatesOnly) {
  DefinitionOptions options;
  options.architecture = "arm64";
  options.variables = {{"X", "1"}};
  EXPECT_EQ(*ExpandPackageTemplates("###ZARF_PKG_TMPL_X### ###ZARF_PKG_VAR_x### ###ZARF_PKG_ARCH### ###ZARF_VAR_Y###", options, "f"),
            "1 1 arm64 ###ZARF_VAR_Y###");
  EXPECT_FALSE(ExpandPackageTemplates("###ZARF_PKG_TMPL_", options, "f").ok());
  EXPECT_FALSE(ExpandPackageTemplates("###ZARF_PKG_OTHER###", options, "f").ok());
}

TEST(SourceMapTest, GivenSourcesComeFirstAndPathsAreNormalized) {
  TempFolder temp;
  temp.Write("here", "");
  SourceMap sources(temp / "", {{"./chart/../chart", "/given/chart"}});
  EXPECT_EQ(*sources.Find("chart"), "/given/chart");
  EXPECT_TRUE(sources.Find("x/../here").ok());
  EXPECT_FALSE(sources.Find("/etc/passwd").ok());
  EXPECT_EQ(SourceMap::Normalize("../a/./b/.."), "../a");
}

}  // namespace
}  // namespace cow::pack
