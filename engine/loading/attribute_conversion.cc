#include "engine/loading/attribute_conversion.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/select.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/sequence_value.h"

namespace cow::loading {

using starlark::Value;

namespace {

// The place of a value inside an attribute, put into words only when something is wrong with it.
struct Where {
  std::string_view attribute{};
  std::string_view part{};      // "dict key", "" = the whole value or an element
  int64_t element = -1;

  bool whole() const { return part.empty() && element < 0; }
  std::string ToString() const {
    std::string text = part.empty() ? std::string(attribute) : absl::StrCat(part, " of ", attribute);
    return element < 0 ? text : absl::StrCat("element ", element, " of ", text);
  }
};

absl::Status WrongType(std::string_view type, const Where& where, Value value) {
  return absl::InvalidArgumentError(absl::StrCat("expected value of type '", type, "' for ", where.ToString(),
                                                 ", but got ", starlark::Repr(value), " (", starlark::TypeName(value),
                                                 ")"));
}

class Converter {
 public:
  Converter(const Attribute& attribute, const ConversionContext& context)
      : attribute_(attribute), context_(context), heap_(*context.heap) {}

  absl::StatusOr<Value> Convert(Value value) const {
    if (auto* select = value.As<SelectValue>()) return ConvertSelect(*select);
    return ConvertPlain(value);
  }

 private:
  absl::StatusOr<Value> ConvertSelect(const SelectValue& select) const {
    if (!attribute_.configurable) {
      return absl::InvalidArgumentError(absl::StrCat(context_.what, " is not configurable: it may not hold a select"));
    }
    std::vector<SelectPart> parts;
    for (const SelectPart& part : select.parts()) {
      COW_ASSIGN_OR_RETURN(SelectPart converted, ConvertPart(part));
      parts.push_back(std::move(converted));
    }
    return heap_.New<SelectValue>(std::move(parts));
  }

  absl::StatusOr<SelectPart> ConvertPart(const SelectPart& part) const {
    SelectPart converted{.no_match_error = part.no_match_error};
    if (part.is_plain()) {
      COW_ASSIGN_OR_RETURN(converted.plain, ConvertPlain(part.plain));
      return converted;
    }
    for (const SelectBranch& branch : part.branches) {
      SelectBranch made{.key = branch.key, .value = branch.value};
      if (const auto* text = branch.key.As<starlark::String>()) {
        COW_ASSIGN_OR_RETURN(Label key, ParseLabel(text->view(), {context_.what, "select key"}));
        made.key = heap_.New<LabelValue>(std::move(key));
      }
      if (!branch.value.IsNone()) {
        COW_ASSIGN_OR_RETURN(made.value, ConvertPlain(branch.value));
      }
      converted.branches.push_back(made);
    }
    return converted;
  }

  absl::StatusOr<Value> ConvertPlain(Value value) const {
    switch (attribute_.type) {
      case AttributeType::kBool: return ConvertBool(value);
      case AttributeType::kInt: return ConvertInt(value, Whole());
      case AttributeType::kString: return ConvertString(value, Whole());
      case AttributeType::kLabel: return ConvertOneLabel(value, Whole());
      case AttributeType::kOutput: return ConvertOutput(value, Whole());
      case AttributeType::kLabelList: return ConvertList(value, &Converter::ConvertOneLabel);
      case AttributeType::kStringList: return ConvertList(value, &Converter::ConvertString);
      case AttributeType::kIntList: return ConvertList(value, &Converter::ConvertInt);
      case AttributeType::kOutputList: return ConvertList(value, &Converter::ConvertOutput);
      case AttributeType::kStringDict: return ConvertDict(value, &Converter::ConvertString, &Converter::ConvertString);
      case AttributeType::kStringListDict:
        return ConvertDict(value, &Converter::ConvertString, &Converter::ConvertStringList);
      case AttributeType::kLabelKeyedStringDict:
        return ConvertDict(value, &Converter::ConvertOneLabel, &Converter::ConvertString);
      case AttributeType::kStringKeyedLabelDict:
        return ConvertDict(value, &Converter::ConvertString, &Converter::ConvertOneLabel);
      case AttributeType::kLabelListDict:
        return ConvertDict(value, &Converter::ConvertString, &Converter::ConvertLabelList);
    }
    return Value();
  }

  Where Whole() const { return {context_.what}; }

  absl::StatusOr<Label> ParseLabel(std::string_view text, const Where& where) const {
    absl::StatusOr<Label> label = context_.files->Parse(text, context_.base);
    if (label.ok()) return label;
    std::string message(label.status().message());
    std::string prefix = absl::StrCat("invalid label '", text, "': ");
    std::string_view reason = absl::StripPrefix(message, prefix);
    return absl::InvalidArgumentError(absl::StrCat("invalid label '", text, "' in ", where.ToString(), ": ", reason));
  }

  using Element = absl::StatusOr<Value> (Converter::*)(Value, const Where&) const;

  absl::StatusOr<Value> ConvertBool(Value value) const {
    if (value.IsBool()) return value;
    std::optional<int64_t> number = value.ToInt64();
    if (number && (*number == 0 || *number == 1)) return Value::Bool(*number == 1);
    return WrongType("bool", Whole(), value);
  }

  absl::StatusOr<Value> ConvertInt(Value value, const Where& where) const {
    if (!value.ToInt64()) return WrongType("int", where, value);
    return value;
  }

  absl::StatusOr<Value> ConvertString(Value value, const Where& where) const {
    if (!value.Is(starlark::Kind::kString)) return WrongType("string", where, value);
    return value;
  }

