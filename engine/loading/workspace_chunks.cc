#include "engine/loading/workspace_chunks.h"

#include <string>

#include "absl/strings/match.h"

namespace cow::loading {

std::vector<std::shared_ptr<const SourceFile>> SplitAtLoads(const starlark::Program& program) {
  const SourceFile& source = program.source();
  std::vector<int> starts = {1};
  for (const starlark::LoadStatement& load : program.loads()) {
    // The module's name may stand on a later line than "load(", which is at the beginning of its own.
    int line = load.location.line;
    while (line > starts.back() && !absl::StartsWith(source.Line(line), "load")) --line;
    if (line > starts.back()) starts.push_back(line);
  }
  int last = source.At(source.text().size()).line;
  std::vector<std::shared_ptr<const SourceFile>> pieces;
  for (size_t i = 0; i < starts.size(); ++i) {
    int end = i + 1 < starts.size() ? starts[i + 1] : last + 1;
    std::string text(static_cast<size_t>(starts[i] - 1), '\n');
    for (int line = starts[i]; line < end; ++line) text.append(source.Line(line)).push_back('\n');
    pieces.push_back(std::make_shared<const SourceFile>(source.name(), std::move(text)));
  }
  return pieces;
}

}  // namespace cow::loading
