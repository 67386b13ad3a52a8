#include "engine/loading/macro_class.h"

#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/loading/macro_instance.h"
#include "engine/loading/package_builder.h"
#include "engine/loading/select.h"
#include "engine/starlark/operations.h"

namespace cow::loading {

using starlark::NamedValue;
using starlark::Thread;
using starlark::Value;

namespace {

Value FindNamed(std::span<const NamedValue> named, std::string_view name) {
  for (const NamedValue& given : named) {
    if (given.name->view() == name) return given.value;
  }
  return Value();
}

// Reads the arguments of one call and makes those of the macro's function.
class CallReader {
 public:
  CallReader(Thread& thread, PackageBuilder& package, const MacroClass& macro, MacroInstance& instance)
      : thread_(thread), package_(package), macro_(macro), instance_(instance) {}

  // Nothing if something is wrong; it is written down then.
  std::optional<std::vector<NamedValue>> Read(std::span<const NamedValue> named) {
    Value name = FindNamed(named, "name");
    const auto* text = name.As<starlark::String>();
    if (text == nullptr) return Wrong(absl::StrCat(macro_.name(), " macro has no 'name' attribute"));
    instance_.name = text->str();
    if (absl::Status status = package_.ClaimMacroName(instance_); !status.ok()) return Wrong(status.message());
    std::vector<NamedValue> arguments{{starlark::Intern("name"), name}};
    if (!CheckNames(named) || !AddVisibility(FindNamed(named, "visibility"), arguments)) return std::nullopt;
    for (const Attribute& attribute : macro_.definition().attributes) {
      Value given = attribute.is_private() ? Value() : FindNamed(named, attribute.name);
      if (!AddAttribute(attribute, given, arguments)) return std::nullopt;
    }
    return arguments;
  }

 private:
  std::nullopt_t Wrong(std::string_view message) {
    package_.AddError(thread_, message);
    return std::nullopt;
  }

  bool CheckNames(std::span<const NamedValue> named) {
    for (const NamedValue& given : named) {
      std::string_view name = given.name->view();
      if (name == "name" || name == "visibility") continue;
      std::vector<std::string> names;
      bool known = false;
      for (const Attribute& attribute : macro_.definition().attributes) {
        if (attribute.is_private()) continue;
        names.push_back(attribute.name);
        known |= attribute.name == name;
      }
      if (known) continue;
      package_.AddError(thread_,
                        absl::StrCat(Prefix(), "no such attribute '", name, "' in '", macro_.name(), "' macro"),
                        ClosestMatch(name, names));
      return false;
    }
    return true;
  }

  // What the macro passes on to the targets it exports: as the caller says, and the caller himself.
  bool AddVisibility(Value given, std::vector<NamedValue>& arguments) {
    starlark::Heap& heap = thread_.heap();
    std::vector<Label> labels = package_.DefaultVisibility();
    if (!given.IsUnset() && !given.IsNone()) {
      Attribute attribute{.name = "visibility", .type = AttributeType::kLabelList};
      labels.clear();
      if (!Convert(attribute, given, &labels)) return false;
      if (absl::Status valid = Visibility::FromLabels(labels).status(); !valid.ok()) {
        package_.AddError(thread_, absl::StrCat(Prefix(), valid.message()));
        return false;
      }
    }
    bool is_public = labels.size() == 1 && labels[0].package().path() == "visibility" && labels[0].name() == "public";
    if (!is_public) {
      std::erase_if(labels, [](const Label& label) { return label.package().path() == "visibility"; });
      const PackageId& caller = instance_.parent == nullptr ? package_.id() : instance_.parent->definition;
      absl::StatusOr<Label> own = Label::Create(caller, "__pkg__");
      if (own.ok() && std::find(labels.begin(), labels.end(), *own) == labels.end()) labels.push_back(*std::move(own));
    }
    starlark::List* list = heap.NewList();
    for (Label& label : labels) list->Push(heap.New<LabelValue>(std::move(label)));
    arguments.push_back({starlark::Intern("visibility"), list});
    return true;
  }

  std::optional<Value> Convert(const Attribute& attribute, Value given, std::vector<Label>* labels) {
    ConversionContext context{.heap = &thread_.heap(),
                              .files = package_.inputs().files,
                              .base = package_.id(),
                              .what = absl::StrCat("attribute '", attribute.name, "' in '", macro_.name(), "' macro"),
                              .labels = labels};
    absl::StatusOr<Value> value = ConvertValue(attribute, given, context);
    if (value.ok()) return *value;
    return Wrong(absl::StrCat(Prefix(), value.status().message()));
  }

