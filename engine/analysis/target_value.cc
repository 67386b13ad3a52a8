#include "engine/analysis/target_value.h"

#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/loading/label_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/struct_value.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

using starlark::Value;

namespace {

absl::StatusOr<const Provider*> ProviderKey(Value key) {
  const auto* provider = key.As<Provider>();
  if (provider == nullptr) {
    return UserError("Target keys must be providers, got a value of type '",
                     starlark::TypeName(key), "'");
  }
  return provider;
}

}  // namespace

void TargetValue::Repr(std::string& out) const {
  absl::StrAppend(&out, "<target ", target_->label.ToString(), ", keys:[");
  std::string_view separator;
  for (const auto& [provider, instance] : target_->providers.entries()) {
    absl::StrAppend(&out, separator, provider->InstanceName());
    separator = ", ";
  }
  out += "]>";
}

absl::StatusOr<Value> TargetValue::GetAttr(starlark::Thread& thread,
                                           const starlark::String* name) const {
  if (name->view() == "label") return Value(thread.heap().New<loading::LabelValue>(target_->label));
  const auto* info =
      target_->providers.Find(BuiltinProviders::Get().default_info).As<starlark::Struct>();
  Value field = info == nullptr ? Value() : info->Find(name);
  const starlark::Struct* legacy = target_->providers.legacy_fields();
  return field.IsUnset() && legacy != nullptr ? legacy->Find(name) : field;
}

std::vector<std::string> TargetValue::AttrNames() const {
  std::vector<std::string> names = {"data_runfiles", "default_runfiles", "files", "files_to_run", "label"};
  if (const starlark::Struct* legacy = target_->providers.legacy_fields(); legacy != nullptr) {
    for (const starlark::NamedValue& field : legacy->fields()) names.emplace_back(field.name->view());
  }
  return names;
}

absl::StatusOr<Value> TargetValue::Index(starlark::Thread&, Value key) const {
  COW_ASSIGN_OR_RETURN(const Provider* provider, ProviderKey(key));
  Value instance = target_->providers.Find(provider);
  if (!instance.IsUnset()) return instance;
  return UserError("<target ", target_->label.ToString(), "> (", target_->kind,
                   ") doesn't contain declared provider '", provider->InstanceName(), "'");
}

absl::StatusOr<bool> TargetValue::Contains(Value key) const {
  COW_ASSIGN_OR_RETURN(const Provider* provider, ProviderKey(key));
  return !target_->providers.Find(provider).IsUnset();
}

}  // namespace cow::analysis
