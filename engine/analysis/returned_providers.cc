#include "engine/analysis/returned_providers.h"

#include "absl/strings/str_cat.h"
#include "engine/analysis/provider.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

using starlark::Value;

absl::Status StoreReturned(std::string_view function, Value returned, ProviderSet& providers) {
  std::vector<Value> instances;
  if (ProviderOf(returned) != nullptr) {
    instances.push_back(returned);
  } else if (returned.Is(starlark::Kind::kList) || returned.Is(starlark::Kind::kTuple)) {
    COW_ASSIGN_OR_RETURN(instances, starlark::Elements(returned));
  } else if (!returned.IsNone()) {
    return UserError(function, " should return a list of providers, but got ", starlark::TypeName(returned));
  }
  for (Value instance : instances) {
    const Provider* provider = ProviderOf(instance);
    if (provider == nullptr) {
      return UserError(function, " should return a list of providers, but an element is a ",
                       starlark::TypeName(instance), ": ", starlark::Repr(instance));
    }
    if (!providers.Find(provider).IsUnset()) {
      return UserError("multiple conflicting returned providers with key '", provider->InstanceName(), "'");
    }
    providers.Set(provider, instance);
  }
  return absl::OkStatus();
}

absl::Status StoreReturnedByRule(Value returned, ProviderSet& providers) {
  constexpr std::string_view kFunction = "the rule function";
  const auto* fields = returned.As<starlark::Struct>();
  if (fields == nullptr || ProviderOf(returned) != nullptr) return StoreReturned(kFunction, returned, providers);
  constexpr std::string_view kOfDefaultInfo[] = {"data_runfiles", "default_runfiles", "executable", "files", "runfiles"};
  for (std::string_view name : kOfDefaultInfo) {
    if (fields->Find(name).IsUnset()) continue;
    return UserError("field '", name, "' of a returned struct is not supported: return DefaultInfo(", name, " = ...)");
  }
  if (!fields->Find("output_groups").IsUnset()) {
    return UserError("field 'output_groups' of a returned struct is not supported: return OutputGroupInfo(...)");
  }
  Value instances = fields->Find("providers");
  if (!instances.IsUnset()) COW_RETURN_IF_ERROR(StoreReturned(kFunction, instances, providers));
  providers.set_legacy_fields(fields);
  return absl::OkStatus();
}

absl::Status CheckPromises(std::string_view who, const std::vector<Value>& promised, const ProviderSet& providers) {
  for (Value value : promised) {
    const auto* provider = value.As<Provider>();
    if (provider == nullptr || !providers.Find(provider).IsUnset()) continue;
    return UserError(who, " advertises the '", provider->InstanceName(),
                     "' provider, but this provider was not among those returned");
  }
  return absl::OkStatus();
}

absl::Status AtTarget(const loading::Target& target, std::string_view head, const absl::Status& status) {
  if (!IsDiagnostic(status)) return target.Error(absl::StrCat(head, ": ", status.message()));
  return MarkDiagnostic(absl::Status(
      status.code(), absl::StrCat(target.location().ToString(), ": error: ", head, ":\n", status.message())));
}

}  // namespace cow::analysis
