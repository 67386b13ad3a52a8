#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "rules/pack/yaml/yaml_node.h"
#include "yaml-cpp/yaml.h"

namespace cow::pack {
namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxNodes = 500'000;  // aliases may expand a small file without end

// yaml-cpp's nodes turned into ours.
class Converter {
 public:
  explicit Converter(const std::string& file) : file_(file) {}

  absl::StatusOr<YamlNode> Convert(const YAML::Node& from, int depth) {
    int line = from.Mark().line + 1;
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes) return Error(line, "the document is too deep or too large");
    YamlNode node;
    node.line = line;
    switch (from.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return node;
      case YAML::NodeType::Scalar:
        return Scalar(from, std::move(node));
      case YAML::NodeType::Sequence:
        node.kind = YamlNode::Kind::kSequence;
        for (const YAML::Node& item : from) {
          COW_ASSIGN_OR_RETURN(YamlNode child, Convert(item, depth + 1));
          node.items.push_back(std::move(child));
        }
        return node;
      case YAML::NodeType::Map:
        return Mapping(from, std::move(node), depth);
    }
    return node;
  }

  absl::Status Error(int line, std::string_view message) const {
    return absl::InvalidArgumentError(absl::StrCat(file_, ":", line, ": ", message));
  }

 private:
  absl::StatusOr<YamlNode> Scalar(const YAML::Node& from, YamlNode node) {
    const std::string& tag = from.Tag();
    if (tag != "?" && tag != "!" && !tag.empty() && tag != "tag:yaml.org,2002:str") {
      return Error(node.line, absl::StrCat("tag '", tag, "' is not supported"));
    }
    node.kind = YamlNode::Kind::kScalar;
    node.text = from.Scalar();
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    return node;
  }

  absl::StatusOr<YamlNode> Mapping(const YAML::Node& from, YamlNode node, int depth) {
    node.kind = YamlNode::Kind::kMapping;
    for (const auto& entry : from) {
      int line = entry.first.Mark().line + 1;
      if (!entry.first.IsScalar()) return Error(line, "a key must be text");
      const std::string& key = entry.first.Scalar();
      if (node.Find(key) != nullptr) return Error(line, absl::StrCat("key '", key, "' is given twice"));
      COW_ASSIGN_OR_RETURN(YamlNode value, Convert(entry.second, depth + 1));
      if (value.line == 0) value.line = line;
      node.entries.emplace_back(key, std::move(value));
    }
    return node;
  }

  const std::string& file_;
  int nodes_ = 0;
};

}  // namespace

absl::StatusOr<YamlNode> ParseYaml(std::string_view text, const std::string& file) {
  Converter converter(file);
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.size() != 1) {
      return converter.Error(1, absl::StrCat("expected one YAML document, found ", documents.size()));
    }
    return converter.Convert(documents[0], 0);
  } catch (const YAML::Exception& exception) {
    return converter.Error(exception.mark.line + 1, exception.msg);
  }
}

}  // namespace cow::pack
