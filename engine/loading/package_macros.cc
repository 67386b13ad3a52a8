// The part of PackageBuilder that symbolic macros and finalizers need.
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/loading/macro_class.h"
#include "engine/loading/package_builder.h"

namespace cow::loading {

using starlark::Thread;

absl::StatusOr<PackageBuilder*> RequireOpenPackage(const Thread& thread, std::string_view function,
                                                   bool in_finalizers) {
  COW_ASSIGN_OR_RETURN(PackageBuilder * package, RequirePackage(thread, function));
  const MacroInstance* macro = package->current_macro().get();
  if (macro == nullptr || (in_finalizers && macro->finalizer)) return package;
  return absl::InvalidArgumentError(absl::StrCat(
      function, "() can only be used while evaluating a BUILD file or a legacy macro",
      in_finalizers ? " or a rule finalizer" : "", ", not in symbolic macro '", macro->macro, "'"));
}

absl::Status PackageBuilder::ClaimMacroName(const MacroInstance& instance) {
  absl::StatusOr<Label> label = Label::Create(inputs_.id, instance.name);
  if (!label.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("illegal macro name: ", instance.name, ": ", label.status().message()));
  }
  if (instance.parent != nullptr && !instance.parent->OwnsName(instance.name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("macro '", instance.name, "' declared in symbolic macro '", instance.parent->name,
                     "' violates macro naming rules: its name must be '", instance.parent->name,
                     "' or start with it followed by '_', '-' or '.'"));
  }
  if (const Target* existing = Find(instance.name)) {
    return absl::InvalidArgumentError(Conflict(absl::StrCat("macro '", instance.name, "'"), *existing));
  }
  bool of_parent = instance.parent != nullptr && instance.parent->name == instance.name;
  if (!macro_names_.emplace(instance.name, instance.macro).second && !of_parent) {
    return absl::InvalidArgumentError(absl::StrCat("macro '", instance.name, "' conflicts with an existing macro '",
                                                   instance.name, "'"));
  }
  return absl::OkStatus();
}

std::vector<Label> PackageBuilder::DefaultVisibility() const {
  return current_macro_ == nullptr ? defaults_.visibility : std::vector<Label>();
}

void PackageBuilder::AddFinalizer(const Thread& thread, const MacroClass& macro,
                                  std::shared_ptr<const MacroInstance> instance,
                                  std::vector<starlark::NamedValue> arguments) {
  finalizers_.push_back({&macro, std::move(instance), std::move(arguments), PlaceOf(thread)});
}

absl::Status PackageBuilder::RunFinalizers(Thread& thread) {
  for (size_t i = 0; i < finalizers_.size(); ++i) {
    Finalizer finalizer = std::move(finalizers_[i]);
    finalizer_place_ = finalizer.place;
    absl::Status status = finalizer.macro->Run(thread, *this, std::move(finalizer.instance), finalizer.arguments);
    finalizer_place_.reset();
    COW_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

}  // namespace cow::loading
