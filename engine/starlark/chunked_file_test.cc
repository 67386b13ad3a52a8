// Runs tests/conformance/*.star. A file is chunks split by lines of `---`, each a program of its
// own. A line that ends in `### regex` must be the place of an error whose text matches; a chunk
// without such a line must succeed.
#include <algorithm>
#include <regex>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/eval_error.h"
#include "engine/starlark/module.h"
#include "engine/starlark/operations.h"
#include "gtest/gtest.h"

namespace cow::starlark {
namespace {

using Result = absl::StatusOr<Value>;

std::string FolderOfCases() {
  const std::string given = GetEnv("COW_CONFORMANCE_DIR");
  return given.empty() ? COW_SOURCE_DIR "/tests/conformance" : given;
}

Result AssertEq(Thread&, const Arguments& args) {
  Value x;
  Value y;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("x", &x), Required("y", &y)}));
  COW_ASSIGN_OR_RETURN(bool equal, Equals(x, y));
  if (equal) return Value::None();
  return absl::InternalError(absl::StrCat(Repr(x), " != ", Repr(y)));
}

Result AssertNe(Thread&, const Arguments& args) {
  Value x;
  Value y;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("x", &x), Required("y", &y)}));
  COW_ASSIGN_OR_RETURN(bool equal, Equals(x, y));
  if (!equal) return Value::None();
  return absl::InternalError(absl::StrCat(Repr(x), " == ", Repr(y)));
}

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
  if (std::regex_search(text, std::regex(pattern))) return Value::None();
  return absl::InternalError(absl::StrCat("error '", text, "' does not match '", pattern, "'"));
}

// struct, json, the assertions, and frozen values to try to change.
const Environment& TestEnvironment() {
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
    EXPECT_TRUE(dict->SetString("a", one).ok());
    Set* set = heap->NewSet();
    EXPECT_TRUE(set->Add(one).ok());
    environment->Set("frozen_list", heap->NewList({&one, 1}));
    environment->Set("frozen_dict", dict);
    environment->Set("frozen_set", set);
    environment->AddReference(Heap::Freeze(std::move(heap)));
    return environment;
  }();
  return *kEnvironment;
}

struct Chunk {
  std::string text;  // padded with newlines, so that lines have their numbers in the file
  std::vector<std::pair<int, std::string>> expected;
};

std::vector<Chunk> ReadChunks(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  EXPECT_TRUE(text.ok()) << text.status();
  std::vector<Chunk> chunks(1);
  int number = 0;
  const std::vector<std::string> lines = absl::StrSplit(*text, '\n');
  for (const std::string& line : lines) {
    ++number;
    if (line == "---") {
      chunks.emplace_back();
      chunks.back().text = std::string(static_cast<size_t>(number), '\n');
      continue;
    }
    absl::StrAppend(&chunks.back().text, line, "\n");
    const size_t mark = line.find("### ");
    if (mark != line.npos) chunks.back().expected.emplace_back(number, line.substr(mark + 4));
  }
  return chunks;
}

std::vector<std::pair<Location, std::string>> ErrorsOf(const std::string& name,
                                                       const std::string& text) {
  std::vector<std::pair<Location, std::string>> found;
  std::vector<Diagnostic> static_errors;
  auto program = Program::Compile(std::make_shared<const SourceFile>(name, text), Dialect::Script(),
                                  TestEnvironment(), static_errors);
  for (const Diagnostic& error : static_errors) {
    found.emplace_back(error.location, absl::StrCat(error.message, " ", error.suggestion));
  }
  if (!program.ok()) return found;
  Heap heap;
  Thread thread(heap);
  heap.set_byte_limit(size_t{256} << 20);
  thread.set_step_limit(5'000'000);
  std::vector<std::shared_ptr<const FrozenModule>> loads;
  for (const LoadStatement& load : (*program)->loads()) {
    auto loaded_heap = std::make_unique<Heap>();
    std::vector<Global> globals;
    for (const std::string& global : TestEnvironment().names()) {
      globals.push_back({global, TestEnvironment().Find(global)});
    }
    loads.push_back(FrozenModule::FromGlobals(load.module, std::move(loaded_heap), globals));
  }
  absl::StatusOr<Module> module = Execute(*program, thread, TestEnvironment(), loads);
  if (!module.ok()) {
    found.emplace_back(ErrorLocation(module.status()), std::string(module.status().message()));
  }
  return found;
}

class ConformanceTest : public testing::TestWithParam<std::string> {};

TEST_P(ConformanceTest, ChunksBehaveAsMarked) {
  const std::string path = absl::StrCat(FolderOfCases(), "/", GetParam());
  for (const Chunk& chunk : ReadChunks(path)) {
    std::vector<std::pair<int, std::string>> expected = chunk.expected;
    for (const auto& [place, text] : ErrorsOf(GetParam(), chunk.text)) {
      auto match = expected.begin();
      while (match != expected.end() && (match->first != place.line ||
                                         !std::regex_search(text, std::regex(match->second)))) {
        ++match;
      }
      if (match == expected.end()) {
        ADD_FAILURE() << place.ToString() << ": unexpected error: " << text;
      } else {
        expected.erase(match);
      }
    }
    for (const auto& [line, pattern] : expected) {
      ADD_FAILURE() << GetParam() << ":" << line << ": no error matches: " << pattern;
    }
  }
}

std::vector<std::string> Cases() {
  std::vector<std::string> names;
  auto entries = ListDirectory(FolderOfCases());
  for (const DirectoryEntry& entry : entries.ok() ? *entries : std::vector<DirectoryEntry>()) {
    if (entry.name.ends_with(".star")) names.push_back(entry.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Files, ConformanceTest, testing::ValuesIn(Cases()),
                         [](const auto& param_info) {
                           return std::string(absl::StripSuffix(param_info.param, ".star"));
                         });

TEST(ConformanceFilesTest, AreFound) { EXPECT_GE(Cases().size(), 10u); }

}  // namespace
}  // namespace cow::starlark
