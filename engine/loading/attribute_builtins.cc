#include "engine/loading/attribute_builtins.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/attribute.h"
#include "engine/loading/aspect_class.h"
#include "engine/loading/attribute_conversion.h"
#include "engine/loading/configuration_field.h"
#include "engine/loading/definition_parameters.h"
#include "engine/loading/label_value.h"
#include "engine/loading/module_context.h"
#include "engine/loading/select.h"
#include "engine/loading/transition.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Noneable;
using starlark::Thread;
using starlark::Value;

namespace {

absl::Status Invalid(const Arguments& args, std::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat("in call to ", args.function_name(), "(), ", message));
}

// What the attr functions accept, before it is checked.
struct Given {
  Value default_value{};
  std::string doc{};
  bool mandatory = false;
  bool allow_empty = true;
  bool executable = false;
  bool configurable = true;
  Value values{};
  Value allow_files{};
  Value allow_single_file{};
  Value providers{};
  Value cfg{};
  Value aspects{};
  Value allow_rules{};
  // These say how rules are checked or documented, not what is built.
  Value flags{};
  Value skip_validations{};
  Value for_dependency_resolution{};
};

absl::StatusOr<FileFilter> ParseFilter(const Arguments& args, std::string_view parameter, Value value) {
  FileFilter filter;
  if (value.IsUnset() || value.IsNone()) return filter;
  if (value.IsBool()) {
    filter.any = value.boolean();
    return filter;
  }
  absl::StatusOr<std::vector<Value>> elements = starlark::Elements(value);
  if (!elements.ok()) {
    return Invalid(args, absl::StrCat("parameter '", parameter, "' got value of type '", starlark::TypeName(value),
                                      "', want 'bool or list of strings'"));
  }
  for (Value element : *elements) {
    const auto* suffix = element.As<starlark::String>();
    if (suffix == nullptr || suffix->size() == 0 || (suffix->view()[0] != '.' && suffix->view() != "")) {
      return Invalid(args, absl::StrCat("parameter '", parameter, "': ", starlark::Repr(element),
                                        " is not a file extension such as \".cc\""));
    }
    filter.suffixes.push_back(suffix->str());
  }
  return filter;
}

// The base of labels in a default: the package of the file that calls attr.label().
absl::StatusOr<ConversionContext> ContextOf(Thread& thread, const Arguments& args, const ModuleContext& module) {
  ConversionContext context{.heap = &thread.heap(),
                            .files = module.files,
                            .base = module.files->Find(thread.CallerLocation().file).value_or(module.label.package()),
                            .what = absl::StrCat("parameter 'default' of ", args.function_name(), "()")};
  return context;
}

absl::Status ReadDefault(Thread& thread, const Arguments& args, const ModuleContext& module, Value value,
                         Attribute& attribute) {
  attribute.default_value = EmptyValue(attribute.type, thread.heap());
  if (value.IsUnset() || value.IsNone()) return absl::OkStatus();
  if (const auto* field = value.As<ConfigurationField>()) {
    if (attribute.type != AttributeType::kLabel) {
      return Invalid(args, "only attr.label takes a configuration_field as 'default'");
    }
    if (field->label()) attribute.default_value = thread.heap().New<LabelValue>(*field->label());
    return absl::OkStatus();
  }
  if (value.As<starlark::Function>() != nullptr) {
    if (!IsDependencyType(attribute.type)) {
      return Invalid(args, "parameter 'default' may be a function only for attributes that hold labels");
    }
    attribute.computed_default = value;
    return absl::OkStatus();
  }
  if (value.As<SelectValue>() != nullptr) return Invalid(args, "parameter 'default' may not be a select");
  COW_ASSIGN_OR_RETURN(ConversionContext context, ContextOf(thread, args, module));
  COW_ASSIGN_OR_RETURN(attribute.default_value, ConvertValue(attribute, value, context));
  return absl::OkStatus();
}

absl::StatusOr<Value> MakeSpec(Thread& thread, const Arguments& args, AttributeType type, const Given& given) {
  COW_ASSIGN_OR_RETURN(ModuleContext * module, RequireModule(thread, args.function_name()));
  Attribute attribute{.type = type,
                      .doc = given.doc,
                      .mandatory = given.mandatory,
                      .allow_empty = given.allow_empty,
                      .configurable = given.configurable && !IsOutputType(type),
                      .executable = given.executable};
  COW_ASSIGN_OR_RETURN(attribute.allow_files, ParseFilter(args, "allow_files", given.allow_files));
  if (!given.allow_single_file.IsUnset() && !given.allow_single_file.IsNone()) {
    if (!given.allow_files.IsUnset() && !given.allow_files.IsNone()) {
      return Invalid(args, "only one of 'allow_files' and 'allow_single_file' can be given");
    }
    COW_ASSIGN_OR_RETURN(attribute.allow_files, ParseFilter(args, "allow_single_file", given.allow_single_file));
    attribute.single_file = true;
  }
  COW_ASSIGN_OR_RETURN(attribute.providers, ProvidersParameter(args.function_name(), "providers", given.providers));
  COW_ASSIGN_OR_RETURN(attribute.cfg, TransitionParameter(thread, args.function_name(), given.cfg));
  if (given.executable && (given.cfg.IsUnset() || given.cfg.IsNone())) {
    return Invalid(args, "cfg parameter is mandatory when executable=True is given; use \"exec\" for a build tool");
  }
  if (!given.aspects.IsUnset()) {
    COW_ASSIGN_OR_RETURN(attribute.aspects, AspectsParameter(args.function_name(), "aspects", given.aspects));
  }
  if (!given.values.IsUnset() && !given.values.IsNone()) {
    COW_ASSIGN_OR_RETURN(attribute.values, starlark::Elements(given.values));
  }
  COW_ASSIGN_OR_RETURN(attribute.allow_rules,
                       StringsParameter({args.function_name()}, "allow_rules", given.allow_rules));
  COW_RETURN_IF_ERROR(ReadDefault(thread, args, *module, given.default_value, attribute));
  return thread.heap().New<AttributeSpec>(std::move(attribute));
}

