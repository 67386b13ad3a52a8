#include "remote-cache/service/resource_name.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace cow::cache {
namespace {

const std::string kHash(64, 'a');

TEST(ResourceNameTest, Read) {
  auto name = ParseReadName(absl::StrCat("blobs/", kHash, "/12"));
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name->instance, "");
  EXPECT_EQ(name->digest.ToString(), absl::StrCat(kHash, "/12"));
  EXPECT_FALSE(name->is_zstd);
  name = ParseReadName(absl::StrCat("pr/7/compressed-blobs/zstd/", kHash, "/12"));
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name->instance, "pr/7");
  EXPECT_TRUE(name->is_zstd);
}

TEST(ResourceNameTest, Write) {
  auto name = ParseWriteName(absl::StrCat("main/uploads/1-2/blobs/", kHash, "/12/any/thing"));
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name->instance, "main");
  name = ParseWriteName(absl::StrCat("uploads/u/compressed-blobs/zstd/", kHash, "/12"));
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_TRUE(name->is_zstd);
}

TEST(ResourceNameTest, Refused) {
  const std::string empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  for (const std::string& bad :
       {std::string(), std::string("blobs"), absl::StrCat("blobs/", kHash), absl::StrCat("blobs/", kHash, "/"),
        absl::StrCat("blobs/", kHash, "/-1"), absl::StrCat("blobs/", kHash, "/+1"), absl::StrCat("blobs/", kHash, "/1/x"),
        absl::StrCat("blobs/", kHash, "/99999999999999999999"), absl::StrCat("/blobs/", kHash, "/1"),
        absl::StrCat("blobs/blake3/", kHash, "/1"), absl::StrCat("blobs/", std::string(64, 'A'), "/1"),
        absl::StrCat("blobs/", kHash, "/0"), absl::StrCat("blobs/", empty, "/1"), absl::StrCat("x/", kHash, "/1"),
        absl::StrCat("compressed-blobs/deflate/", kHash, "/1"), std::string("../../etc/passwd"),
        absl::StrCat("uploads/u/blobs/", kHash, "/1")}) {
    EXPECT_EQ(ParseReadName(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  for (const std::string& bad : {absl::StrCat("blobs/", kHash, "/1"), absl::StrCat("uploads/blobs/", kHash, "/1"),
                                 absl::StrCat("uploads//blobs/", kHash, "/1")}) {
    EXPECT_EQ(ParseWriteName(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace cow::cache
