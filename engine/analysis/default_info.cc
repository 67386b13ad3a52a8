#include "engine/analysis/default_info.h"

#include <utility>

#include "engine/analysis/builtin_providers.h"
#include "engine/analysis/target_value.h"
#include "engine/starlark/struct_value.h"

namespace cow::analysis {

using starlark::Intern;

void SetDefaultInfo(ConfiguredTarget& target, starlark::Heap& heap, DefaultInfoParts parts) {
  target.files = parts.files;
  target.default_runfiles = parts.default_runfiles;
  target.data_runfiles = parts.data_runfiles;
  Runfiles needed = parts.default_runfiles;
  if (parts.executable != nullptr) needed.files = MergeSets({parts.executable}, {std::move(needed.files)});
  const auto* files_to_run = heap.New<FilesToRunValue>(target, parts.executable, std::move(needed));
  target.files_to_run = files_to_run;
  starlark::NamedValue fields[] = {
      {Intern("data_runfiles"), heap.New<RunfilesValue>(std::move(parts.data_runfiles))},
      {Intern("default_runfiles"), heap.New<RunfilesValue>(std::move(parts.default_runfiles))},
      {Intern("files"), NewFileDepset(heap, std::move(parts.files))},
      {Intern("files_to_run"), files_to_run},
  };
  const Provider* provider = BuiltinProviders::Get().default_info;
  target.providers.Set(provider, heap.NewStruct(provider, fields));
  target.value = heap.New<TargetValue>(target);
}

}  // namespace cow::analysis