// attr.bool, attr.string_dict, ...: those with nothing but a default.
template <AttributeType kType>
absl::StatusOr<Value> Plain(Thread& thread, const Arguments& args) {
  Given given;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwOptional("default", &given.default_value),
                                        Noneable(KwOptional("doc", &given.doc)),
                                        KwOptional("mandatory", &given.mandatory),
                                        KwOptional("configurable", &given.configurable)}));
  return MakeSpec(thread, args, kType, given);
}

template <AttributeType kType>
absl::StatusOr<Value> WithValues(Thread& thread, const Arguments& args) {
  Given given;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {KwOptional("default", &given.default_value),
                                        Noneable(KwOptional("doc", &given.doc)),
                                        KwOptional("mandatory", &given.mandatory),
                                        KwOptional("values", &given.values),
                                        KwOptional("configurable", &given.configurable)}));
  return MakeSpec(thread, args, kType, given);
}

template <AttributeType kType>
absl::StatusOr<Value> Collection(Thread& thread, const Arguments& args) {
  Given given;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {starlark::Optional("allow_empty", &given.allow_empty), KwOptional("mandatory", &given.mandatory),
             KwOptional("default", &given.default_value), Noneable(KwOptional("doc", &given.doc)),
             KwOptional("configurable", &given.configurable)}));
  return MakeSpec(thread, args, kType, given);
}

absl::StatusOr<Value> LabelAttribute(Thread& thread, const Arguments& args) {
  Given given;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {KwOptional("default", &given.default_value), Noneable(KwOptional("doc", &given.doc)),
             KwOptional("mandatory", &given.mandatory), KwOptional("executable", &given.executable),
             KwOptional("allow_files", &given.allow_files), KwOptional("allow_single_file", &given.allow_single_file),
             KwOptional("providers", &given.providers), KwOptional("cfg", &given.cfg),
             KwOptional("aspects", &given.aspects), KwOptional("configurable", &given.configurable),
             KwOptional("allow_rules", &given.allow_rules), KwOptional("flags", &given.flags),
             KwOptional("skip_validations", &given.skip_validations),
             KwOptional("for_dependency_resolution", &given.for_dependency_resolution)}));
  return MakeSpec(thread, args, AttributeType::kLabel, given);
}

template <AttributeType kType>
absl::StatusOr<Value> LabelCollection(Thread& thread, const Arguments& args) {
  Given given;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {starlark::Optional("allow_empty", &given.allow_empty), KwOptional("default", &given.default_value),
             Noneable(KwOptional("doc", &given.doc)), KwOptional("mandatory", &given.mandatory),
             KwOptional("allow_files", &given.allow_files), KwOptional("providers", &given.providers),
             KwOptional("cfg", &given.cfg), KwOptional("aspects", &given.aspects),
             KwOptional("configurable", &given.configurable), KwOptional("allow_rules", &given.allow_rules),
             KwOptional("flags", &given.flags), KwOptional("skip_validations", &given.skip_validations),
             KwOptional("for_dependency_resolution", &given.for_dependency_resolution)}));
  return MakeSpec(thread, args, kType, given);
}

struct Entry {
  const char* name;
  const char* full_name;
  starlark::BuiltinFunction function;
};

constexpr Entry kEntries[] = {
    {"bool", "attr.bool", &Plain<AttributeType::kBool>},
    {"int", "attr.int", &WithValues<AttributeType::kInt>},
    {"int_list", "attr.int_list", &Collection<AttributeType::kIntList>},
    {"label", "attr.label", &LabelAttribute},
    {"label_keyed_string_dict", "attr.label_keyed_string_dict",
     &LabelCollection<AttributeType::kLabelKeyedStringDict>},
    {"label_list_dict", "attr.label_list_dict", &LabelCollection<AttributeType::kLabelListDict>},
    {"label_list", "attr.label_list", &LabelCollection<AttributeType::kLabelList>},
    {"output", "attr.output", &Plain<AttributeType::kOutput>},
    {"output_list", "attr.output_list", &Collection<AttributeType::kOutputList>},
    {"string", "attr.string", &WithValues<AttributeType::kString>},
    {"string_dict", "attr.string_dict", &Collection<AttributeType::kStringDict>},
    {"string_keyed_label_dict", "attr.string_keyed_label_dict",
     &LabelCollection<AttributeType::kStringKeyedLabelDict>},
    {"string_list", "attr.string_list", &Collection<AttributeType::kStringList>},
    {"string_list_dict", "attr.string_list_dict", &Collection<AttributeType::kStringListDict>},
};

}  // namespace

Value MakeAttrNamespace(starlark::Heap& heap) {
  std::vector<starlark::NamedValue> fields;
  for (const Entry& entry : kEntries) {
    fields.push_back({starlark::Intern(entry.name),
                      heap.New<starlark::Builtin>(starlark::Intern(entry.full_name), entry.function)});
  }
  return heap.NewStruct(fields);
}

}  // namespace cow::loading
