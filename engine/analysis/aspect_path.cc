#include "engine/analysis/aspect_path.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/output_groups_value.h"
#include "engine/analysis/target_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/loading/target.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

using loading::AspectClass;
using loading::Attribute;
using starlark::Value;

namespace {

using Parameter = std::variant<bool, int64_t, std::string>;

// One string per content: every part says how long it is.
std::string Encode(const std::vector<AspectUse>& uses) {
  std::string text;
  auto add = [&](std::string_view part) { absl::StrAppend(&text, part.size(), ":", part); };
  auto add_pointer = [&](const void* pointer) { add(absl::StrCat(reinterpret_cast<uintptr_t>(pointer))); };
  for (const AspectUse& use : uses) {
    add_pointer(use.aspect);
    add(absl::StrCat(use.required_by.size()));
    for (const AspectClass* other : use.required_by) add_pointer(other);
    add(absl::StrCat(use.parameters.size()));
    for (const Parameter& parameter : use.parameters) {
      add(absl::StrCat(parameter.index()));
      if (const auto* flag = std::get_if<bool>(&parameter)) add(*flag ? "1" : "0");
      if (const auto* number = std::get_if<int64_t>(&parameter)) add(absl::StrCat(*number));
      if (const auto* word = std::get_if<std::string>(&parameter)) add(*word);
    }
  }
  return text;
}

bool HasProviders(const AspectClass::ProviderSets& alternatives, const ProviderSet& providers) {
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const std::vector<Value>& all) {
    return std::all_of(all.begin(), all.end(), [&](Value provider) {
      return !providers.Find(provider.As<Provider>()).IsUnset();
    });
  });
}

bool Promises(const AspectClass& aspect, const std::vector<Value>& wanted) {
  const std::vector<Value>& provides = aspect.definition().provides;
  return std::all_of(wanted.begin(), wanted.end(), [&](Value provider) {
    return std::any_of(provides.begin(), provides.end(), [&](Value given) { return given.IsSame(provider); });
  });
}

// Whether `later`, applied after `earlier`, sees what that gives.
bool Sees(const AspectUse& later, const AspectUse& earlier) {
  const AspectClass::Definition& definition = later.aspect->definition();
  for (Value required : definition.required_aspects) {
    if (required.As<AspectClass>() == earlier.aspect) return true;
  }
  const AspectClass::ProviderSets& wanted = definition.required_aspect_providers;
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const std::vector<Value>& set) { return Promises(*earlier.aspect, set); });
}

bool AppliesTo(const AspectUse& use, const ConfiguredTarget& target) {
  const AspectClass::ProviderSets& own = use.aspect->definition().required_providers;
  if (own.empty() || HasProviders(own, target.providers)) return true;
  return std::any_of(use.required_by.begin(), use.required_by.end(), [&](const AspectClass* other) {
    const AspectClass::ProviderSets& wanted = other->definition().required_providers;
    return wanted.empty() || HasProviders(wanted, target.providers);
  });
}

absl::StatusOr<Parameter> ToParameter(const AspectClass& aspect, const Attribute& attribute, Value value) {
  switch (attribute.type) {
    case loading::AttributeType::kBool:
      if (value.IsBool()) return Parameter(value.boolean());
      break;
    case loading::AttributeType::kInt:
      if (value.ToInt64()) return Parameter(*value.ToInt64());
      break;
    default:
      if (value.Is(starlark::Kind::kString)) return Parameter(loading::StringOf(value));
      break;
  }
  return UserError("aspect ", aspect.DisplayName(), " requires the attribute '", attribute.name, "' to be of type ",
                   loading::TypeText(attribute.type));
}

absl::StatusOr<Parameter> ReadParameter(const AspectClass& aspect, const Attribute& attribute,
                                        ParameterLookup lookup) {
  Value value = lookup(attribute.name);
  if (value.IsUnset() || value.IsNone()) {
    if (attribute.mandatory) {
      return UserError("aspect ", aspect.DisplayName(), " requires rule to specify attribute '", attribute.name,
                       "' with type ", loading::TypeText(attribute.type));
    }
    value = attribute.default_value;
  }
  std::vector<std::string> allowed;
  bool fits = attribute.values.empty();
  for (Value candidate : attribute.values) {
    fits |= starlark::Equals(candidate, value).value_or(false);
    allowed.push_back(absl::StrCat("'", starlark::Str(candidate), "'"));
  }
  if (!fits) {
    return UserError("invalid value in '", attribute.name, "' attribute of aspect ", aspect.DisplayName(),
                     ": has to be one of ", absl::StrJoin(allowed, ", "), " instead of '", starlark::Str(value), "'");
  }
  return ToParameter(aspect, attribute, value);
}

