#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <re2/re2.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

TEST(Together, Works) {
  nlohmann::json json = {{"crc", crc32(0, reinterpret_cast<const Bytef*>("abc"), 3)}};
  EXPECT_TRUE(RE2::FullMatch(fmt::format("{}", json.dump()), R"(\{"crc":891568578\})"));
  EXPECT_EQ(EVP_MD_size(EVP_sha256()), 32);
}
