#include "engine/analysis/provider.h"

#include <algorithm>
#include <utility>

#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/output_groups_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

using starlark::Arguments;
using starlark::NamedValue;
using starlark::Thread;
using starlark::Value;

namespace {

absl::Status CheckFields(std::string_view provider, const std::vector<std::string>& declared,
                         std::span<const NamedValue> given) {
  for (const NamedValue& field : given) {
    std::string_view name = field.name->view();
    if (std::find(declared.begin(), declared.end(), name) != declared.end()) continue;
    std::string close = ClosestMatch(name, declared);
    return UserError("unexpected keyword ", name, " in call to instantiate provider ", provider,
                     close.empty() ? "" : absl::StrCat(" (did you mean '", close, "'?)"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Value> RawConstructor(Thread& thread, const Arguments& args) {
  return args.Receiver<Provider>()->MakeRaw(thread, args);
}

absl::StatusOr<std::vector<std::string>> FieldNames(Value fields) {
  std::vector<std::string> names;
  absl::Status status = starlark::ForEach(fields, [&](Value name) -> absl::Status {
    const auto* text = name.As<starlark::String>();
    if (text == nullptr) {
      return UserError("in call to provider(), fields must be strings, got ",
                       starlark::TypeName(name));
    }
    names.push_back(text->str());
    return absl::OkStatus();
  });
  COW_RETURN_IF_ERROR(status);
  return names;
}

}  // namespace

void Provider::Repr(std::string& out) const {
  absl::StrAppend(&out, "<provider", name_.empty() ? "" : " ", name_, ">");
}

absl::StatusOr<Value> Provider::MakeRaw(Thread& thread, const Arguments& args) const {
  if (!args.positional().empty())
    return UserError(DisplayName(), ": unexpected positional arguments");
  if (fields_) COW_RETURN_IF_ERROR(CheckFields(DisplayName(), *fields_, args.named()));
  return thread.heap().NewStruct(Value(this), args.named());
}

absl::StatusOr<Value> Provider::MakeWithInit(Thread& thread, const Arguments& args) const {
  COW_ASSIGN_OR_RETURN(Value made, starlark::Call(thread, init_, args.positional(), args.named()));
  const auto* dict = made.As<starlark::Dict>();
  if (dict == nullptr) {
    return UserError("got '", starlark::TypeName(made),
                     "' for return value of provider init(), want 'dict'");
  }
  std::vector<NamedValue> fields;
  for (const auto& entry : *dict) {
    const auto* name = entry.key.As<starlark::String>();
    if (name == nullptr) return UserError("provider init() must return a dict with string keys");
    fields.push_back({starlark::Intern(*name), entry.value});
  }
  if (fields_) COW_RETURN_IF_ERROR(CheckFields(DisplayName(), *fields_, fields));
  return thread.heap().NewStruct(Value(this), fields);
}

absl::StatusOr<Value> Provider::Call(Thread& thread, const Arguments& args) {
  if (is_native_) {
    if (native_ == nullptr) return UserError("'", name_, "' cannot be instantiated by rules");
    return native_(thread, *this, args);
  }
  return init_.IsUnset() ? MakeRaw(thread, args) : MakeWithInit(thread, args);
}

absl::StatusOr<Value> MakeProvider(Thread& thread, const Arguments& args) {
  std::string_view doc;
  std::optional<starlark::Iterable> fields;
  std::optional<starlark::Callable> init;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Noneable(starlark::Optional("doc", &doc)), starlark::KwOptional("fields", &fields),
             starlark::KwOptional("init", &init)}));
  std::optional<std::vector<std::string>> names;
  if (fields) {
    COW_ASSIGN_OR_RETURN(names, FieldNames(fields->value));
  }
  auto* provider = thread.heap().New<Provider>(std::move(names), init ? init->value : Value());
  if (!init) return Value(provider);
  Value raw = thread.heap().New<starlark::Builtin>(starlark::Intern("<raw constructor>"),
                                                   &RawConstructor, Value(provider));
  Value both[] = {provider, raw};
  return Value(thread.heap().NewTuple(both));
}

const Provider* ProviderOf(Value instance) {
  if (instance.As<OutputGroupsValue>() != nullptr) return BuiltinProviders::Get().output_group_info;
  const auto* record = instance.As<starlark::Struct>();
  return record == nullptr ? nullptr : record->constructor().As<Provider>();
}

}  // namespace cow::analysis
