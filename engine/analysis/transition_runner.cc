#include "engine/analysis/transition_runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/analysis/build_setting.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/workspace.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

using loading::Transition;
using loading::TransitionSetting;
using starlark::Value;
using Type = NativeOption::Type;

namespace {

absl::Status WrongType(std::string_view type, Value value) {
  return UserError("expected value of type '", type, "', but got ", starlark::Repr(value), " (",
                   starlark::TypeName(value), ")");
}

absl::StatusOr<std::vector<std::string>> Texts(Value value) {
  if (!value.Is(starlark::Kind::kList) && !value.Is(starlark::Kind::kTuple)) {
    return WrongType("list(string)", value);
  }
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, starlark::Elements(value));
  std::vector<std::string> texts;
  for (Value element : elements) {
    if (const Label* label = loading::LabelOf(element)) {
      texts.push_back(label->ToString());
    } else if (element.Is(starlark::Kind::kString)) {
      texts.push_back(loading::StringOf(element));
    } else {
      return WrongType("list(string)", value);
    }
  }
  return texts;
}

absl::StatusOr<Label> LabelFrom(Value value, const PackageId& base,
                                const loading::Workspace& workspace) {
  if (const Label* label = loading::LabelOf(value)) return *label;
  if (!value.Is(starlark::Kind::kString)) return WrongType("label", value);
  return workspace.ParseLabel(loading::StringOf(value), base);
}

absl::StatusOr<OptionValue> LabelsFrom(Value value, const PackageId& base,
                                       const loading::Workspace& workspace) {
  std::vector<Value> elements{value};
  std::vector<Label> labels;
  if (value.Is(starlark::Kind::kList) || value.Is(starlark::Kind::kTuple)) {
    COW_ASSIGN_OR_RETURN(elements, starlark::Elements(value));
  } else if (value.Is(starlark::Kind::kString)) {
    for (std::string_view part : absl::StrSplit(loading::StringOf(value), ',', absl::SkipEmpty())) {
      COW_ASSIGN_OR_RETURN(Label label, workspace.ParseLabel(part, base));
      labels.push_back(std::move(label));
    }
    return labels;
  }
  for (Value element : elements) {
    COW_ASSIGN_OR_RETURN(Label label, LabelFrom(element, base, workspace));
    labels.push_back(std::move(label));
  }
  return labels;
}

// What a transition sets a native option to.
absl::StatusOr<OptionValue> NativeFromStarlark(const NativeOption& option, Value value,
                                               const PackageId& base,
                                               const loading::Workspace& workspace) {
  switch (option.type) {
    case Type::kBool:
      if (value.IsBool()) return value.boolean();
      if (!value.Is(starlark::Kind::kString)) return WrongType("bool", value);
      return ParseNativeOption(option, loading::StringOf(value), workspace);
    case Type::kString:
      if (!value.Is(starlark::Kind::kString)) return WrongType("string", value);
      return ParseNativeOption(option, loading::StringOf(value), workspace);
    case Type::kCommaList:
      if (value.Is(starlark::Kind::kString)) {
        return ParseNativeOption(option, loading::StringOf(value), workspace);
      }
      return Texts(value);
    case Type::kStringList:
      return Texts(value);
    case Type::kAssignments: {
      COW_ASSIGN_OR_RETURN(std::vector<std::string> texts, Texts(value));
      for (const std::string& text : texts) {
        COW_RETURN_IF_ERROR(ParseNativeOption(option, text, workspace).status());
      }
      return MergedAssignments(std::move(texts));
    }
    case Type::kLabel: {
      COW_ASSIGN_OR_RETURN(Label label, LabelFrom(value, base, workspace));
      return label;
    }
    case Type::kLabelList:
      return LabelsFrom(value, base, workspace);
  }
  return WrongType("string", value);
}

// As the function sees labels and the like: what loading read, selects resolved.
Value AttributeStruct(starlark::Heap& heap, const RuleAttributes& attributes) {
  std::vector<starlark::NamedValue> fields;
  for (const RuleAttributes::Entry& entry : attributes.entries()) {
    fields.push_back({starlark::Intern(entry.attribute->name),
                      entry.raw.IsUnset() ? Value::None() : entry.raw});
  }
  return heap.NewStruct(fields);
}

}  // namespace

