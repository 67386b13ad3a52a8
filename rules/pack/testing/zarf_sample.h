// Test support: a small Zarf package with one image, a chart, values, a manifest, a file and a data injection.
#pragma once

#include <string>

#include "rules/pack/oci/image.h"
#include "rules/pack/testing/temp_folder.h"
#include "rules/pack/zarf/package.h"

namespace cow::pack {

constexpr std::string_view kSampleName = "zarf-package-demo-amd64-1.0.tar.zst";

constexpr std::string_view kSampleZarf = R"(kind: ZarfPackageConfig
metadata:
  name: demo
  version: "###ZARF_PKG_TMPL_VERSION###"
components:
  - name: app
    required: true
    charts:
      - name: demo-chart
        version: 0.1.0
        namespace: demo
        localPath: chart
        valuesFiles:
          - values.yaml
    manifests:
      - name: extra
        namespace: demo
        files:
          - extra.yaml
    images:
      - org/app:1.0
    files:
      - source: tool.sh
        target: /usr/local/bin/tool
        executable: true
    dataInjections:
      - source: model
        target:
          namespace: demo
          selector: app=demo
          container: data
          path: /data/.model
)";

inline std::string WriteSampleImage(const TempFolder& temp) {
  FileTree tree;
  EXPECT_TRUE(tree.Add("app", FileNode(BytesContent("app"), 0755, "t")).ok());
  LayerInput layer{temp / "layer", *WriteLayer(tree, Compression::kGzip, 0, temp / "layer")};
  ImageSpec spec;
  spec.layers = {layer};
  spec.architecture = "amd64";
  EXPECT_TRUE(WriteImage(spec, temp / "img").ok());
  return temp / "img";
}

// Writes the workspace and returns the spec that builds it.
inline ZarfSpec SampleZarf(const TempFolder& temp, std::string_view yaml = kSampleZarf) {
  ZarfSpec spec;
  spec.definition.file = temp.Write("pkg/zarf.yaml", yaml);
  spec.definition.architecture = "amd64";
  spec.definition.variables = {{"VERSION", "1.0"}};
  temp.Write("pkg/chart/Chart.yaml", "apiVersion: v2\nname: api\nversion: \"0.1.0\"\n");
  temp.Write("pkg/chart/templates/a.yaml", "x: 1\n");
  temp.Write("pkg/values.yaml", "a: 1\n");
  temp.Write("pkg/extra.yaml", "kind: ConfigMap\n");
  temp.Write("pkg/tool.sh", "#!/bin/sh\n", 0644);
  temp.Write("pkg/model/weights.bin", "0101");
  spec.images = {{"org/app:1.0", WriteSampleImage(temp)}};
  return spec;
}

}  // namespace cow::pack
