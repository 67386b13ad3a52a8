#include "rules/pack/compress/compressor.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/testing/archives.h"

namespace cow::pack {
namespace {

std::string Sample() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919 % 10007) + (i % 3 == 0 ? "\n" : " ");
  return text;
}

class CompressorTest : public testing::TestWithParam<Compression> {};

TEST_P(CompressorTest, RoundTrips) {
  for (const std::string& text : {std::string(), std::string("a"), Sample()}) {
    absl::StatusOr<std::string> compressed = Compress(GetParam(), text);
    ASSERT_TRUE(compressed.ok()) << compressed.status();
    EXPECT_EQ(Decompressed(*compressed), text);
  }
}

TEST_P(CompressorTest, BytesDoNotDependOnHowInputIsCut) {
  std::string text = Sample();
  StringSink out;
  auto sink = *NewCompressor(GetParam(), out, static_cast<int64_t>(text.size()));
  for (size_t at = 0; at < text.size(); at += 777) ASSERT_TRUE(sink->Write(text.substr(at, 777)).ok());
  ASSERT_TRUE(sink->Finish().ok());
  EXPECT_EQ(out.bytes(), *Compress(GetParam(), text));
}

TEST_P(CompressorTest, TruncationIsDetected) {
  if (GetParam() == Compression::kNone) return;
  std::string compressed = *Compress(GetParam(), Sample());
  compressed.resize(compressed.size() / 2);
  StringSource source(compressed);
  auto plain = *NewDecompressor(source);
  EXPECT_FALSE(ReadAll(*plain, 1 << 26).ok());
}

INSTANTIATE_TEST_SUITE_P(All, CompressorTest,
                         testing::Values(Compression::kNone, Compression::kGzip, Compression::kGzipMax,
                                         Compression::kXz, Compression::kZstd));

TEST(GzipTest, HeaderHasNoTimeNoNameAndFixedSystem) {
  EXPECT_EQ(Compress(Compression::kGzip, "x")->substr(0, 10), std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10));
  EXPECT_EQ(Compress(Compression::kGzipMax, "x")->substr(0, 10), std::string("\x1f\x8b\x08\0\0\0\0\0\x02\x03", 10));
}

TEST(GzipTest, ReadsConcatenatedMembers) {
  EXPECT_EQ(Decompressed(*Compress(Compression::kGzip, "one ") + *Compress(Compression::kGzip, "two")), "one two");
}

TEST(XzTest, UsesCrc64) {
  // Stream flags: the check type is the second byte after the magic number.
  EXPECT_EQ((*Compress(Compression::kXz, "x"))[7], 4);
}

TEST(DecompressorTest, ReadAllHoldsItsLimit) {
  std::string bomb = *Compress(Compression::kGzip, std::string(1 << 20, '\0'));
  StringSource source(bomb);
  auto plain = *NewDecompressor(source);
  EXPECT_FALSE(ReadAll(*plain, 1 << 16).ok());
}

}  // namespace
}  // namespace cow::pack
