#include "engine/loading/native_rules.h"

#include <string>
#include <utility>

#include "engine/loading/attribute_conversion.h"
#include "engine/starlark/sequence_value.h"

namespace cow::loading {

using starlark::Heap;
using starlark::Value;

namespace {

Attribute Make(Heap& heap, std::string name, AttributeType type) {
  return {.name = std::move(name), .type = type, .default_value = EmptyValue(type, heap)};
}

Attribute Fixed(Heap& heap, std::string name, AttributeType type) {
  Attribute attribute = Make(heap, std::move(name), type);
  attribute.configurable = false;
  return attribute;
}

Attribute Mandatory(Attribute attribute) {
  attribute.mandatory = true;
  return attribute;
}

Attribute AnyFile(Attribute attribute) {
  attribute.allow_files.any = true;
  return attribute;
}

RuleClass* Class(Heap& heap, std::string name, std::vector<Attribute> attributes) {
  for (Attribute& attribute : ImplicitAttributes(heap, false, false)) attributes.push_back(std::move(attribute));
  return heap.New<RuleClass>(RuleClass::Definition{.name = std::move(name), .attributes = std::move(attributes)});
}

// label_flag, label_setting: an alias that the configuration chooses.
RuleClass* LabelSetting(Heap& heap, std::string name, bool is_flag) {
  std::vector<Attribute> attributes = {
      Mandatory(AnyFile(Fixed(heap, "build_setting_default", AttributeType::kLabel)))};
  for (Attribute& attribute : ImplicitAttributes(heap, false, false)) attributes.push_back(std::move(attribute));
  return heap.New<RuleClass>(
      RuleClass::Definition{.name = std::move(name),
                            .attributes = std::move(attributes),
                            .build_setting = heap.New<BuildSetting>(BuildSetting::Type::kLabel, is_flag, false)});
}

std::vector<Attribute> ToolchainAttributes(Heap& heap) {
  return {Mandatory(Fixed(heap, "toolchain_type", AttributeType::kLabel)),
          Mandatory(Fixed(heap, "toolchain", AttributeType::kLabel)),
          Fixed(heap, "target_settings", AttributeType::kLabelList),
          Fixed(heap, "use_target_platform_constraints", AttributeType::kBool)};
}

Attribute OneOf(Heap& heap, std::string name, std::string_view default_value, std::vector<std::string_view> values) {
  Attribute attribute = Fixed(heap, std::move(name), AttributeType::kString);
  attribute.default_value = heap.NewString(default_value);
  for (std::string_view value : values) attribute.values.push_back(heap.NewString(value));
  return attribute;
}

void AddTestAttributes(Heap& heap, std::vector<Attribute>& attributes) {
  attributes.push_back(OneOf(heap, "size", "medium", {"small", "medium", "large", "enormous"}));
  attributes.push_back(OneOf(heap, "timeout", "", {"", "short", "moderate", "long", "eternal"}));
  attributes.push_back(Fixed(heap, "flaky", AttributeType::kBool));
  attributes.push_back(Fixed(heap, "local", AttributeType::kBool));
  Attribute shards = Make(heap, "shard_count", AttributeType::kInt);
  shards.default_value = Value::SmallInt(-1);
  attributes.push_back(std::move(shards));
}

}  // namespace

std::vector<Attribute> ImplicitAttributes(Heap& heap, bool executable, bool test) {
  std::vector<Attribute> attributes = {
      Mandatory(Fixed(heap, "name", AttributeType::kString)),
      Fixed(heap, "visibility", AttributeType::kLabelList),
      Fixed(heap, "tags", AttributeType::kStringList),
      Fixed(heap, "testonly", AttributeType::kBool),
      Fixed(heap, "deprecation", AttributeType::kString),
      Make(heap, "features", AttributeType::kStringList),
      Fixed(heap, "exec_compatible_with", AttributeType::kLabelList),
      Make(heap, "target_compatible_with", AttributeType::kLabelList),
      Make(heap, "exec_properties", AttributeType::kStringDict),
      Fixed(heap, "toolchains", AttributeType::kLabelList),
      Fixed(heap, "compatible_with", AttributeType::kLabelList),
      Fixed(heap, "restricted_to", AttributeType::kLabelList),
      Fixed(heap, "licenses", AttributeType::kStringList),
      Fixed(heap, "applicable_licenses", AttributeType::kLabelList),
      Fixed(heap, "package_metadata", AttributeType::kLabelList),
  };
  if (executable) attributes.push_back(Make(heap, "args", AttributeType::kStringList));
  if (test) AddTestAttributes(heap, attributes);
  for (Attribute& attribute : attributes) attribute.implicit = true;
  return attributes;
}

std::vector<RuleClass*> MakeNativeRuleClasses(Heap& heap) {
  using Type = AttributeType;
  Attribute manifest = Mandatory(AnyFile(Make(heap, "manifest", Type::kLabel)));
  manifest.single_file = true;
  return {
      Class(heap, "alias", {Mandatory(AnyFile(Make(heap, "actual", Type::kLabel)))}),
      Class(heap, "config_setting",
            {Fixed(heap, "values", Type::kStringDict), Fixed(heap, "define_values", Type::kStringDict),
             Fixed(heap, "flag_values", Type::kLabelKeyedStringDict),
             Fixed(heap, "constraint_values", Type::kLabelList)}),
      Class(heap, "constraint_setting", {Fixed(heap, "default_constraint_value", Type::kLabel)}),
      Class(heap, "constraint_value", {Mandatory(Fixed(heap, "constraint_setting", Type::kLabel))}),
      Class(heap, "platform",
            {Fixed(heap, "constraint_values", Type::kLabelList), Fixed(heap, "parents", Type::kLabelList)}),
      LabelSetting(heap, "label_flag", true),
      LabelSetting(heap, "label_setting", false),
      Class(heap, "toolchain_type", {}),
      Class(heap, "toolchain", ToolchainAttributes(heap)),
      Class(heap, "host_tree", {std::move(manifest)}),
      Class(heap, "test_suite", {Fixed(heap, "tests", Type::kLabelList)}),
  };
}

}  // namespace cow::loading
