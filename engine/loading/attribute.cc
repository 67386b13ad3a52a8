#include "engine/loading/attribute.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cow::loading {

std::string_view TypeText(AttributeType type) {
  switch (type) {
    case AttributeType::kBool: return "bool";
    case AttributeType::kInt: return "int";
    case AttributeType::kString: return "string";
    case AttributeType::kLabel: return "label";
    case AttributeType::kOutput: return "output";
    case AttributeType::kLabelList: return "list(label)";
    case AttributeType::kStringList: return "list(string)";
    case AttributeType::kIntList: return "list(int)";
    case AttributeType::kOutputList: return "list(output)";
    case AttributeType::kStringDict: return "dict(string, string)";
    case AttributeType::kStringListDict: return "dict(string, list(string))";
    case AttributeType::kLabelKeyedStringDict: return "dict(label, string)";
    case AttributeType::kStringKeyedLabelDict: return "dict(string, label)";
    case AttributeType::kLabelListDict: return "dict(string, list(label))";
  }
  return "";
}

bool IsDependencyType(AttributeType type) {
  return type == AttributeType::kLabel || type == AttributeType::kLabelList ||
         type == AttributeType::kLabelKeyedStringDict || type == AttributeType::kStringKeyedLabelDict ||
         type == AttributeType::kLabelListDict;
}

bool IsOutputType(AttributeType type) {
  return type == AttributeType::kOutput || type == AttributeType::kOutputList;
}

bool FileFilter::Accepts(std::string_view file_name) const {
  if (any) return true;
  for (const std::string& suffix : suffixes) {
    if (absl::EndsWith(file_name, suffix)) return true;
  }
  return false;
}

std::string FileFilter::ToString() const {
  if (any) return "any file";
  return suffixes.empty() ? "no files" : absl::StrJoin(suffixes, ", ");
}

void AttributeSpec::Repr(std::string& out) const {
  absl::StrAppend(&out, "<attr of type ", TypeText(attribute_.type), ">");
}

}  // namespace cow::loading
