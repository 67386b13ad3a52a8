#include "engine/starlark/chunked_file.h"

#include <memory>
#include <regex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/dict_value.h"
#include "engine/starlark/eval_error.h"
#include "engine/starlark/module.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/sequence_value.h"

namespace cow::starlark {

namespace {

using Result = absl::StatusOr<Value>;

// std::regex recurses over the text.
constexpr size_t kMatchedBytes = 4096;

bool Matches(std::string_view text, const std::string& pattern) {
  return std::regex_search(std::string(text.substr(0, kMatchedBytes)), std::regex(pattern));
}

Result AssertEqual(const Arguments& args, bool wanted) {
  Value x;
  Value y;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("x", &x), Required("y", &y)}));
  COW_ASSIGN_OR_RETURN(bool equal, Equals(x, y));
  if (equal == wanted) return Value::None();
  return absl::InternalError(absl::StrCat(Repr(x), wanted ? " != " : " == ", Repr(y)));
}

Result AssertEq(Thread&, const Arguments& args) { return AssertEqual(args, true); }
Result AssertNe(Thread&, const Arguments& args) { return AssertEqual(args, false); }

Result AssertTrue(Thread&, const Arguments& args) {
  Value condition;
  std::string message = "assertion failed";
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {Required("condition", &condition), Optional("msg", &message)}));
  if (Truth(condition)) return Value::None();
  return absl::InternalError(message);
}

Result AssertFails(Thread& thread, const Arguments& args) {
  Value function;
  std::string pattern;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {Required("function", &function), Required("pattern", &pattern)}));
  absl::StatusOr<Value> result = Call(thread, function, {});
  if (result.ok()) return absl::InternalError("did not fail");
  const std::string text = ErrorText(result.status());
  if (Matches(text, pattern)) return Value::None();
  return absl::InternalError(absl::StrCat("error '", text, "' does not match '", pattern, "'"));
}

// What scripts have, the assertions, and frozen values to try to change.
const Environment& ChunkEnvironment() {
  static const Environment* const kEnvironment = [] {
    auto* environment = new Environment();
    environment->AddAll(ScriptEnvironment());
    auto heap = std::make_unique<Heap>();
    auto function = [&](std::string_view name, BuiltinFunction implementation) {
      environment->Set(name, heap->New<Builtin>(Intern(name), implementation));
    };
    function("assert_eq", &AssertEq);
    function("assert_ne", &AssertNe);
    function("assert_true", &AssertTrue);
    function("assert_fails", &AssertFails);
    const Value one = Value::SmallInt(1);
    Dict* dict = heap->NewDict();
    COW_CHECK(dict->SetString("a", one).ok());
    Set* set = heap->NewSet();
    COW_CHECK(set->Add(one).ok());
    environment->Set("frozen_list", heap->NewList({&one, 1}));
    environment->Set("frozen_dict", dict);
    environment->Set("frozen_set", set);
    environment->AddReference(Heap::Freeze(std::move(heap)));
    return environment;
  }();
  return *kEnvironment;
}

struct Chunk {
  int line = 1;
  std::string text;  // padded with newlines, so that lines have their numbers in the file
  std::vector<std::pair<int, std::string>> expected;
};

std::vector<Chunk> SplitChunks(std::string_view text) {
  std::vector<Chunk> chunks(1);
  int number = 0;
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line == "---") {
      chunks.push_back({number + 1, std::string(static_cast<size_t>(number), '\n'), {}});
      continue;
    }
    absl::StrAppend(&chunks.back().text, line, "\n");
    const size_t mark = line.find("### ");
    if (mark != line.npos) chunks.back().expected.emplace_back(number, line.substr(mark + 4));
  }
  return chunks;
}

// load("anything", "name") gives the predeclared value of that name.
std::shared_ptr<const FrozenModule> Loaded(const std::string& name) {
  std::vector<Global> globals;
  for (const std::string& global : ChunkEnvironment().names()) {
    globals.push_back({global, ChunkEnvironment().Find(global)});
  }
  return FrozenModule::FromGlobals(name, std::make_unique<Heap>(), globals);
}

std::vector<ChunkError> ErrorsOf(const std::string& name, const std::string& text,
                                 const ScriptLimits& limits) {
  std::vector<ChunkError> found;
  std::vector<Diagnostic> static_errors;
  auto program = Program::Compile(std::make_shared<const SourceFile>(name, text), Dialect::Script(),
                                  ChunkEnvironment(), static_errors);
  for (const Diagnostic& error : static_errors) {
    const std::string hint =
        error.suggestion.empty() ? "" : absl::StrCat(" (did you mean '", error.suggestion, "'?)");
    found.push_back({error.location, error.message + hint, true});
  }
  if (!program.ok()) return found;
  Heap heap;
  Thread thread(heap);
  limits.Apply(thread);
  std::vector<std::shared_ptr<const FrozenModule>> loads;
  for (const LoadStatement& load : (*program)->loads()) loads.push_back(Loaded(load.module));
  absl::StatusOr<Module> module = Execute(*program, thread, ChunkEnvironment(), loads);
  if (module.ok()) return found;
  // The traceback's last line: "Error in f: text".
  const std::string message(module.status().message());
  const size_t text_begin = message.size() - ErrorText(module.status()).size();
  const size_t line_begin = message.rfind('\n', text_begin == 0 ? 0 : text_begin - 1) + 1;
  found.push_back({ErrorLocation(module.status()), message.substr(line_begin), false});
  return found;
}

std::vector<std::string> Surprises(const std::string& name, const Chunk& chunk,
                                   const std::vector<ChunkError>& errors) {
  std::vector<std::string> surprises;
  std::vector<std::pair<int, std::string>> expected = chunk.expected;
  for (const ChunkError& error : errors) {
    auto match = expected.begin();
    while (match != expected.end() &&
           (match->first != error.place.line || !Matches(error.text, match->second))) {
      ++match;
    }
    if (match == expected.end()) {
      surprises.push_back(
          absl::StrCat(error.place.ToString(), ": unexpected error: ", error.text));
    } else {
      expected.erase(match);
    }
  }
  for (const auto& [line, pattern] : expected) {
    surprises.push_back(absl::StrCat(name, ":", line, ": no error matches: ", pattern));
  }
  return surprises;
}

}  // namespace

std::vector<ChunkOutcome> RunChunks(const std::string& name, std::string_view text,
                                    const ScriptLimits& limits) {
  std::vector<ChunkOutcome> outcomes;
  for (const Chunk& chunk : SplitChunks(text)) {
    std::vector<ChunkError> errors = ErrorsOf(name, chunk.text, limits);
    std::vector<std::string> surprises = Surprises(name, chunk, errors);
    outcomes.push_back({chunk.line, std::move(errors), std::move(surprises)});
  }
  return outcomes;
}

}  // namespace cow::starlark
