#include "engine/loading/transition.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/module_context.h"
#include "engine/model/native_option.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::Arguments;
using starlark::Thread;
using starlark::Value;

namespace {

constexpr char kNativePrefix[] = "//command_line_option:";

absl::Status CheckNative(std::string_view parameter, std::string_view name) {
  const NativeOption* option = FindNativeOption(name);
  if (option == nullptr) {
    std::vector<std::string> names;
    for (const NativeOption& known : NativeOptions()) names.push_back(known.name);
    std::string closest = ClosestMatch(name, names);
    return absl::InvalidArgumentError(
        absl::StrCat("transition ", parameter, " [", kNativePrefix, name, "] do not correspond to valid settings",
                     closest.empty() ? "" : absl::StrCat(" (did you mean '", kNativePrefix, closest, "'?)")));
  }
  if (option->in_transitions) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("transitions on --", name, " are not supported: use build settings"));
}

// The package of the file that calls the builtin.
PackageId BaseOf(const Thread& thread, const ModuleContext& module) {
  return module.files->Find(thread.CallerLocation().file).value_or(module.label.package());
}

absl::StatusOr<TransitionSetting> ReadSetting(const ModuleContext& module, const PackageId& base,
                                              std::string_view parameter, Value value) {
  TransitionSetting setting;
  if (const auto* label = value.As<LabelValue>()) {
    setting.label = label->label();
    setting.text = setting.label.ToString();
    return setting;
  }
  const auto* text = value.As<starlark::String>();
  if (text == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("in call to transition(), parameter '", parameter, "' got ",
                                                   starlark::Repr(value), " (", starlark::TypeName(value),
                                                   "), want a string"));
  }
  setting.text = text->str();
  if (text->view().starts_with(kNativePrefix)) {
    setting.native_option = std::string(absl::StripPrefix(text->view(), kNativePrefix));
    COW_RETURN_IF_ERROR(CheckNative(parameter, setting.native_option));
    return setting;
  }
  COW_ASSIGN_OR_RETURN(setting.label, module.files->Parse(text->view(), base));
  return setting;
}

absl::StatusOr<std::vector<TransitionSetting>> ReadSettings(const ModuleContext& module, const PackageId& base,
                                                            std::string_view parameter, Value list) {
  COW_ASSIGN_OR_RETURN(std::vector<Value> elements, starlark::Elements(list));
  std::vector<TransitionSetting> settings;
  std::set<std::string> seen;
  for (Value element : elements) {
    COW_ASSIGN_OR_RETURN(TransitionSetting setting, ReadSetting(module, base, parameter, element));
    if (!seen.insert(setting.text).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("duplicate setting '", setting.text, "' found in 'transition() ", parameter, "'"));
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

Value Make(Thread& thread, Transition::Kind kind, std::string exec_group = "") {
  return thread.heap().New<Transition>(
      Transition::Definition{.kind = kind, .exec_group = std::move(exec_group)});
}

}  // namespace

void Transition::Repr(std::string& out) const {
  switch (kind()) {
    case Kind::kTarget:
      out += "<config.target>";
      return;
    case Kind::kExec:
      out += "<config.exec>";
      return;
    case Kind::kNone:
      out += "<config.none>";
      return;
    case Kind::kFunction:
    case Kind::kSettings:
      out += "<transition object>";
      return;
  }
}

absl::StatusOr<Value> MakeTransition(Thread& thread, const Arguments& args) {
  starlark::Callable implementation;
  Value inputs, outputs;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("implementation", &implementation),
                                        starlark::Required("inputs", &inputs),
                                        starlark::Required("outputs", &outputs)}));
  COW_ASSIGN_OR_RETURN(ModuleContext * module, RequireModule(thread, "transition"));
  Transition::Definition definition{.kind = Transition::Kind::kFunction,
                                    .implementation = implementation.value,
                                    .location = thread.CallerLocation(),
                                    .package = BaseOf(thread, *module)};
  COW_ASSIGN_OR_RETURN(definition.inputs, ReadSettings(*module, definition.package, "inputs", inputs));
  COW_ASSIGN_OR_RETURN(definition.outputs, ReadSettings(*module, definition.package, "outputs", outputs));
  return thread.heap().New<Transition>(std::move(definition));
}

absl::StatusOr<Value> MakeSettingsTransition(Thread& thread, const Arguments& args) {
  starlark::Dict* settings = nullptr;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("settings", &settings)}));
  COW_ASSIGN_OR_RETURN(ModuleContext * module, RequireModule(thread, "analysis_test_transition"));
  Transition::Definition definition{.kind = Transition::Kind::kSettings,
                                    .location = thread.CallerLocation(),
                                    .package = BaseOf(thread, *module)};
  for (const auto& entry : *settings) {
    COW_ASSIGN_OR_RETURN(TransitionSetting setting,
                         ReadSetting(*module, definition.package, "settings", entry.key));
    definition.outputs.push_back(std::move(setting));
    definition.values.push_back(entry.value);
  }
  return thread.heap().New<Transition>(std::move(definition));
}

absl::StatusOr<Value> MakeExecTransition(Thread& thread, const Arguments& args) {
  std::string_view group;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {starlark::Noneable(starlark::Optional("exec_group", &group))}));
  return Make(thread, Transition::Kind::kExec, std::string(group));
}

absl::StatusOr<Value> MakeTargetTransition(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(UnpackArgs(args, {}));
  return Make(thread, Transition::Kind::kTarget);
}

absl::StatusOr<Value> MakeNoneTransition(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(UnpackArgs(args, {}));
  return Make(thread, Transition::Kind::kNone);
}

absl::StatusOr<const Transition*> TransitionParameter(Thread& thread, std::string_view function, Value value) {
  if (value.IsUnset() || value.IsNone()) return nullptr;
  if (const auto* transition = value.As<Transition>()) {
    return transition->kind() == Transition::Kind::kTarget ? nullptr : transition;
  }
  if (const auto* text = value.As<starlark::String>()) {
    if (text->view() == "target") return nullptr;
    if (text->view() == "exec" || text->view() == "host") {
      return Make(thread, Transition::Kind::kExec).As<Transition>();
    }
    return absl::InvalidArgumentError(absl::StrCat("in call to ", function, "(), parameter 'cfg' is ",
                                                   starlark::Repr(value), ", want \"target\" or \"exec\""));
  }
  return absl::InvalidArgumentError(absl::StrCat("in call to ", function, "(), parameter 'cfg' got ",
                                                 starlark::Repr(value), " (", starlark::TypeName(value),
                                                 "), want \"target\", \"exec\" or a transition"));
}

}  // namespace cow::loading
