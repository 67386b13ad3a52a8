// ModuleContext: what builtins know while a .cow file is executed. Host data of the thread; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/loading/file_table.h"
#include "engine/loading/visibility.h"
#include "engine/model/label.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

struct ModuleContext {
  const FileTable* files = nullptr;
  Label label{};                                       // of the file
  std::optional<std::vector<PackageSpec>> visibility{};  // who may load it; unset: everybody
};

// The context, or the error that `function` works only there.
inline absl::StatusOr<ModuleContext*> RequireModule(const starlark::Thread& thread, std::string_view function) {
  if (auto* context = thread.Host<ModuleContext>()) return context;
  return absl::InvalidArgumentError(
      absl::StrCat(function, "() can only be called while a .cow file is loaded, at its top level or from there"));
}

}  // namespace cow::loading
