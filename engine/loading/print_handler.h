// Where print() goes while files are loaded.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/loading/print_log.h"
#include "engine/loading/workspace.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

inline void InstallPrintHandler(starlark::Thread& thread, const WorkspaceOptions& options) {
  if (!options.on_print) return;
  thread.set_print_handler([&options](const Location& caller, std::string_view text) {
    options.on_print(absl::StrCat("DEBUG: ", caller.ToString(), ": ", text));
  });
}

// Same, for a file that may be loaded at the same time as others.
inline void InstallPrintHandler(starlark::Thread& thread, PrintLog& log, const Label& file) {
  if (!log.wanted()) return;
  thread.set_print_handler([&log, &file](const Location& caller, std::string_view text) {
    log.Print(file, absl::StrCat("DEBUG: ", caller.ToString(), ": ", text));
  });
}

}  // namespace cow::loading
