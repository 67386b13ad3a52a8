#include "rules/pack/yaml/yaml_node.h"

#include <algorithm>

namespace cow::pack {

YamlNode YamlNode::Text(std::string text) {
  YamlNode node;
  node.kind = Kind::kScalar;
  node.text = std::move(text);
  node.quoted = true;
  return node;
}

YamlNode YamlNode::Boolean(bool value) {
  YamlNode node;
  node.kind = Kind::kScalar;
  node.text = value ? "true" : "false";
  return node;
}

YamlNode YamlNode::Mapping() {
  YamlNode node;
  node.kind = Kind::kMapping;
  return node;
}

YamlNode YamlNode::Sequence(std::vector<YamlNode> items) {
  YamlNode node;
  node.kind = Kind::kSequence;
  node.items = std::move(items);
  return node;
}

bool YamlNode::IsEmpty() const {
  switch (kind) {
    case Kind::kNull:
      return true;
    case Kind::kScalar:
      return text.empty();
    case Kind::kSequence:
      return items.empty();
    case Kind::kMapping:
      return entries.empty();
  }
  return true;
}

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name == key) return &value;
  }
  return nullptr;
}

YamlNode* YamlNode::Find(std::string_view key) {
  return const_cast<YamlNode*>(static_cast<const YamlNode*>(this)->Find(key));
}

std::string YamlNode::TextOf(std::string_view key) const {
  const YamlNode* value = Find(key);
  return value != nullptr && value->IsScalar() ? value->text : "";
}

const std::vector<YamlNode>& YamlNode::ItemsOf(std::string_view key) const {
  static const std::vector<YamlNode> none;
  const YamlNode* value = Find(key);
  return value != nullptr && value->IsSequence() ? value->items : none;
}

void YamlNode::Set(std::string_view key, YamlNode value) {
  if (YamlNode* present = Find(key); present != nullptr) {
    *present = std::move(value);
  } else {
    entries.emplace_back(key, std::move(value));
  }
}

void YamlNode::Remove(std::string_view key) {
  entries.erase(std::remove_if(entries.begin(), entries.end(), [&](const YamlEntry& entry) { return entry.key == key; }),
                entries.end());
}

}  // namespace cow::pack
