#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/tar/tar_block.h"
#include "rules/pack/testing/archives.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(const absl::StatusOr<EntryList>& result) {
  return result.ok() ? "" : std::string(result.status().message());
}

class TarRoundTrip : public testing::TestWithParam<TarFormat> {};

TEST_P(TarRoundTrip, KeepsEntriesOfAllKinds) {
  EntryList entries = {{TestDirectory("d/"), ""},
                       {TestFile("d/a", 04755), std::string(1000, 'x')},
                       {TestFile("d/empty"), ""},
                       {TestLink(TarType::kSymlink, "d/s", "a"), ""},
                       {TestLink(TarType::kHardLink, "d/h", "d/a"), ""}};
  for (auto& [entry, bytes] : entries) {
    entry.uid = 5;
    entry.gid = 42;
    entry.mtime = 1735689600;
    entry.size = static_cast<int64_t>(bytes.size());
  }
  absl::StatusOr<EntryList> read = ReadTar(MakeTar(GetParam(), entries));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, entries);
}

TEST_P(TarRoundTrip, KeepsLongAndForeignNamesAndLargeIds) {
  std::string deep = "a";
  for (int i = 0; i < 60; ++i) deep += "/directory";
  TarEntry owner = TestFile("owner");
  owner.uid = 3'000'000;
  EntryList entries = {{TestFile(std::string(100, 'n')), ""},
                       {TestFile(std::string(101, 'n')), "1"},
                       {TestFile(std::string(90, 'p') + "/" + std::string(90, 'n')), "22"},
                       {TestFile(deep), "333"},
                       {TestFile("gr\xc3\xbc\xc3\x9f"), ""},
                       {TestLink(TarType::kSymlink, "l", std::string(300, 't')), ""},
                       {owner, ""}};
  for (auto& [entry, bytes] : entries) entry.size = static_cast<int64_t>(bytes.size());
  absl::StatusOr<EntryList> read = ReadTar(MakeTar(GetParam(), entries));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, entries);
}

INSTANTIATE_TEST_SUITE_P(Formats, TarRoundTrip, testing::Values(TarFormat::kPax, TarFormat::kGnu),
                         [](const auto& c) { return c.param == TarFormat::kPax ? "Pax" : "Gnu"; });

TEST(TarWriterTest, WritesPlainUstarWhereItFits) {
  std::string tar = MakeTar(TarFormat::kPax, {{TestFile(std::string(90, 'p') + "/" + std::string(90, 'n')), "x"}});
  EXPECT_EQ(tar.size(), 512u + 512u + 1024u);
  EXPECT_EQ(tar.substr(257, 8), std::string("ustar\00000", 8));
}

TEST(TarWriterTest, NeverWritesPaxRecordsInGnuFormat) {
  std::string tar = MakeTar(TarFormat::kGnu, {{TestFile(std::string(300, 'n')), ""}});
  EXPECT_EQ(tar[156], 'L');
  EXPECT_EQ(tar.substr(257, 8), std::string("ustar  \0", 8));
}

TEST(TarWriterTest, RefusesNegativeTime) {
  StringSink sink;
  TarWriter writer(TarFormat::kPax, sink);
  TarEntry entry = TestFile("a");
  entry.mtime = -1;
  EXPECT_FALSE(writer.Add(entry).ok());
}

TEST(TarReaderTest, RejectsDamagedHeader) {
  std::string tar = MakeTar(TarFormat::kPax, {{TestFile("a"), "x"}});
  tar[0] = 'b';
  EXPECT_THAT(ErrorOf(ReadTar(tar)), HasSubstr("checksum"));
}

TEST(TarReaderTest, RejectsTruncatedContent) {
  std::string tar = MakeTar(TarFormat::kPax, {{TestFile("a"), std::string(2000, 'x')}});
  EXPECT_THAT(ErrorOf(ReadTar(std::string_view(tar).substr(0, 1024))), HasSubstr("unexpected end"));
}

// Changes the type of the first entry and repairs the checksum.
std::string WithType(char type) {
  std::string tar = MakeTar(TarFormat::kPax, {{TestFile("dev"), ""}});
  tar[156] = type;
  std::string sum = absl::StrFormat("%06o", TarChecksum(std::string_view(tar).substr(0, 512)));
  tar.replace(148, 6, sum);
  return tar;
}

TEST(TarReaderTest, RejectsDevicesFifosAndSparseFiles) {
  for (char type : {'3', '4', '6'}) EXPECT_THAT(ErrorOf(ReadTar(WithType(type))), HasSubstr("device or fifo"));
  EXPECT_THAT(ErrorOf(ReadTar(WithType('S'))), HasSubstr("unsupported tar type 'S'"));
}

TEST(TarReaderTest, HoldsItsLimits) {
  std::string tar = MakeTar(TarFormat::kPax, {{TestFile("a"), "12345"}, {TestFile("b"), "12345"}});
  EXPECT_TRUE(ReadTar(tar, {.entries = 2, .content_bytes = 10}).ok());
  EXPECT_THAT(ErrorOf(ReadTar(tar, {.entries = 1})), HasSubstr("exceeds"));
  EXPECT_THAT(ErrorOf(ReadTar(tar, {.content_bytes = 9})), HasSubstr("exceeds"));
  std::string long_name = MakeTar(TarFormat::kGnu, {{TestFile(std::string(5000, 'n')), ""}});
  EXPECT_THAT(ErrorOf(ReadTar(long_name, {.text_bytes = 4096})), HasSubstr("limit is 4096"));
}

struct PathCase {
  std::string_view name;
  std::string_view want;  // "!" for an error
};

TEST(SafeArchivePathTest, TakesOnlyPathsBelowTheRoot) {
  const PathCase cases[] = {{"./", ""},       {".", ""},      {"./a/b", "a/b"}, {"a/", "a"},
                            {"a/./b", "!"},   {"..", "!"},    {"a/../b", "!"},  {"/etc", "!"},
                            {"a//b", "!"},    {"", "!"},      {"./..", "!"},    {"a/..", "!"},
                            {"...", "..."},   {"a..b", "a..b"}};
  for (const PathCase& c : cases) {
    absl::StatusOr<std::string> path = SafeArchivePath(c.name);
    EXPECT_EQ(path.ok() ? *path : "!", c.want) << c.name;
  }
  EXPECT_FALSE(SafeArchivePath(std::string_view("a\0b", 3)).ok());
}

}  // namespace
}  // namespace cow::pack