// One call of a transition's function.
class TransitionRunner::Call {
 public:
  Call(const TransitionRunner& runner, const Transition& transition, ConditionTable& conditions)
      : runner_(runner),
        workspace_(runner.loader_.workspace()),
        transition_(transition.definition()),
        conditions_(conditions),
        from_(conditions.configuration()) {}

  absl::StatusOr<std::vector<EdgeConfiguration>> Run(const RuleAttributes& attributes) {
    if (transition_.kind == Transition::Kind::kSettings) return RunSettings();
    starlark::Thread thread(heap_);
    workspace_.options().limits.Apply(thread);
    if (runner_.on_print_) thread.set_print_handler(runner_.on_print_);
    COW_ASSIGN_OR_RETURN(Value settings, Inputs());
    Value arguments[] = {settings, AttributeStruct(heap_, attributes)};
    COW_ASSIGN_OR_RETURN(Value returned,
                         starlark::Call(thread, transition_.implementation, arguments));
    return Branches(returned);
  }

 private:
  absl::StatusOr<std::vector<EdgeConfiguration>> RunSettings() {
    ConfigurationOptions options = from_.options;
    for (size_t i = 0; i < transition_.outputs.size(); ++i) {
      COW_RETURN_IF_ERROR(Set(transition_.outputs[i], transition_.values[i], options));
    }
    COW_ASSIGN_OR_RETURN(const Configuration* to, Intern(std::move(options)));
    return std::vector<EdgeConfiguration>{{std::nullopt, to}};
  }

  absl::StatusOr<const loading::Target*> LoadSetting(const TransitionSetting& setting) {
    absl::StatusOr<const loading::Target*> target = conditions_.FollowAliases(setting.label);
    if (!target.ok()) return target;
    if (BuildSettingOf(**target) != nullptr) return target;
    return UserError("attempting to transition on '", setting.text,
                     "' which is not a build setting");
  }

  absl::StatusOr<Value> Read(const TransitionSetting& setting) {
    if (setting.native_option == "cpu") return Value(heap_.NewString(from_.cpu));
    if (!setting.native_option.empty()) {
      return ToStarlark(heap_, NativeValue(from_.options, *FindNativeOption(setting.native_option)));
    }
    COW_ASSIGN_OR_RETURN(const loading::Target* target, LoadSetting(setting));
    COW_ASSIGN_OR_RETURN(OptionValue value, conditions_.SettingValue(*target));
    return ToStarlark(heap_, value);
  }

  absl::StatusOr<Value> Inputs() {
    starlark::Dict* settings = heap_.NewDict();
    for (const TransitionSetting& input : transition_.inputs) {
      COW_ASSIGN_OR_RETURN(Value value, Read(input));
      COW_RETURN_IF_ERROR(settings->SetString(input.text, value));
    }
    return Value(settings);
  }

  absl::StatusOr<std::vector<EdgeConfiguration>> Branches(Value returned) {
    std::vector<EdgeConfiguration> branches;
    if (returned.IsNone()) return std::vector<EdgeConfiguration>{{std::nullopt, &from_}};
    if (returned.Is(starlark::Kind::kList) || returned.Is(starlark::Kind::kTuple)) {
      COW_ASSIGN_OR_RETURN(std::vector<Value> elements, starlark::Elements(returned));
      for (Value element : elements) {
        COW_RETURN_IF_ERROR(AddBranch(absl::StrCat(branches.size()), element, branches));
      }
      return branches;
    }
    const auto* dict = returned.As<starlark::Dict>();
    if (dict == nullptr) return WrongResult();
    bool is_split = dict->size() != 0 && (*dict->begin()).value.As<starlark::Dict>() != nullptr;
    if (!is_split) {
      COW_RETURN_IF_ERROR(AddBranch(std::nullopt, returned, branches));
      return branches;
    }
    for (const auto& entry : *dict) {
      if (!entry.key.Is(starlark::Kind::kString)) return WrongResult();
      COW_RETURN_IF_ERROR(AddBranch(loading::StringOf(entry.key), entry.value, branches));
    }
    return branches;
  }

  static absl::Status WrongResult() {
    return UserError("transition function must return a dictionary or list of dictionaries");
  }