  absl::StatusOr<Value> ConvertOneLabel(Value value, const Where& where) const {
    auto* label = value.As<LabelValue>();
    if (label == nullptr) {
      const auto* text = value.As<starlark::String>();
      if (text == nullptr) return WrongType(where.whole() ? "label" : "string", where, value);
      COW_ASSIGN_OR_RETURN(Label parsed, ParseLabel(text->view(), where));
      label = heap_.New<LabelValue>(std::move(parsed));
    }
    if (context_.labels != nullptr) context_.labels->push_back(label->label());
    return label;
  }

  absl::StatusOr<Value> ConvertOutput(Value value, const Where& where) const {
    Label label;
    if (auto* given = value.As<LabelValue>()) {
      label = given->label();
    } else {
      const auto* text = value.As<starlark::String>();
      if (text == nullptr) return WrongType("string", where, value);
      COW_ASSIGN_OR_RETURN(label, ParseLabel(text->view(), where));
    }
    if (label.package() != context_.base) {
      return absl::InvalidArgumentError(absl::StrCat("output '", label.ToString(), "' in ", where.ToString(),
                                                     " must be in the same package as the rule"));
    }
    return heap_.New<LabelValue>(std::move(label));
  }

  absl::StatusOr<Value> ConvertStringList(Value value, const Where& where) const {
    return ConvertElements(value, &Converter::ConvertString, "list(string)", where);
  }

  absl::StatusOr<Value> ConvertLabelList(Value value, const Where& where) const {
    COW_ASSIGN_OR_RETURN(Value list,
                         ConvertElements(value, &Converter::ConvertOneLabel, "list(label)", where));
    COW_RETURN_IF_ERROR(CheckUnique(*list.As<starlark::List>()));
    return list;
  }

  absl::StatusOr<Value> ConvertList(Value value, Element element) const {
    COW_ASSIGN_OR_RETURN(Value list, ConvertElements(value, element, TypeText(attribute_.type), Whole()));
    COW_RETURN_IF_ERROR(CheckUnique(*list.As<starlark::List>()));
    return list;
  }

  absl::StatusOr<Value> ConvertElements(Value value, Element element, std::string_view type,
                                        const Where& where) const {
    if (!value.Is(starlark::Kind::kList) && !value.Is(starlark::Kind::kTuple)) return WrongType(type, where, value);
    COW_ASSIGN_OR_RETURN(std::vector<Value> elements, starlark::Elements(value));
    starlark::List* list = heap_.NewList();
    list->Reserve(elements.size());
    for (size_t i = 0; i < elements.size(); ++i) {
      COW_ASSIGN_OR_RETURN(Value converted, (this->*element)(elements[i], {where.attribute, where.part, static_cast<int64_t>(i)}));
      list->Push(converted);
    }
    return list;
  }

  absl::StatusOr<Value> ConvertDict(Value value, Element key, Element entry_value) const {
    auto* source = value.As<starlark::Dict>();
    if (source == nullptr) return WrongType(TypeText(attribute_.type), Whole(), value);
    starlark::Dict* dict = heap_.NewDict();
    for (const auto& entry : *source) {
      COW_ASSIGN_OR_RETURN(Value new_key, (this->*key)(entry.key, {context_.what, "dict key"}));
      COW_ASSIGN_OR_RETURN(Value new_value, (this->*entry_value)(entry.value, {context_.what, "dict value"}));
      COW_ASSIGN_OR_RETURN(Value known, dict->Find(new_key));
      if (!known.IsUnset()) {
        return absl::InvalidArgumentError(
            absl::StrCat("label '", starlark::Str(new_key), "' is a key twice in ", context_.what));
      }
      COW_RETURN_IF_ERROR(dict->Set(new_key, new_value));
    }
    return dict;
  }

  absl::Status CheckUnique(const starlark::List& list) const {
    if (attribute_.type != AttributeType::kLabelList && attribute_.type != AttributeType::kOutputList &&
        attribute_.type != AttributeType::kLabelListDict) {
      return absl::OkStatus();
    }
    std::set<Label> seen;
    for (Value element : list) {
      const Label& label = element.As<LabelValue>()->label();
      if (!seen.insert(label).second) {
        return absl::InvalidArgumentError(absl::StrCat("label '", label.ToString(), "' is duplicated in ", context_.what));
      }
    }
    return absl::OkStatus();
  }

  const Attribute& attribute_;
  const ConversionContext& context_;
  starlark::Heap& heap_;
};

}  // namespace

absl::StatusOr<Value> ConvertValue(const Attribute& attribute, Value value, const ConversionContext& context) {
  return Converter(attribute, context).Convert(value);
}

Value EmptyValue(AttributeType type, starlark::Heap& heap) {
  switch (type) {
    case AttributeType::kBool: return Value::Bool(false);
    case AttributeType::kInt: return Value::SmallInt(0);
    case AttributeType::kString: return heap.NewString("");
    case AttributeType::kLabel:
    case AttributeType::kOutput: return Value();
    case AttributeType::kLabelList:
    case AttributeType::kStringList:
    case AttributeType::kIntList:
    case AttributeType::kOutputList: return heap.NewList();
    case AttributeType::kStringDict:
    case AttributeType::kStringListDict:
    case AttributeType::kLabelKeyedStringDict:
    case AttributeType::kStringKeyedLabelDict:
    case AttributeType::kLabelListDict: return heap.NewDict();
  }
  return Value();
}

}  // namespace cow::loading
