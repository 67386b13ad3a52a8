// Runs tests/conformance/*.star.
#include "engine/starlark/chunked_file.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/posix_file.h"
#include "gmock/gmock.h"

namespace cow::starlark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr ScriptLimits kLimits{.steps = 50'000'000, .heap_bytes = size_t{256} << 20};

std::string FolderOfCases() {
  const std::string given = GetEnv("COW_CONFORMANCE_DIR");
  return given.empty() ? COW_SOURCE_DIR "/tests/conformance" : given;
}

class ConformanceTest : public testing::TestWithParam<std::string> {};

TEST_P(ConformanceTest, ChunksBehaveAsMarked) {
  absl::StatusOr<std::string> text = ReadFile(absl::StrCat(FolderOfCases(), "/", GetParam()));
  ASSERT_TRUE(text.ok()) << text.status();
  for (const ChunkOutcome& chunk : RunChunks(GetParam(), *text, kLimits)) {
    for (const std::string& surprise : chunk.surprises) ADD_FAILURE() << surprise;
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

TEST(ChunkedFileTest, ChunksAreProgramsOfTheirOwn) {
  auto chunks = RunChunks("t.star", "x = 1\n---\nx = 2\nassert_eq(x, 2)\n", kLimits);
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[1].line, 3);
  EXPECT_THAT(chunks[0].surprises, IsEmpty());
  EXPECT_THAT(chunks[1].surprises, IsEmpty());
}

TEST(ChunkedFileTest, MarksMustSeeTheirErrorOnTheirLine) {
  auto chunks = RunChunks("t.star", "1 // 0 ### zero\n---\n1 ### zero\n---\n\n1 // 0\n", kLimits);
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_THAT(chunks[0].surprises, IsEmpty());
  ASSERT_EQ(chunks[0].errors.size(), 1u);
  EXPECT_EQ(chunks[0].errors[0].text, "Error: integer division by zero");
  EXPECT_FALSE(chunks[0].errors[0].is_static);
  EXPECT_THAT(chunks[1].surprises, ElementsAre("t.star:3: no error matches: zero"));
  EXPECT_THAT(chunks[2].surprises, ElementsAre(HasSubstr("t.star:6:3: unexpected error")));
}

TEST(ChunkedFileTest, AllStaticErrorsOfAChunkAreMarked) {
  auto chunks = RunChunks("t.star", "print(a)\nprint(b) ### name 'b'\n", kLimits);
  ASSERT_EQ(chunks.size(), 1u);
  ASSERT_EQ(chunks[0].errors.size(), 2u);
  EXPECT_TRUE(chunks[0].errors[0].is_static);
  EXPECT_THAT(chunks[0].surprises, ElementsAre(HasSubstr("t.star:1:7: unexpected error: name 'a'")));
}

TEST(ChunkedFileTest, LimitsHoldForEachChunk) {
  const std::string loop = "def f():\n    for i in range(1000): pass\nf()\n";
  auto chunks = RunChunks("t.star", loop + "---\n" + loop, {.steps = 1500});
  EXPECT_THAT(chunks[0].surprises, IsEmpty());
  EXPECT_THAT(chunks[1].surprises, IsEmpty());
  chunks = RunChunks("t.star", loop, {.steps = 500});
  ASSERT_EQ(chunks[0].surprises.size(), 1u);
  EXPECT_THAT(chunks[0].surprises[0], HasSubstr("too many steps"));
}

}  // namespace
}  // namespace cow::starlark
