#include "engine/analysis/host_tree_value.h"

#include <utility>

#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/file_value.h"
#include "engine/analysis/user_error.h"
#include "engine/loading/target.h"
#include "engine/starlark/operations.h"

namespace cow::analysis {

using starlark::Value;

Value NewHostTreeInfo(starlark::Heap& heap, HostTreePtr tree) {
  starlark::NamedValue fields[] = {
      {starlark::Intern("digest"), heap.NewString(tree->digest.hex())},
      {starlark::Intern("tree"), heap.New<HostTreeValue>(std::move(tree))},
  };
  return heap.NewStruct(BuiltinProviders::Get().host_tree_info, fields);
}

absl::StatusOr<HostTreePtr> HostTreeOf(Value info, std::string_view function) {
  if (info.IsUnset() || info.IsNone()) return HostTreePtr();
  if (ProviderOf(info) != BuiltinProviders::Get().host_tree_info) {
    return UserError("in call to ", function, "(), parameter 'host_tree' got value of type '",
                     starlark::TypeName(info),
                     "', want 'HostTreeInfo' (target[HostTreeInfo] of a host_tree)");
  }
  return info.As<starlark::Struct>()->Find("tree").As<HostTreeValue>()->tree();
}

Runtime RuntimeOf(Value info) {
  if (info.IsUnset()) return {};
  const auto* fields = info.As<starlark::Struct>();
  return {.root = fields->Find("root").As<FileValue>()->id(), .command = loading::StringsOf(fields->Find("command"))};
}

}  // namespace cow::analysis