  const TransitionSetting* FindOutput(const std::string& text) const {
    for (const TransitionSetting& output : transition_.outputs) {
      if (output.text == text) return &output;
    }
    absl::StatusOr<Label> label = workspace_.ParseLabel(text, transition_.package);
    for (const TransitionSetting& output : transition_.outputs) {
      if (label.ok() && output.native_option.empty() && output.label == *label) return &output;
    }
    return nullptr;
  }

  absl::Status AddBranch(std::optional<std::string> key, Value value,
                         std::vector<EdgeConfiguration>& branches) {
    const auto* dict = value.As<starlark::Dict>();
    if (dict == nullptr) return WrongResult();
    if (dict->size() == 0) {  // short for: all stays
      branches.push_back({std::move(key), &from_});
      return absl::OkStatus();
    }
    ConfigurationOptions options = from_.options;
    std::vector<const TransitionSetting*> given;
    for (const auto& entry : *dict) {
      const Label* label = loading::LabelOf(entry.key);
      std::string text = label != nullptr ? label->ToString() : loading::StringOf(entry.key);
      const TransitionSetting* output = FindOutput(text);
      if (output == nullptr) {
        return UserError("transition function returned undeclared output '", text, "'");
      }
      COW_RETURN_IF_ERROR(Set(*output, entry.value, options));
      given.push_back(output);
    }
    COW_RETURN_IF_ERROR(CheckComplete(given));
    COW_ASSIGN_OR_RETURN(const Configuration* to, Intern(std::move(options)));
    branches.push_back({std::move(key), to});
    return absl::OkStatus();
  }

  absl::Status CheckComplete(const std::vector<const TransitionSetting*>& given) const {
    std::vector<std::string> missing;
    for (const TransitionSetting& output : transition_.outputs) {
      if (std::find(given.begin(), given.end(), &output) == given.end()) {
        missing.push_back(output.text);
      }
    }
    if (missing.empty()) return absl::OkStatus();
    return UserError("transition outputs [", absl::StrJoin(missing, ", "),
                     "] were not defined by transition function");
  }

  absl::Status Set(const TransitionSetting& output, Value value, ConfigurationOptions& options) {
    auto in_output = [&](const absl::Status& status) {
      return UserError("invalid value for '", output.text, "': ", status.message());
    };
    if (!output.native_option.empty()) {
      const NativeOption& option = *FindNativeOption(output.native_option);
      absl::StatusOr<OptionValue> made =
          NativeFromStarlark(option, value, transition_.package, workspace_);
      if (!made.ok()) return in_output(made.status());
      options.native[option.name] = *std::move(made);
      return absl::OkStatus();
    }
    COW_ASSIGN_OR_RETURN(const loading::Target* target, LoadSetting(output));
    absl::StatusOr<OptionValue> made =
        SettingFromStarlark(*BuildSettingOf(*target), value, transition_.package, workspace_);
    if (!made.ok()) return in_output(made.status());
    options.settings[target->label()] = *std::move(made);
    return absl::OkStatus();
  }

  // A new cpu means another platform, unless the platform is set besides.
  absl::StatusOr<const Configuration*> Intern(ConfigurationOptions options) {
    auto cpu = options.native.find("cpu");
    if (cpu != options.native.end()) {
      std::string wanted = std::get<std::string>(cpu->second);
      options.native.erase(cpu);
      bool same_platform = options.native["platforms"] == from_.options.native.at("platforms");
      if (wanted != from_.cpu && same_platform) {
        COW_ASSIGN_OR_RETURN(Label platform, PlatformOfCpu(wanted));
        options.native["platforms"] = std::vector<Label>{platform};
      }
    }
    return runner_.configurations_.Intern(std::move(options));
  }

  const TransitionRunner& runner_;
  const loading::Workspace& workspace_;
  const Transition::Definition& transition_;
  ConditionTable& conditions_;
  const Configuration& from_;
  starlark::Heap heap_;
};

absl::StatusOr<std::vector<EdgeConfiguration>> TransitionRunner::Run(
    const Transition& transition, ConditionTable& conditions, const RuleAttributes& attributes) {
  return Call(*this, transition, conditions).Run(attributes);
}

}  // namespace cow::analysis