  bool AddAttribute(const Attribute& attribute, Value given, std::vector<NamedValue>& arguments) {
    const starlark::String* name = starlark::Intern(attribute.name);
    Value value = attribute.default_value;
    if (given.IsUnset() || given.IsNone()) {
      if (attribute.mandatory) {
        (void)Wrong(absl::StrCat(Prefix(), "missing value for mandatory attribute '", attribute.name, "' in '",
                                 macro_.name(), "' macro"));
        return false;
      }
      for (const Label& label : LabelsOf(value)) instance_.given.insert(label);
    } else {
      std::vector<Label> labels;
      std::optional<Value> converted = Convert(attribute, given, &labels);
      if (!converted) return false;
      value = *converted;
      package_.MentionFiles(thread_, labels);
      instance_.given.insert(labels.begin(), labels.end());
    }
    if (value.IsUnset()) value = Value::None();
    arguments.push_back({name, attribute.configurable && !attribute.is_private() ? AsSelect(value) : value});
    return true;
  }

  // Configurable attributes are always selects, so that no macro looks into them.
  Value AsSelect(Value value) {
    if (value.IsNone() || value.As<SelectValue>() != nullptr) return value;
    starlark::Heap& heap = thread_.heap();
    std::vector<SelectPart> parts(1);
    parts[0].branches.push_back({heap.NewString(kDefaultCondition), value});
    return heap.New<SelectValue>(std::move(parts));
  }

  std::string Prefix() const {
    std::string repo = package_.id().ToString();
    return absl::StrCat(repo, ":", instance_.name, ": ");
  }

  Thread& thread_;
  PackageBuilder& package_;
  const MacroClass& macro_;
  MacroInstance& instance_;
};

}  // namespace

void MacroClass::Export(std::string_view name) {
  if (definition_.name.empty()) definition_.name = std::string(name);
}

void MacroClass::Repr(std::string& out) const { absl::StrAppend(&out, "<macro", name().empty() ? "" : " ", name(), ">"); }

std::string_view MacroClass::CallName() const { return name().empty() ? std::string_view("macro") : name(); }

absl::StatusOr<Value> MacroClass::Call(Thread& thread, const starlark::Arguments& args) {
  auto* package = thread.Host<PackageBuilder>();
  if (package == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("a symbolic macro such as ", CallName(), "() can only be called while a BUILD file is loaded"));
  }
  if (name().empty()) {
    return absl::InvalidArgumentError(
        "cannot instantiate a macro that was not exported: assign the value of macro() to a global variable");
  }
  if (!args.positional().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(CallName(), "() takes no positional arguments: write attributes as name = value"));
  }
  auto instance = std::make_shared<MacroInstance>();
  instance->macro = name();
  instance->definition = definition_.package;
  instance->finalizer = definition_.finalizer;
  instance->parent = package->current_macro();
  if (definition_.finalizer && instance->parent != nullptr && !instance->parent->finalizer) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot instantiate a rule finalizer ('", name(), "') within a non-finalizer symbolic macro"));
  }
  std::optional<std::vector<NamedValue>> arguments = CallReader(thread, *package, *this, *instance).Read(args.named());
  if (!arguments) return Value::None();
  if (definition_.finalizer && instance->parent == nullptr) {
    package->AddFinalizer(thread, *this, std::move(instance), *std::move(arguments));
    return Value::None();
  }
  COW_RETURN_IF_ERROR(Run(thread, *package, std::move(instance), *arguments));
  return Value::None();
}

absl::Status MacroClass::Run(Thread& thread, PackageBuilder& package, std::shared_ptr<const MacroInstance> instance,
                             const std::vector<NamedValue>& arguments) const {
  std::shared_ptr<const MacroInstance> outer = package.EnterMacro(std::move(instance));
  absl::StatusOr<Value> returned = starlark::Call(thread, definition_.implementation, {}, arguments);
  package.EnterMacro(std::move(outer));
  COW_RETURN_IF_ERROR(returned.status());
  if (returned->IsNone()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("macro '", name(), "' may not return a non-None value (got ",
                                                 starlark::Repr(*returned), ")"));
}

}  // namespace cow::loading
