// repository_ctx.download(), download_and_extract() and extract().
#pragma once

#include "absl/status/statusor.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/thread.h"

namespace cow::loading {

absl::StatusOr<starlark::Value> DownloadFile(starlark::Thread& thread, const starlark::Arguments& args);
absl::StatusOr<starlark::Value> DownloadAndExtract(starlark::Thread& thread, const starlark::Arguments& args);
absl::StatusOr<starlark::Value> ExtractFile(starlark::Thread& thread, const starlark::Arguments& args);

}  // namespace cow::loading
