#include "engine/analysis/template_dict_value.h"

#include <optional>

#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Required;
using starlark::Thread;
using starlark::Value;

namespace {

absl::StatusOr<Value> Add(Thread&, const Arguments& args) {
  std::string key;
  const starlark::String* value = nullptr;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("key", &key), Required("value", &value)}));
  auto* self = args.Receiver<TemplateDictValue>();
  COW_RETURN_IF_ERROR(self->CheckMutable());
  ArgsItem item{.kind = ArgsItem::Kind::kList, .list = {Value(value)}};
  self->entries().emplace_back(std::move(key), std::move(item));
  return args.receiver();
}

absl::StatusOr<Value> AddJoined(Thread& thread, const Arguments& args) {
  std::string key;
  Value values;
  std::string join_with;
  starlark::Callable map_each;
  bool allow_closure = false;
  ArgsFormat format;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args, {Required("key", &key), Required("values", &values),
             starlark::KwRequired("join_with", &join_with),
             starlark::KwRequired("map_each", &map_each), KwOptional("uniquify", &format.uniquify),
             KwOptional("format_joined", &format.format_joined),
             KwOptional("allow_closure", &allow_closure)}));
  auto* self = args.Receiver<TemplateDictValue>();
  COW_RETURN_IF_ERROR(self->CheckMutable());
  COW_RETURN_IF_ERROR(CheckMapEach(map_each.value, allow_closure));
  COW_RETURN_IF_ERROR(CheckPattern("format_joined", format.format_joined));
  COW_ASSIGN_OR_RETURN(ArgsItem item, ReadArgValues(values, "add_joined"));
  if (item.kind != ArgsItem::Kind::kDepset) return UserError("in call to add_joined(), 'values' must be a depset");
  format.map_each = map_each.value;
  format.location = thread.CallerLocation();
  format.join_with = join_with;
  format.omit_if_empty = false;
  item.format = SharedArgsFormat(std::move(format));
  self->entries().emplace_back(std::move(key), std::move(item));
  return args.receiver();
}

}  // namespace

const starlark::MethodTable* TemplateDictValue::Methods() const {
  static const starlark::MethodTable kMethods({{"add", &Add}, {"add_joined", &AddJoined}});
  return &kMethods;
}

}  // namespace cow::analysis
