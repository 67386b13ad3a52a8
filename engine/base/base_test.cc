#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "engine/base/diagnostic.h"
#include "engine/base/digest.h"
#include "engine/base/edit_distance.h"
#include "engine/base/json.h"
#include "engine/base/posix_file.h"
#include "engine/base/rel_path.h"
#include "engine/base/subprocess.h"
#include "engine/base/thread_pool.h"

namespace cow {
namespace {

TEST(DigestTest, OfEmptyStringIsTheKnownSha256) {
  EXPECT_EQ(Digest().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Digest().size_bytes(), 0);
  EXPECT_EQ(Digest(), Digest::Of(""));
  EXPECT_EQ(Digest::Of("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(DigestTest, StreamedEqualsWhole) {
  Sha256 hasher;
  hasher.Update("hello ");
  hasher.Update("world");
  EXPECT_EQ(hasher.Finish(), Digest::Of("hello world"));
}

TEST(DigestTest, ParsesOnlyCompleteLowerCaseHex) {
  std::string hex = Digest::Of("x").hex();
  EXPECT_EQ(*Digest::FromHex(hex, 1), Digest::Of("x"));
  EXPECT_FALSE(Digest::FromHex(hex.substr(1), 1).ok());
  hex[0] = 'G';
  EXPECT_FALSE(Digest::FromHex(hex, 1).ok());
}

TEST(RecordHasherTest, FieldBoundariesMatter) {
  EXPECT_NE(RecordHasher("d").Add("ab").Add("c").Finish(), RecordHasher("d").Add("a").Add("bc").Finish());
  EXPECT_NE(RecordHasher("d").Add("").Finish(), RecordHasher("d").Finish());
}

TEST(DiagnosticTest, ShowsLineAndCaretUnderTheCodePoint) {
  SourceFile file("a/BUILD.cow", "x = 1\n\"\xC3\xA9\" + y\n");
  absl::Status status = ErrorAt(file, 6 + 7, "name 'y' is not defined", "z");
  EXPECT_EQ(status.message(),
            "a/BUILD.cow:2:7: error: name 'y' is not defined (did you mean 'z'?)\n"
            "  \"\xC3\xA9\" + y\n"
            "        ^");
  EXPECT_TRUE(IsDiagnostic(status));
}

TEST(RelPathTest, RejectsWhatCouldEscape) {
  for (const char* bad : {"/a", "a//b", "a/./b", "../a", "a/..", "a/"}) EXPECT_FALSE(RelPath::Parse(bad).ok()) << bad;
  EXPECT_EQ(RelPath::Parse("a/b.c")->Dirname().str(), "a");
}

TEST(EditDistanceTest, SuggestsALikelyMisspellingOnly) {
  EXPECT_EQ(ClosestMatch("repeter", {"image", "repeater"}), "repeater");
  EXPECT_EQ(ClosestMatch("xyz", {"image", "repeater"}), "");
}

TEST(JsonWriterTest, NestsAndEscapes) {
  JsonWriter json;
  json.BeginObject().Field("a", "q\"\n\xFF").Key("b").BeginArray().Int(1).Bool(true).Null().EndArray().EndObject();
  EXPECT_EQ(json.text(), "{\"a\":\"q\\\"\\n\xEF\xBF\xBD\",\"b\":[1,true,null]}");
}

TEST(PosixFileTest, RemoveTreeDeletesReadOnlyDirectoriesAndKeepsSymlinkTargets) {
  std::string dir = *MakeTempDirectory(testing::TempDir() + "/cow-base-");
  ASSERT_TRUE(WriteFile(dir + "/kept", "1").ok());
  ASSERT_TRUE(MakeDirectories(dir + "/t/a/b").ok());
  ASSERT_TRUE(MakeSymlink(dir + "/kept", dir + "/t/a/link").ok());
  ASSERT_TRUE(RemoveTree(dir + "/t").ok());
  EXPECT_FALSE(FileExists(dir + "/t"));
  EXPECT_TRUE(FileExists(dir + "/kept"));
  ASSERT_TRUE(RemoveTree(dir).ok());
}

TEST(SubprocessTest, CapturesBothStreamsAndTheExitCode) {
  auto result = RunSubprocess({.argv = {"sh", "-c", "cat; echo err >&2; exit 3"}, .stdin_text = "in"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->out, "in");
  EXPECT_EQ(result->err, "err\n");
}

TEST(SubprocessTest, MissingProgramIsNotFound) {
  EXPECT_EQ(RunSubprocess({.argv = {"no-such-program-here"}}).status().code(), absl::StatusCode::kNotFound);
}

TEST(ThreadPoolTest, ParallelForVisitsEachIndexOnce) {
  std::vector<std::atomic<int>> seen(1000);
  ParallelFor(4, seen.size(), [&](size_t i) { seen[i]++; });
  for (const auto& count : seen) EXPECT_EQ(count.load(), 1);
}

}  // namespace
}  // namespace cow