// Adds the aspect after those it requires; an aspect that is there already only learns who requires it.
absl::Status AddUse(const AspectClass& aspect, const AspectClass* required_by, ParameterLookup lookup,
                    std::vector<AspectUse>& uses) {
  for (Value required : aspect.definition().required_aspects) {
    COW_RETURN_IF_ERROR(AddUse(*required.As<AspectClass>(), &aspect, lookup, uses));
  }
  auto known = std::find_if(uses.begin(), uses.end(), [&](const AspectUse& use) { return use.aspect == &aspect; });
  if (known == uses.end()) {
    AspectUse use{.aspect = &aspect};
    for (const Attribute& attribute : aspect.definition().attributes) {
      Parameter parameter = false;
      if (!attribute.is_private()) {
        COW_ASSIGN_OR_RETURN(parameter, ReadParameter(aspect, attribute, lookup));
      }
      use.parameters.push_back(std::move(parameter));
    }
    uses.push_back(std::move(use));
    known = uses.end() - 1;
  }
  if (required_by != nullptr) known->required_by.push_back(required_by);
  return absl::OkStatus();
}

}  // namespace

bool AspectUse::GoesAlong(std::string_view attribute) const {
  return aspect->GoesAlong(attribute) ||
         std::any_of(required_by.begin(), required_by.end(),
                     [&](const AspectClass* other) { return other->GoesAlong(attribute); });
}

const AspectPath* AspectPaths::Intern(std::vector<AspectUse> uses) {
  std::unique_ptr<AspectPath>& path = paths_[Encode(uses)];
  if (path == nullptr) path = std::make_unique<AspectPath>(AspectPath{std::move(uses)});
  return path.get();
}

std::vector<const AspectPath*> AspectPaths::For(const std::vector<AspectUse>& uses, const ConfiguredTarget& target) {
  std::vector<const AspectUse*> running;
  std::vector<std::vector<size_t>> seen;  // by index of running: all it sees, in order
  std::vector<const AspectPath*> result;
  for (const AspectUse& use : uses) {
    if (!AppliesTo(use, target)) continue;
    std::vector<bool> marked(running.size(), false);
    for (size_t i = 0; i < running.size(); ++i) {
      if (!Sees(use, *running[i])) continue;
      marked[i] = true;
      for (size_t below : seen[i]) marked[below] = true;
    }
    std::vector<AspectUse> path;
    std::vector<size_t> visible;
    for (size_t i = 0; i < marked.size(); ++i) {
      if (!marked[i]) continue;
      visible.push_back(i);
      path.push_back(*running[i]);
    }
    path.push_back(use);
    running.push_back(&use);
    seen.push_back(std::move(visible));
    result.push_back(Intern(std::move(path)));
  }
  return result;
}

absl::StatusOr<std::vector<AspectUse>> MakeAspectUses(const std::vector<Value>& aspects, ParameterLookup lookup) {
  std::vector<AspectUse> uses;
  for (Value aspect : aspects) {
    COW_RETURN_IF_ERROR(AddUse(*aspect.As<AspectClass>(), nullptr, lookup, uses));
  }
  return uses;
}

absl::StatusOr<std::unique_ptr<ConfiguredTarget>> MergeAspects(const ConfiguredTarget& target,
                                                               const std::vector<const ConfiguredTarget*>& aspects) {
  auto merged = std::make_unique<ConfiguredTarget>();
  auto heap = std::make_unique<starlark::Heap>();
  heap->AddReference(target.heap);
  merged->label = target.label;
  merged->configuration = target.configuration;
  merged->kind = target.kind;
  merged->providers = target.providers;
  merged->files = target.files;
  merged->files_to_run = target.files_to_run;
  merged->default_runfiles = target.default_runfiles;
  merged->data_runfiles = target.data_runfiles;
  merged->program = target.program;
  const Provider* groups = BuiltinProviders::Get().output_group_info;
  for (const ConfiguredTarget* aspect : aspects) {
    heap->AddReference(aspect->heap);
    for (const auto& [provider, instance] : aspect->providers.entries()) {
      Value known = merged->providers.Find(provider);
      if (known.IsUnset()) {
        merged->providers.Set(provider, instance);
      } else if (provider == groups) {
        merged->providers.Set(groups, JoinOutputGroups(*known.As<OutputGroupsValue>(),
                                                       *instance.As<OutputGroupsValue>(), *heap));
      } else {
        return UserError("provider '", provider->InstanceName(), "' provided twice for ", target.label.ToString(),
                         ": by ", aspect->kind, " and by ",
                         target.providers.Find(provider).IsUnset() ? "another aspect" : "the target itself");
      }
    }
  }
  merged->value = heap->New<TargetValue>(*merged);
  merged->heap = starlark::Heap::Freeze(std::move(heap));
  return merged;
}

}  // namespace cow::analysis
