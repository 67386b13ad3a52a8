#include "engine/driver/starlark_script.h"

#include <unistd.h>

#include <cstdio>

#include "absl/status/status.h"
#include "engine/base/json.h"
#include "engine/base/posix_file.h"
#include "engine/driver/exit_status.h"
#include "engine/driver/starlark_prompt.h"
#include "engine/starlark/chunked_file.h"
#include "engine/starlark/script.h"

namespace cow::driver {
namespace {

starlark::ScriptOptions OptionsOf(const StarlarkRequest& request) {
  return {.limits = {.steps = request.max_steps,
                     .heap_bytes = request.max_heap,
                     .depth = request.max_depth}};
}

ExitCode Report(const absl::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  std::fprintf(stderr, "%s\n", ErrorText(status).c_str());
  if (absl::IsResourceExhausted(status)) {
    std::fputs("note: --max_steps, --max_heap and --max_depth set the limits\n", stderr);
  }
  return ExitCode::kBuildFailed;
}

void WriteOutcome(const std::string& file, const starlark::ChunkOutcome& chunk, JsonWriter& json) {
  json.BeginObject().Field("file", file).Field("line", int64_t{chunk.line}).Key("errors").BeginArray();
  for (const starlark::ChunkError& error : chunk.errors) {
    json.BeginObject()
        .Field("line", int64_t{error.place.line})
        .Field("column", int64_t{error.place.column})
        .Field("static", error.is_static)
        .Field("text", error.text)
        .EndObject();
  }
  json.EndArray().Key("surprises").BeginArray();
  for (const std::string& surprise : chunk.surprises) json.String(surprise);
  json.EndArray().EndObject();
}

ExitCode RunSuites(const StarlarkRequest& request) {
  const starlark::ScriptLimits limits = OptionsOf(request).limits;
  JsonWriter json;
  json.BeginArray();
  size_t chunks = 0;
  size_t failed = 0;
  for (const std::string& file : request.files) {
    absl::StatusOr<std::string> text = ReadFile(file);
    if (!text.ok()) return Report(text.status());
    for (const starlark::ChunkOutcome& chunk : starlark::RunChunks(file, *text, limits)) {
      ++chunks;
      failed += chunk.surprises.empty() ? 0 : 1;
      for (const std::string& surprise : chunk.surprises) {
        std::fprintf(stderr, "%s\n", surprise.c_str());
      }
      WriteOutcome(file, chunk, json);
    }
  }
  if (request.json) {
    std::printf("%s\n", json.EndArray().text().c_str());
  } else {
    std::printf("%zu chunks, %zu failed\n", chunks, failed);
  }
  return failed == 0 ? ExitCode::kOk : ExitCode::kBuildFailed;
}

}  // namespace

ExitCode RunStarlark(const StarlarkRequest& request) {
  if (request.chunked) return RunSuites(request);
  const starlark::ScriptOptions options = OptionsOf(request);
  if (request.code) return Report(starlark::RunScriptText("<command>", *request.code, options));
  if (request.files.empty() && isatty(STDIN_FILENO) == 1) return RunStarlarkPrompt(options);
  if (!request.files.empty() && request.files[0] != "-") {
    return Report(starlark::RunScript(request.files[0], options));
  }
  absl::StatusOr<std::string> text = ReadFile("/dev/stdin");
  if (!text.ok()) return Report(text.status());
  return Report(starlark::RunScriptText("<stdin>", *std::move(text), options));
}

}  // namespace cow::driver
