#include "engine/query/output_target.h"

#include "absl/strings/str_cat.h"
#include "engine/base/json.h"

namespace cow::query {

std::string BuildText(const QueryGraph& graph, NodeId node) {
  const NodeInfo& info = graph.Info(node);
  if (!info.rule) return "";
  std::string text = absl::StrCat("# ", info.location.ToString(), "\n", info.rule->class_name, "(\n  name = ", JsonQuote(info.label.name()), ",\n");
  for (const AttributeValue& attribute : graph.Attributes(node)) {
    bool shown = attribute.is_explicit || attribute.name.starts_with("generator_");
    if (!shown || attribute.name == "name" || attribute.build_text.empty()) continue;
    absl::StrAppend(&text, "  ", attribute.name, " = ", attribute.build_text, ",\n");
  }
  return text + ")\n\n";
}

std::string JsonText(QueryGraph& graph, NodeId node) {
  const NodeInfo& info = graph.Info(node);
  std::string text = absl::StrCat("{\"label\":", JsonQuote(info.label.ToString()));
  if (info.name != info.label.ToString()) absl::StrAppend(&text, ",\"name\":", JsonQuote(info.name));
  absl::StrAppend(&text, ",\"kind\":", JsonQuote(info.kind), ",\"location\":", JsonQuote(info.location.ToString()));
  if (info.rule) {
    std::string attributes, written;
    for (const AttributeValue& attribute : graph.Attributes(node)) {
      absl::StrAppend(&attributes, attributes.empty() ? "" : ",", JsonQuote(attribute.name), ":", attribute.json);
      if (attribute.is_explicit) absl::StrAppend(&written, written.empty() ? "" : ",", JsonQuote(attribute.name));
    }
    absl::StrAppend(&text, ",\"attributes\":{", attributes, "},\"explicit\":[", written, "]");
  }
  std::string dependencies;
  for (NodeId dependency : graph.Dependencies(node).nodes) {
    absl::StrAppend(&dependencies, dependencies.empty() ? "" : ",", JsonQuote(graph.Info(dependency).name));
  }
  return absl::StrCat(text, ",\"deps\":[", dependencies, "]}");
}

}  // namespace cow::query
