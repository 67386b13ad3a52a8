#include "engine/starlark/interactive_session.h"

#include <memory>
#include <utility>

#include "engine/base/status.h"
#include "engine/starlark/interactive_program.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/scanner.h"
#include "engine/starlark/thread.h"

namespace cow::starlark {

namespace {

constexpr char kName[] = "<stdin>";

}  // namespace

InteractiveSession::InteractiveSession(ScriptOptions options)
    : options_(std::move(options)), loader_(options_) {
  environment_.AddAll(ScriptEnvironment());
}

bool InteractiveSession::WantsMore(std::string_view text) {
  const SourceFile source(kName, std::string(text));
  StaticErrors errors(source);
  Heap constants;
  Scanner scanner(source.text(), constants, errors);
  const std::vector<Token> tokens = scanner.Scan();
  if (scanner.cut_short()) return true;
  const TokenKind first = tokens.front().kind;
  if (first != TokenKind::kDef && first != TokenKind::kIf && first != TokenKind::kFor) return false;
  const size_t last_line = text.find_last_of('\n', text.size() < 2 ? 0 : text.size() - 2);
  return last_line == text.npos ||
         text.find_first_not_of(" \t\r\n", last_line) != std::string_view::npos;
}

absl::StatusOr<std::string> InteractiveSession::Evaluate(std::string text) {
  auto source = std::make_shared<const SourceFile>(kName, std::move(text));
  COW_ASSIGN_OR_RETURN(std::shared_ptr<const Program> program,
                       CompilePiece(source, environment_));
  COW_ASSIGN_OR_RETURN(std::vector<std::shared_ptr<const FrozenModule>> loads,
                       loader_.LoadsOf(*program));
  std::vector<Global> loaded;
  for (size_t i = 0; i < loads.size(); ++i) {
    for (const LoadStatement::Binding& binding : program->loads()[i].bindings) {
      const Value value = loads[i]->Find(binding.exported);
      if (!value.IsUnset()) loaded.push_back({Intern(binding.local)->view(), value});
    }
  }
  Thread thread(heap_);
  options_.limits.Apply(thread);
  thread.set_cancel_flag(options_.cancel);
  if (options_.print) {
    thread.set_print_handler(
        [this](const Location&, std::string_view line) { options_.print(line); });
  }
  std::vector<Global> bound;
  absl::StatusOr<Module> module =
      ExecuteAfter(globals_, program, thread, environment_, loads, bound);
  Remember(loaded);
  Remember(bound);
  if (!module.ok()) return module.status();
  const Value value = module->Find("_");
  return value.IsUnset() || value.IsNone() ? "" : Repr(value);
}

void InteractiveSession::Remember(const std::vector<Global>& globals) {
  for (const Global& global : globals) {
    std::erase_if(globals_, [&](const Global& known) { return known.name == global.name; });
    globals_.push_back(global);
    environment_.Set(global.name, global.value);
  }
}

}  // namespace cow::starlark
